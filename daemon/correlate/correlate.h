#pragma once
/*
 * Correlate: events → detections. A compiled rule set, and the state of its keys. Pure: time is an argument.
 *
 * An event reaches only the rules whose selections could match it (an index over the equality fields); what is due
 * by journal time fires in (deadline, rule, key) order before the event that brings that time.
 */
#include "base/buf.h"
#include "base/symtab.h"
#include "config/site.h"
#include <wardwatch/alarm.h>

struct correlate_rules; /* compiled, immutable */
struct decode_types;

/** Compiles all BUNDLE_RULES files. 0, DIAG_E_USER, -ENOMEM. Warnings (unindexable, unbounded) go to `d` too.
 *  `site`, `symbols`, `kinds` are borrowed and must outlive it. */
int correlate_rules_compile(struct correlate_rules **ret, const struct bundle *bundle, const struct site *site,
                            struct symtab *symbols, const struct ww_kinds *kinds, struct diag *d);
struct correlate_rules *correlate_rules_free(struct correlate_rules *r);
DEFINE_CLEANUP(struct correlate_rules *, correlate_rules_free)
/** What `check` says of a set that compiled: conditions that never hold, keys that are missing, rules that say nothing
 *  new. Warnings only. `types` may be NULL. */
void correlate_rules_advise(const struct correlate_rules *r, const struct decode_types *types, struct diag *d);
size_t correlate_rules_count(const struct correlate_rules *r);
/** The procedure that a rule names, and where; "" = none. `rule` < correlate_rules_count. */
struct ww_str correlate_rule_procedure(const struct correlate_rules *r, size_t rule, struct ww_str *ret_name,
                                       struct diag_pos *ret_pos);
/** The `mute` of every rule that has one, for the alarm stage. Lives as long as the rules. */
const struct ww_mute *correlate_rules_mutes(const struct correlate_rules *r, size_t *ret_n);

typedef int (*correlate_sink)(void *userdata, const struct ww_detection *detection); /* 0 or -errno */

struct correlate;

/** `now` = journal time of the first record to come: assets are enrolled then. */
int correlate_new(struct correlate **ret, const struct correlate_rules *rules, int64_t now, correlate_sink sink,
                  void *userdata);
struct correlate *correlate_free(struct correlate *c);
DEFINE_CLEANUP(struct correlate *, correlate_free)

/** Fires everything due by journal time `now`. Call before the events of a record. 0 or -errno. */
int correlate_time(struct correlate *c, int64_t now);
/** One event. Deadlines before it have been fired by correlate_time. 0 or -errno. */
int correlate_event(struct correlate *c, const struct ww_event *event);
/** An event of that time comes behind the watermark of a rule with the usual `wait`: what it could have refuted is
 *  decided. */
bool correlate_late(const struct correlate *c, int64_t time);
/** Did the device, or its gateway, say last that it cannot be reached? */
bool correlate_device_lost(const struct correlate *c, struct ww_str device);
/** Is it an event that says whether a device can be reached? */
bool correlate_tells_link(const struct correlate *c, const struct ww_event *event);
/** The journal time at which correlate_time would fire something; WW_TIME_NEVER if nothing waits. */
int64_t correlate_deadline(const struct correlate *c);
/** The first journal time behind `after`, up to `until`, at which it might tell that something did not come; NEVER. */
int64_t correlate_absence(const struct correlate *c, int64_t after, int64_t until);

/** Without intake from `from` on (link lost, journal full, start) and again with it (the fence came back): absence
 *  deadlines stand still meanwhile and move to the end + wait. */
int correlate_blind(struct correlate *c, bool blind, int64_t now);
/** The operator's reset of an alarm with (rule, key): a latched episode ends. */
int correlate_reset(struct correlate *c, struct ww_str rule, struct ww_str key, bool exercise, int64_t now);

/*
 * Other rules, between records. State of a rule whose hash(select, by, window, condition) is unchanged is kept. What is
 * new or changed may be primed beside the running instance, in another thread: a shadow is fed with what the journal
 * holds (correlate_time, correlate_event, correlate_blind, correlate_mode, correlate_list, correlate_shadow_alarm), and
 * swapped in. It tells nobody what it concludes.
 */

