#pragma once
/*
 * The alarm stage: detections and commands → transitions. Alarms by (rule, key, exercise) and by id; the state machine
 * (alarm/machine.h) is the only place that changes one. Pure: time is an argument.
 */
#include "base/buf.h"
#include <wardwatch/alarm.h>

typedef int (*alarm_sink)(void *userdata, const struct ww_transition *transition); /* 0 or -errno */

struct alarms;

/* What a site may set; all zero = the defaults. */
struct alarm_limits {
        int64_t ack_expiry[WW_PRIORITY_CRITICAL + 1]; /* µs that an acknowledgement holds, by priority; 0 = for good */
        int64_t shelve_max;                           /* µs; 0 = 8 h, one shift */
        int64_t out_of_service_max;                   /* µs; 0 = 30 d */
};

int alarms_new(struct alarms **ret, alarm_sink sink, void *userdata);
struct alarms *alarms_free(struct alarms *a);
DEFINE_CLEANUP(struct alarms *, alarms_free)

/** Takes effect for what comes; copied. */
void alarms_set_limits(struct alarms *a, const struct alarm_limits *limits);

struct site;

/** The muting rules in force from here on, one row a rule, and the site whose assets they mean; all borrowed until the
 *  next call. What they suppress, or no longer do, is told at once. 0 or -errno. */
int alarms_set_mutes(struct alarms *a, const struct ww_mute *mutes, size_t n, const struct site *site, int64_t now);

/** One detection; `now` = journal time. 0 or -errno. */
int alarms_detection(struct alarms *a, const struct ww_detection *detection, int64_t now);

/* as a set; faults.md "Who may do what" */
enum alarm_role {
        ALARM_ROLE_OPERATOR = 1 << 0,
        ALARM_ROLE_SUPERVISOR = 1 << 1,
        ALARM_ROLE_MAINTENANCE = 1 << 2,
        ALARM_ROLE_AUDITOR = 1 << 3,
        ALARM_ROLE_INTEGRATOR = 1 << 4,
        ALARM_ROLE_ADMINISTRATOR = 1 << 5,
};

/* an operator's act on one alarm */
struct alarm_act {
        enum ww_cause verb; /* ACKNOWLEDGE, UNACKNOWLEDGE, RESET, SHELVE, UNSHELVE, OUT_OF_SERVICE, RETURN_TO_SERVICE,
                               SILENCE */
        uint64_t alarm;
        uint64_t version; /* that the operator saw; 0 = not said (only for verbs that do not need it) */
        struct ww_str actor, reason;
        unsigned roles;
        /* SHELVE: until, one-shot. OUT_OF_SERVICE: until, work order, second person */
        int64_t until;
        bool one_shot;
        struct ww_str work_order, second_person;
        bool key_area; /* OUT_OF_SERVICE: the alarm's zone is one, which takes two persons */
};

/* refusals; each has a name, a sentence and the cure in alarm_refusals[] */
enum {
        ALARM_E_UNKNOWN = 1, /* no such alarm */
        ALARM_E_STATE,       /* the act does not apply to this state */
        ALARM_E_CHANGED,     /* it re-alarmed or its priority rose since that version */
        ALARM_E_VERSION_NEEDED,
        ALARM_E_REASON_NEEDED,
        ALARM_E_ROLE,
        ALARM_E_PROTECTED, /* fire, panic, duress, infant, tamper cannot be shelved */
        ALARM_E_LIMIT,     /* longer than the class allows */
        ALARM_E_WORK_ORDER_NEEDED,
        ALARM_E_SECOND_PERSON_NEEDED,
        ALARM_E_MAX_,
};
struct alarm_refusal {
        const char *name, *text, *cure;
};
extern const struct alarm_refusal alarm_refusals[ALARM_E_MAX_];

/** Applies an act. 0, ALARM_E_* (nothing changed), -errno. *ret_alarm (may be NULL) = the alarm after it, or as it
 *  stands when refused; borrowed until the next call; NULL for ALARM_E_UNKNOWN. */
int alarms_act(struct alarms *a, const struct alarm_act *act, int64_t now, const struct ww_alarm **ret_alarm);

/** Timers: acknowledgement expiry, timed shelving, out-of-service expiry, mutes that settle or end, timed regrades. */
int alarms_time(struct alarms *a, int64_t now);
int64_t alarms_deadline(const struct alarms *a); /* WW_TIME_NEVER if none */

const struct ww_alarm *alarms_find(const struct alarms *a, uint64_t id);
/** Every alarm that is not NORM, by id. `visit` returns 0 to go on. */
int alarms_each(const struct alarms *a, int (*visit)(void *userdata, const struct ww_alarm *alarm), void *userdata);

/** Load needs the same mutes and site as when it was saved. 0, -EBADMSG, -ENOMEM. */
int alarms_save(const struct alarms *a, struct buf *out);
int alarms_load(struct alarms *a, struct rd *in);

struct alarms_figures {
        size_t alarms, unacknowledged, active, shelved, suppressed, out_of_service;
        size_t pending; /* of the suppressed: not settled yet */
        size_t muting;  /* episodes that mute others, or do so still */
        uint64_t transitions, muted, regraded;
};
void alarms_figures(const struct alarms *a, struct alarms_figures *ret);
