#pragma once
/* Shared by alarms.c (detections and timers), alarms_act.c (operators' acts), alarms_table.c (the two indexes). */
#include <uthash.h>

#include "alarm/machine.h"

struct alarm_group { /* first-out group: zone and hazard */
        UT_hash_handle hh;
        size_t active;
        size_t n;
        char key[];
};

struct alarm_entry {
        UT_hash_handle by_id, by_key;
        struct ww_alarm alarm;
        char *strings; /* what the detection said: rule, key, title, … in one block */
        char *index;   /* rule NUL key NUL exercise */
        size_t n_index;
        char *acknowledged_by, *suppressed_by, *work_order;
        struct alarm_group *group;
        bool counted; /* among the group's active ones */
};

struct alarms {
        struct alarm_entry *by_id, *by_key; /* by_id in order of id */
        struct alarm_group *groups;
        alarm_sink sink;
        void *userdata;
        struct alarm_limits limits;
        uint64_t last_id;
        int64_t deadline; /* earliest of all, if not dirty */
        bool deadline_dirty;
        struct alarm_entry *gone_entry; /* the alarm that the last change brought to NORM: readable until the next */
        uint64_t transitions;
};

/* alarms_table.c */
struct alarm_entry *alarm_table_by_id(const struct alarms *a, uint64_t id);
struct alarm_entry *alarm_table_by_key(const struct alarms *a, struct ww_str rule, struct ww_str key, bool exercise);
/** A new entry for (rule, key, exercise), NORM and in both indexes: id 0 takes the next one. NULL without memory. */
struct alarm_entry *alarm_table_add(struct alarms *a, const struct ww_detection *d, uint64_t id);
void alarm_table_remove(struct alarms *a, struct alarm_entry *entry); /* out of the indexes; the entry lives on */
struct alarm_entry *alarm_entry_free(struct alarm_entry *entry);
/** Copies what the detection says into the entry: title and places follow the newest raise. 0 or -ENOMEM. */
int alarm_entry_describe(struct alarm_entry *entry, const struct ww_detection *d);
/** Replaces *owned by a copy of `text` and points *view at it. 0 or -ENOMEM. */
int alarm_entry_set(char **owned, struct ww_str *view, struct ww_str text);
bool alarm_group_active(const struct alarm_entry *entry);
void alarm_group_count(struct alarm_entry *entry); /* after each change of the condition */

/* alarms.c */
struct alarm_change {
        struct machine_event event;
        struct ww_str actor, reason;
        const struct ww_evidence *evidence;
        size_t n_evidence;
};
/** The one way to change an alarm: the machine, the counters, the sink. 0, MACHINE_E_REFUSED, -errno. An alarm that
 *  became NORM is out of the indexes afterwards and kept as a->gone_entry until the next call. */
int alarms_change(struct alarms *a, struct alarm_entry *entry, const struct alarm_change *change);
void alarms_forget_gone(struct alarms *a);
