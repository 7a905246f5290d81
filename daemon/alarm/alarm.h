#pragma once
/*
 * The alarm stage: detections and commands → transitions. Alarms by (rule, key, exercise) and by id; the state machine
 * (alarm/machine.h) is the only place that changes one. Pure: time is an argument.
 */
#include "base/buf.h"
#include <wardwatch/alarm.h>

typedef int (*alarm_sink)(void *userdata, const struct ww_transition *transition); /* 0 or -errno */

struct alarms;

int alarms_new(struct alarms **ret, alarm_sink sink, void *userdata);
struct alarms *alarms_free(struct alarms *a);
DEFINE_CLEANUP(struct alarms *, alarms_free)

struct site;

/** The muting rules in force from here on, one row a rule, and the site: its assets, which they mean, its zones, and
 * how it treats alarms (`alarms:`); all borrowed until the next call, site NULL = none. What they suppress, or no
 * longer do, is told at once. 0 or -errno. */
int alarms_set_mutes(struct alarms *a, const struct ww_mute *mutes, size_t n, const struct site *site, int64_t now);

/** One detection; `now` = journal time. 0 or -errno. */
int alarms_detection(struct alarms *a, const struct ww_detection *detection, int64_t now);

#define ALARM_LOST_MAX 100000 /* devices that are known to be out of reach; further ones are left out */

/** The device said, or its gateway, that it cannot be reached (`lost`), or can again: the quality of its alarms, and of
 *  those that hang on it alone. A rule that tells so of assets (WW_DETECTION_SILENT) has that effect by itself. Says
 *  nothing where nothing changes. 0 or -errno. */
int alarms_source(struct alarms *a, struct ww_str device, bool lost, int64_t now);

/** A shift has ended, and nobody has accepted what is open: each acknowledged alarm (ACKED) wants an acknowledgement
 *  again. 0 or -errno. */
int alarms_unaccept(struct alarms *a, int64_t now);

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
        /* SHELVE: until, one-shot. OUT_OF_SERVICE: until, work order, second person or the glass */
        int64_t until;
        bool one_shot;
        struct ww_str work_order, second_person; /* the latter for key areas */
        bool break_glass;                        /* there, without the second person: it is recorded */
};

/* refusals; each has a name, a sentence and the cure in alarm_refusals[] */
enum {
        ALARM_E_UNKNOWN = 1, /* no such alarm */
        ALARM_E_STATE,       /* the act does not apply to this state */
        ALARM_E_CHANGED,     /* it re-alarmed or its priority rose since that version */
        ALARM_E_VERSION_NEEDED,
        ALARM_E_REASON_NEEDED,
        ALARM_E_ROLE,
        ALARM_E_PROTECTED, /* fire, panic, duress, infant, tamper cannot be shelved, nor what the site says */
        ALARM_E_LIMIT,     /* longer than the class allows */
        ALARM_E_WORK_ORDER_NEEDED,
        ALARM_E_SECOND_PERSON_NEEDED,
        ALARM_E_MAX_,
};
struct alarm_refusal {
        const char *name, *text, *cure;
};
extern const struct alarm_refusal alarm_refusals[ALARM_E_MAX_];

/** `unix:ann` is Ann, whichever way she came in. */
bool alarm_same_person(struct ww_str a, struct ww_str b);

/* Who may do an act, and what has to be said with it. */
struct alarm_act_row {
        unsigned roles;    /* 0: no act of people */
        const char *needs; /* in words; "" = nothing */
};
struct alarm_act_row alarm_act_row(enum ww_cause verb);
extern const char *const alarm_role_names[]; /* of bit 0, 1, … */
extern const size_t alarm_role_names_n;

/** Applies an act. 0, ALARM_E_* (nothing changed), -errno. *ret_alarm (may be NULL) = the alarm after it, or as it
 *  stands when refused; borrowed until the next call; NULL for ALARM_E_UNKNOWN. */
int alarms_act(struct alarms *a, const struct alarm_act *act, int64_t now, const struct ww_alarm **ret_alarm);

/** The act, which may have been done already, needs a second person and has none: it breaks the glass. */
bool alarm_act_breaks_glass(const struct alarms *a, const struct ww_alarm *alarm, const struct alarm_act *act);

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
