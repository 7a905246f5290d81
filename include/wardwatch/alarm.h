#pragma once
/*
 * What correlate and alarm, alarm and the readers share: detections, alarms and their transitions.
 * The state machine itself is in daemon/alarm/; the names are those of ISA-18.2 and IEC 62682.
 */
#include <wardwatch/event.h>

/* on disk: do not renumber */
enum ww_hazard {
        WW_HAZARD_FIRE = 0,
        WW_HAZARD_THEFT,
        WW_HAZARD_ROBBERY,
        WW_HAZARD_EXPLOSION,
        WW_HAZARD_SABOTAGE,
        WW_HAZARD_FRAUD,
        WW_HAZARD_LOSS, /* loss and disclosure */
        WW_HAZARD_DISASTER,
        WW_HAZARD_SYSTEM,
        WW_HAZARD_MAX_,
};

/* on disk: do not renumber; higher is more urgent */
enum ww_priority {
        WW_PRIORITY_LOW = 1,
        WW_PRIORITY_MEDIUM = 2,
        WW_PRIORITY_HIGH = 3,
        WW_PRIORITY_CRITICAL = 4,
};

const char *ww_hazard_name(enum ww_hazard hazard);
bool ww_hazard_find(struct ww_str name, enum ww_hazard *ret);
const char *ww_priority_name(enum ww_priority priority);
bool ww_priority_find(struct ww_str name, enum ww_priority *ret);

/* An event that caused a detection, by reference. */
struct ww_evidence {
        struct ww_str role; /* the rule's alias: "exit" */
        uint64_t seq;
        uint32_t index;
        int64_t time;
        struct ww_str device;
        struct ww_str kind; /* "door.opened" */
};

/* on disk: do not renumber */
enum ww_detection_what {
        WW_DETECTION_RAISE = 1,   /* the episode opens */
        WW_DETECTION_AGAIN = 2,   /* a further match in an open episode */
        WW_DETECTION_CLEAR = 3,   /* the episode ends */
        WW_DETECTION_REGRADE = 4, /* the priority that holds now differs */
        WW_DETECTION_REMOVED = 5, /* the rule is gone (CONFIG_REMOVED) */
        WW_DETECTION_REFUTED = 6, /* a late event speaks against what has fired */
};

enum ww_detection_flag {
        WW_DETECTION_INSTANT = 1 << 0, /* the condition is an instant: reset from ACKED is legal */
        WW_DETECTION_MANUAL = 1 << 1,  /* clear: manual (latched until reset) */
        WW_DETECTION_PARTIAL = 1 << 2, /* a limit dropped events, or the window is not primed yet */
        WW_DETECTION_EXERCISE = 1 << 3,
        WW_DETECTION_COVERT = 1 << 4,
        WW_DETECTION_LATE = 1 << 5,
        WW_DETECTION_SILENT = 1 << 6, /* the rule tells of an asset that gives no sign of life */
        WW_DETECTION_LINK = 1 << 7,   /* the rule tells of devices that cannot be reached */
};

#define WW_REGRADE_AFTER_MAX 4 /* rows of one rule */

/* Unacknowledged for so long: at least this priority. Counted and stopped by the alarm stage. */
struct ww_regrade_after {
        int64_t after; /* µs > 0, since it became unacknowledged while active */
        enum ww_priority priority;
};

/* What correlate hands to alarm. All strings and arrays are borrowed for the call. */
struct ww_detection {
        enum ww_detection_what what;
        uint32_t flags;
        struct ww_str rule;  /* name */
        uint64_t rule_hash;  /* of the rule's canonical text: the version that fired */
        struct ww_str key;   /* canonical "ward=W3", "" without `by`; same key = same alarm */
        struct ww_str title; /* rendered */
        enum ww_hazard hazard;
        enum ww_class klass;
        enum ww_priority priority;
        struct ww_str procedure;                 /* "" = none */
        struct ww_str legal_basis;               /* "" = none */
        struct ww_str site, zone, asset, device; /* of the last event that counted; "" = none */
        int64_t time;                            /* match time (event time) */
        struct ww_str context;                   /* one line: guard values, timers; "" = none */
        const struct ww_evidence *evidence;      /* oldest first, bounded by WW_EVIDENCE_MAX */
        size_t n_evidence;
        const struct ww_regrade_after *after; /* of the rule, in every detection of it */
        size_t n_after;                       /* at most WW_REGRADE_AFTER_MAX */
};

#define WW_EVIDENCE_MAX 64 /* evidence in one detection; the first and the newest are kept, the middle is dropped */

/*
 * A rule's `mute`: while an episode of `rule` is open, and for `settle` after it, other alarms are suppressed by
 * design. One row a rule. It matches an alarm if every part that is given does: an empty part restricts nothing. Never
 * muted: the alarms of protected classes; those of `rule` itself, but for the ones that are `under`. A drill mutes
 * drills only.
 */
struct ww_mute {
        struct ww_str rule;         /* the muting rule */
        const struct ww_str *rules; /* names of rules whose alarms it mutes */
        size_t n_rules;             /* 0 = any */
        uint32_t hazards;           /* set of 1 << enum ww_hazard; 0 = any */
        uint32_t classes;           /* set of 1 << enum ww_class; 0 = any */
        bool under;                 /* only alarms whose asset is below that of the muting alarm */
        int64_t settle;             /* µs; 0 = muted or announced at once */
        int64_t wait;               /* µs: the muting rule's effective wait, how far its episodes lag behind */
        const uint32_t *assets;     /* for which `rule` can open, ascending: who is below none of them never waits */
        size_t n_assets;            /* 0 and not `any`: it opens for no asset */
        bool any;                   /* it can open for every asset */
};

