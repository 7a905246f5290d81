#pragma once
/*
 * The response stage: what people and procedures do about alarms. Transitions, commands and time → changes of subjects
 * (<wardwatch/change.h>): incidents and their steps, notes, dispositions, guards, escalations, notifications.
 *
 *   transition ──► gather into incidents ──► steps of the procedure, a ladder of the escalation ──► sink (changes)
 *   command    ──► one row of response_verbs[]: may this person do this now? ──► changes, an answer
 *   event      ──► a step that waits for it is confirmed
 *   time       ──► holds end, steps of ladders fall due, approvals expire, a flood ebbs
 *
 * Pure: time is an argument (journal time, µs), and everything that is concluded goes to the sink. An error from it, or
 * a lack of memory, leaves the state ahead of what was told: the caller ends the process.
 */
#include "base/buf.h"
#include "config/site.h"
#include <jansson.h>
#include <wardwatch/alarm.h>
#include <wardwatch/change.h>

struct response_rules; /* compiled, immutable */

/** Compiles all BUNDLE_RESPONSE files. No file at all is legal: alarms gather by their own zone, with the dispositions
 *  of the built-in table, without procedures and escalations. `site` is borrowed and must outlive it. 0, DIAG_E_USER,
 *  -ENOMEM. */
int response_rules_compile(struct response_rules **ret, const struct bundle *bundle, const struct site *site,
                           struct diag *d);
struct response_rules *response_rules_free(struct response_rules *rules);
DEFINE_CLEANUP(struct response_rules *, response_rules_free)
size_t response_rules_count(const struct response_rules *rules); /* procedures and escalations */

/** The `i`th channel that the files name. False: there are no more. */
bool response_rules_channel(const struct response_rules *rules, size_t i, struct ww_str *ret_name,
                            struct diag_pos *ret_pos);

/* A post becomes short of people, or is not any more. */
struct response_staffing {
        struct ww_str post, zone; /* zone "": none; borrowed */
        bool understaffed;
        uint64_t wanted, there; /* people */
};

struct response_sink {
        void *userdata;
        int (*change)(void *userdata, const struct ww_change *change); /* 0 or -errno */
        /* A command to the field, over MQTT, once the turn is committed. 0 or -errno. NULL: there is no way out, and
         * actions are refused. */
        int (*publish)(void *userdata, struct ww_str topic, struct ww_str payload);
        /* Each alarm that is not NORM, by id: a shift hands them over. NULL: none is known. */
        int (*alarms)(void *userdata, int (*visit)(void *to, const struct ww_alarm *alarm), void *to);
        /* A shift ended, and nobody accepted what was open: no acknowledgement holds any more. Transitions may come
         * back into the stage meanwhile. 0 or -errno. NULL: nothing comes of it. */
        int (*unaccept)(void *userdata, int64_t now);
        /* Told when time goes on, never inside a command or a transition; transitions may come back into the stage
         * meanwhile. 0 or -errno. NULL: nothing comes of it. */
        int (*staffing)(void *userdata, const struct response_staffing *staffing);
};

struct response;

/** `rules` and `site` are borrowed until the next swap. 0 or -ENOMEM. */
int response_new(struct response **ret, const struct response_rules *rules, const struct site *site,
                 const struct response_sink *sink);
struct response *response_free(struct response *r);
DEFINE_CLEANUP(struct response *, response_free)

/** After each transition of the alarm stage. 0 or -errno. */
int response_transition(struct response *r, const struct ww_transition *transition, int64_t now);
/** An event, after correlation had it. Costs a comparison unless something waits for one. 0 or -errno. */
int response_event(struct response *r, const struct ww_event *event, int64_t now);

enum {
        RESPONSE_E_UNKNOWN = 1, /* no verb of this stage */
};

/** `request`: {"cmd": verb, …}. 0 with *ret_answer, a new reference: {"ok": true, "changes": […]} or {"ok": false,
 *  "error": {name, text, cure}}, nothing changed then; RESPONSE_E_UNKNOWN; -errno. `roles`: set of enum alarm_role. */
int response_command(struct response *r, json_t *request, struct ww_str actor, unsigned roles, int64_t now,
                     json_t **ret_answer);

/** The roles of the operator of that name, a set of enum alarm_role; 0: there is none. */
unsigned response_operator_roles(const struct response *r, struct ww_str name);

/** What is due until `now`, in the order of its deadline. 0 or -errno. */
int response_time(struct response *r, int64_t now);
int64_t response_deadline(const struct response *r); /* WW_TIME_NEVER if none */

/** Other rules: what is open goes on; procedures and ladders that have begun stay as they began. 0 or -errno. */
int response_swap(struct response *r, const struct response_rules *rules, const struct site *site, int64_t now);

int response_save(const struct response *r, struct buf *out);
int response_load(struct response *r, struct rd *in); /* into a new one. 0, -EBADMSG, -ENOMEM */

/** Every live subject as its last change left it, by ww_change_key(), from `from` on; strings are borrowed for the
 *  call. `visit` returns 0 to go on. Returns what it returned last, or -ENOMEM. */
typedef int (*response_visit)(void *userdata, const struct ww_change *change);
int response_each(const struct response *r, uint64_t from, response_visit visit, void *userdata);
/** One of them. 0; -ENOENT: it is not live; -ENOMEM; what `visit` returned. */
int response_find(const struct response *r, uint64_t key, response_visit visit, void *userdata);
/** The keys of all that belongs to an incident and ceased or came with it. */
int response_each_of(const struct response *r, uint64_t incident, int (*visit)(void *userdata, uint64_t key),
                     void *userdata);

/** People are to be told of a record: one notification to each of `to` by each of `by`, as of the record's version
 *  {"actor", "by": [channels], "exercise", "hazard", "incident", "priority", "record": {"fields", "id", "kind",
 *  "kind_title", "number", "title", "version"}, "to": [recipients], "zone"}; or it is over, {"actor", "over": id}, and
 *  what was not delivered is withdrawn. 0 or -errno. */
int response_report(struct response *r, const json_t *report, int64_t now);

struct response_figures {
        size_t incidents, steps, subjects; /* open incidents; their open steps; all subjects in memory */
        size_t waiting;                    /* actions that wait for their confirmation */
        size_t ladders, notifications;     /* running; due and not answered yet */
        uint64_t changes, refused, forgotten;
        uint64_t crowded;    /* incidents that were closed because too many were open */
        unsigned rate, peak; /* annunciated in the last 10 min; the most since the figures began */
        bool flood;
        size_t understaffed; /* posts */
        size_t chattering;   /* alarms that came and went three times within a minute, now */
};
/** `now`: the rate is of the 10 min before. */
void response_figures(const struct response *r, int64_t now, struct response_figures *ret);