/** `from`: journal time of the swap as far as known; each rule listens from `from` − its `keep` on. Reads nothing but
 *  the two rule sets, which must outlive it. *ret NULL: there is nothing to prime. 0 or -ENOMEM. */
int correlate_shadow(struct correlate **ret, const struct correlate_rules *current, const struct correlate_rules *next,
                     int64_t from);
/** Journal time from which on it listens; events before are not heard. */
int64_t correlate_shadow_since(const struct correlate *shadow);
/** An alarm of the past, of a rule that the shadow does not run itself, as an event for those that read it. */
int correlate_shadow_alarm(struct correlate *shadow, const struct ww_detection *alarm, uint64_t seq);

/** `shadow`: fed up to this record; freed; NULL = nothing is primed. Open episodes of rules that are gone, or whose key
 *  is another one, give WW_DETECTION_REMOVED; those of a changed rule stay; a level that is true in the shadow opens.
 */
int correlate_swap(struct correlate *c, const struct correlate_rules *rules, struct correlate *shadow, int64_t now);
/** Of the rules that were primed with less than they look back on: when the last of them is complete; NONE. */
int64_t correlate_partial_until(const struct correlate *c);

/* What stood at a moment of the past, beside the events: what a shadow is told before them. A mode as far as its last
 * changes are remembered, blindness as far as its spans are; members of lists as they are now. */
bool correlate_blind_at(const struct correlate *c, int64_t time);
bool correlate_mode_at(const struct correlate *c, uint32_t mode, int64_t time); /* by the site's number */
typedef int (*correlate_member_visit)(void *userdata, struct ww_str list, struct ww_str member, bool add,
                                      int64_t until);
/** Each member that a command has added to a list, or removed from it. Ends at the first answer that is not 0. */
int correlate_members_each(const struct correlate *c, correlate_member_visit visit, void *userdata);

int correlate_save(const struct correlate *c, struct buf *out);
int correlate_load(struct correlate *c, struct rd *in); /* 0, -EBADMSG, -ENOMEM */

enum {
        CORRELATE_E_UNKNOWN = 1, /* the site has no such mode or list; there is no such rule */
        CORRELATE_E_FULL,        /* more members were set by command than are kept */
};

/** A mode goes on or off, from `now` on. 0, CORRELATE_E_UNKNOWN, -errno. */
int correlate_mode(struct correlate *c, struct ww_str mode, bool on, int64_t now);
bool correlate_mode_on(const struct correlate *c, uint32_t mode); /* by the site's number */
/** A mode is on that marks everything as exercise. */
bool correlate_exercise(const struct correlate *c);
/** A member joins a named list (`until`, or NEVER) or leaves it. 0, CORRELATE_E_*, -errno. */
int correlate_list(struct correlate *c, struct ww_str list, struct ww_str member, bool add, int64_t until);

/*
 * Watching one rule at work, for those who ask why it fired, or why not. It costs a comparison with NULL where nobody
 * watches, and changes nothing where somebody does.
 */
enum correlate_said {
        CORRELATE_SAID_TAKEN,   /* an event is one of the rule's selections */
        CORRELATE_SAID_MISSED,  /* an event of the right kind is not: in what it differs */
        CORRELATE_SAID_KEYLESS, /* it is, but has no key: passed over */
        CORRELATE_SAID_LATE,    /* it is, but what it could have changed is decided */
        CORRELATE_SAID_STATE,   /* how a key stands behind an event */
        CORRELATE_SAID_TIME,    /* … behind a deadline */
        CORRELATE_SAID_ENDED,   /* a partial sequence is of no use any more */
        CORRELATE_SAID_TOLD,    /* the alarm stage is told */
        CORRELATE_SAID_LIMIT,   /* a limit of state was reached */
};

struct correlate_saying {
        enum correlate_said what;
        struct ww_str key;  /* "" = of no key, or the rule has none */
        bool exercise;      /* of the key */
        int64_t time;       /* event time */
        struct ww_str text; /* in words */
        unsigned near;      /* STATE, TIME: how near the condition is, from 0 to 1000 = it holds */
        bool guarded;       /* … and its guard says no */
};