enum ww_shelved {
        WW_SHELVED_NO = 0,
        WW_SHELVED_TIMED = 1,
        WW_SHELVED_ONE_SHOT = 2,
};

/* The derived state, what people see. On disk: do not renumber. */
enum ww_alarm_state {
        WW_ALARM_NORM = 0,
        WW_ALARM_UNACK,
        WW_ALARM_ACKED,
        WW_ALARM_RTNUN,
        WW_ALARM_LATCHED,
        WW_ALARM_SHLVD,
        WW_ALARM_DSUPR,
        WW_ALARM_OOSRV,
        WW_ALARM_STATE_MAX_,
};

/* The orthogonal regions. */
struct ww_alarm_regions {
        bool active; /* condition */
        bool acknowledged;
        bool latched;
        enum ww_shelved shelved;
        bool suppressed; /* by design */
        bool out_of_service;
};

/* An alarm as it is now. Strings belong to whoever made the struct. */
struct ww_alarm {
        uint64_t id; /* counts from 1 in order of the first raise, never used twice in one journal */
        struct ww_str rule, key, title, procedure, legal_basis, site, zone, asset, device;
        uint64_t rule_hash;
        enum ww_hazard hazard;
        enum ww_class klass;
        enum ww_priority priority;       /* now */
        enum ww_priority priority_unack; /* highest while unacknowledged */
        struct ww_alarm_regions regions;
        bool instant, first_out, silenced, exercise, covert, partial;
        bool stale;               /* quality: its device cannot be reached, or its asset gives no sign of life */
        uint32_t raised_count;    /* times re-raised, 1 at the first raise */
        uint64_t version;         /* grows by one at each change */
        uint64_t alarmed_version; /* version at the last re-alarm or rise in priority */
        int64_t raised_at;        /* match time of the last raise */
        int64_t changed_at;       /* journal time of the last change */
        int64_t acknowledged_at;  /* WW_TIME_NONE = never */
        struct ww_str acknowledged_by;
        int64_t shelved_until, out_of_service_until; /* WW_TIME_NONE = not */
        struct ww_str suppressed_by, work_order;
};

/*
 * What is to be heard in the control room: a class for each priority, so that the ear knows what to look at first.
 * `covert` restricts where: nothing of a covert alarm may be heard or shown where the threat could notice it, so a
 * reader that stands among the public (a ward's screen, a siren, a radio's speaker) stays silent for it.
 */
enum ww_sound {
        WW_SOUND_NONE = 0,
        WW_SOUND_LOW,
        WW_SOUND_MEDIUM,
        WW_SOUND_HIGH,
        WW_SOUND_CRITICAL,
};

enum ww_alarm_state ww_alarm_state(const struct ww_alarm_regions *regions);
const char *ww_alarm_state_name(enum ww_alarm_state state); /* "UNACK" */

/* Causes of a transition; on disk: do not renumber. Names in ww_cause_name(). */
enum ww_cause {
        WW_CAUSE_RAISE = 1,
        WW_CAUSE_AGAIN,
        WW_CAUSE_CLEAR,
        WW_CAUSE_REGRADE,
        WW_CAUSE_ACKNOWLEDGE,
        WW_CAUSE_UNACKNOWLEDGE,
        WW_CAUSE_RESET,
        WW_CAUSE_ACK_EXPIRED,
        WW_CAUSE_SHELVE,
        WW_CAUSE_UNSHELVE,
        WW_CAUSE_SHELVING_ENDED,
        WW_CAUSE_SUPPRESS,
        WW_CAUSE_UNSUPPRESS,
        WW_CAUSE_OUT_OF_SERVICE,
        WW_CAUSE_RETURN_TO_SERVICE,
        WW_CAUSE_SILENCE,
        WW_CAUSE_SOURCE_LOST,
        WW_CAUSE_SOURCE_BACK,
        WW_CAUSE_CONFIG_REMOVED,
        WW_CAUSE_REFUTED,
        WW_CAUSE_SHIFT_ENDED, /* nobody accepted the open items of a shift that ended */
        WW_CAUSE_MAX_,
};
const char *ww_cause_name(enum ww_cause cause);

/** What sounds as long as the alarm stands so: it waits for an acknowledgement, is not hidden and not silenced. */
enum ww_sound ww_alarm_sound(const struct ww_alarm *alarm);
const char *ww_sound_name(enum ww_sound sound); /* "none", "low" … "critical" */

/* One change of one alarm: one journal record. */
struct ww_transition {
        enum ww_cause cause;
        struct ww_alarm_regions old_regions; /* the new ones are in alarm.regions */
        enum ww_priority old_priority;
        bool annunciate;       /* asks for the operator's attention: never while hidden; see ww_transition_sound */
        struct ww_str actor;   /* "rule:NAME", "timer", "reload", or the operator */
        struct ww_str reason;  /* the operator's, "" = none */
        struct ww_str context; /* one line: the detection's, or what suppresses it, or did; "" = none */
        int64_t time;          /* match time for detections, journal time for acts */
        struct ww_alarm alarm; /* after the change */
        const struct ww_evidence *evidence; /* what this change adds */
        size_t n_evidence;
};

/** What sounds at this change: none unless it asks for attention. */
enum ww_sound ww_transition_sound(const struct ww_transition *transition);
