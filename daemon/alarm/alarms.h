#pragma once
/* The inside of `struct alarms`, for the files of this stage. */
#include "alarm/machine.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#define HASH_FUNCTION(key, n, hash) ((hash) = (unsigned)XXH3_64bits((key), (n)))
#define HASH_NONFATAL_OOM           1
#include <uthash.h>

#define ALARM_HEAP_NONE SIZE_MAX

/* Active alarms of one (zone, hazard, exercise): the first one is first-out. */
struct alarm_group {
        UT_hash_handle hh;
        size_t active, n_key;
        char key[];
};

struct alarm {
        struct ww_alarm now; /* its strings point into `texts` and `marks` */
        char *texts;         /* of the detection, one allocation */
        char *marks;         /* acknowledged_by, suppressed_by, work_order, one allocation */
        char *key;           /* rule, key, exercise */
        size_t n_key;
        int64_t deadline; /* WW_TIME_NEVER = none */
        size_t heap;      /* place in alarms.heap, or ALARM_HEAP_NONE */
        UT_hash_handle by_id, by_key;
};

struct alarms {
        alarm_sink sink;
        void *userdata;
        struct alarm_limits limits;
        uint64_t next_id, transitions;
        struct alarm *ids, *keys;
        struct alarm_group *groups;
        struct alarm **heap; /* by (deadline, id) */
        size_t n_heap, heap_capacity;
        struct alarm *gone; /* became NORM in the last call: freed in the next */
};

/* alarm_act.c */
/** May this act be done to this alarm now? 0 with the machine's input, or ALARM_E_*. */
int alarm_act_check(const struct ww_alarm *alarm, const struct alarm_act *act, const struct alarm_limits *limits,
                    int64_t now, struct machine_input *ret);

/* alarm_index.c */
struct alarm *alarm_find(const struct alarms *a, struct ww_str rule, struct ww_str key, bool exercise);
/** A new one, NORM, id 0, not yet found by id. NULL without memory. */
struct alarm *alarm_new(struct ww_str rule, struct ww_str key, bool exercise);
struct alarm *alarm_free(struct alarm *alarm);
DEFINE_CLEANUP(struct alarm *, alarm_free)
int alarm_link(struct alarms *a, struct alarm *alarm); /* 0 or -ENOMEM */
void alarm_unlink(struct alarms *a, struct alarm *alarm);
/** Copies what `from` says into the alarm's own memory. */
int alarm_set_texts(struct alarm *alarm, const struct ww_alarm *from);
int alarm_set_marks(struct alarm *alarm, struct ww_str acknowledged_by, struct ww_str suppressed_by,
                    struct ww_str work_order);
/** Is nothing of the alarm's group active? */
bool alarm_group_quiet(const struct alarms *a, const struct ww_alarm *alarm);
int alarm_group_count(struct alarms *a, const struct ww_alarm *alarm, int by); /* 0 or -ENOMEM */

/* alarm_deadline.c */
/** Room for the deadline of one alarm more. 0 or -ENOMEM. */
int alarm_deadline_reserve(struct alarms *a);
/** Works out the alarm's deadline from its state, and puts it in its place. */
void alarm_deadline_update(struct alarms *a, struct alarm *alarm);
void alarm_deadline_remove(struct alarms *a, struct alarm *alarm);
/** What is due at `alarm->deadline`. */
enum ww_cause alarm_deadline_cause(const struct alarms *a, const struct alarm *alarm);