struct correlate_trace {
        void *userdata;
        int64_t zero; /* instants are told as spans behind it; NONE: as they are */
        void (*say)(void *userdata, const struct correlate_saying *saying);
};

/** `trace` (borrowed; NULL: nobody) hears of one rule from here on. 0 or CORRELATE_E_UNKNOWN. */
int correlate_trace_rule(struct correlate *c, struct ww_str rule, const struct correlate_trace *trace);
struct correlate_rule_about {
        struct diag_pos pos; /* of its name, in its file */
        uint64_t hash;       /* of its canonical text */
        int64_t span; /* µs that it looks back from a match, and waits to decide; what an asset's field says apart */
};
/** False: there is no such rule. */
bool correlate_rule_about(const struct correlate_rules *r, struct ww_str rule, struct correlate_rule_about *ret);
/** The longest of their spans. */
int64_t correlate_rules_span(const struct correlate_rules *r);
/** "did you mean"; NULL. */
const char *correlate_rule_nearest(const struct correlate_rules *r, struct ww_str rule);

struct correlate_figures {
        uint64_t events, matched, skipped_key_missing, detections, evicted, refused; /* go on over a snapshot */
        uint64_t late;
        size_t keys, key_bytes, timers, episodes, lanes, lanes_max;
};
void correlate_figures(const struct correlate *c, struct correlate_figures *ret);

struct correlate_rule_figures { /* since the instance was made; they go with the rule's name over a swap */
        uint64_t seen;          /* events that a selection was asked about; once for each selection */
        uint64_t matched, skipped, late;
        uint64_t detections;
        uint64_t evicted, refused;   /* at the limit of keys */
        uint64_t runs_refused, shed; /* at those of partial sequences, and of events of a key */
        uint64_t busy;               /* ns, estimated; 0 without a meter */
        uint32_t keys, keys_max;
};
/** `rule` < correlate_rules_count. The name lives as long as the rules. */
void correlate_rule_figures(const struct correlate *c, size_t rule, struct ww_str *ret_name,
                            struct correlate_rule_figures *ret);
/** Measures now and then how long rules take, by a clock that runs in ns; nothing but the figures depends on it.
 *  NULL: no more. */
void correlate_meter(struct correlate *c, int64_t (*clock)(void));
/** Up to where a rule with the usual `wait` would decide if it were `now`. */
int64_t correlate_watermark(const struct correlate *c, int64_t now);

/* ---- examples ---- */

typedef int (*correlate_transition_sink)(void *userdata, const struct ww_transition *transition); /* 0 or -errno */

/*
 * The alarm stage, for examples that speak of acknowledgement, of mutes and of priorities that rise with time. This
 * stage may not know it: whoever knows both fills this in. All return 0 or -errno.
 */
struct correlate_stage {
        int (*open)(void **ret, const struct correlate_rules *rules, const struct site *site, int64_t now,
                    correlate_transition_sink sink, void *userdata);
        void (*close)(void *stage);
        /** What is due in both, in the order of deadlines; detections come in meanwhile. */
        int (*time)(void *stage, struct correlate *c, int64_t now);
        int (*detection)(void *stage, const struct ww_detection *detection);
        /** An operator's act on the alarm of (rule, key). *ret_refused: why it was refused; NULL = it was not. */
        int (*act)(void *stage, enum ww_cause verb, struct ww_str rule, struct ww_str key, bool exercise,
                   const char **ret_refused);
        int (*swap)(void *stage);
};

struct correlate_examples {
        const struct correlate_stage *stage; /* NULL: there is no alarm stage, and examples that need it are refused */
        /* which rules; NULL = all */
        bool (*wanted)(void *userdata, struct ww_str rule, struct ww_str file);
        /* An example has failed, and `d` has it: what happened in it, a line each. NULL: nobody wants to know. */
        void (*failed)(void *userdata, struct ww_str told);
        void *userdata;
};

struct correlate_examples_result {
        size_t rules, run, failed;
};

/** Runs the rules' own examples on a virtual clock; what fails is told in `d` (expected, got). 0, DIAG_E_USER, -errno.
 */
int correlate_rules_examples(const struct correlate_rules *r, const struct correlate_examples *examples, struct diag *d,
                             struct correlate_examples_result *ret);
