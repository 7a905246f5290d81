#pragma once
/*
 * The state of a running rule set.
 *
 * A *key* is one rule's state for one key tuple. It owns a *log*: the events of its selections in their order
 * (order.h), as far back as the rule's horizon reaches behind the watermark. Everything else a key knows (counters,
 * runs, who is on) follows from the log, and from what the entries that were trimmed have left (`base_…`), and is
 * called the *sweep*: it moves over the log entry by entry and over the deadlines between entries. What the sweep
 * concludes are *items*: the condition rose, matched, fell, the clearing expression came true, the grade changed.
 *
 * An item of a positive condition that stands at an event is *committed* at once; every other one waits in the key's
 * queue until the watermark reaches it. Only committed items change the *episode* and become detections.
 *
 * An event that arrives before others of its key in time is put in its place; queued items from there on are dropped
 * and the sweep runs again over the rest of the log. Each entry keeps the sweep's scalars as they were after it
 * (since, bits, grade), so that the sweep can begin anywhere: entries before the place are filled in silently, or,
 * where what was counted can be taken out again (rule_retreats), it goes back to the place. What has been committed
 * stands: its entry is marked FIRED, and is not told twice.
 *
 *   log:      e1   e2   e3 │   e4      e5           e6
 *                     watermark        │            └ sweep is here
 *   items:    committed    │  queue: rise(e4) fall(e4 + W)
 *
 * Blindness freezes the watermark: nothing is decided by absence until it ends + wait; and what absence had not been
 * decided when it began has its deadline there. See watermark.c.
 */
#include "base/pool.h"
#include "correlate/index.h"
#include "correlate/key.h"
#include "correlate/lost.h"
#include "correlate/meter.h"
#include "correlate/multiset.h"
#include "correlate/order.h"
#include "correlate/standing.h"
#include "correlate/texts.h"

/* A key that waits for a deadline, or for an event of its own to be decided: it then has an extra, which knows the
 * event (extra.armed). Due when journal time lets its rule's deadlines of that time pass. */
struct timer {
        int64_t time;
        uint32_t key;
        uint16_t rule;
} __attribute__((packed, aligned(2)));

/* of the table of keys */
struct key_slot {
        uint32_t key; /* 0 = empty */
        uint8_t tag;  /* of its hash: keys are looked at only where it is the same */
} __attribute__((packed));

struct rule_state {
        uint32_t first, last; /* keys */
        uint32_t n_keys;
        uint32_t told; /* limits that have been told */
        struct order derived_at;
        uint32_t n_derived;    /* alarms with that cause */
        uint32_t n_late;       /* … with one before it */
        int64_t deaf_until;    /* of a shadow: before that it hears nothing; NEVER: at all */
        int64_t partial_until; /* its windows are not whole; NONE */
};

struct derived;

struct lanes;

/* a key whose level a state holds, by these selections */
struct lane_match {
        struct key *key;
        uint16_t mask;
};

#define BLIND_SPANS_MAX 64

/* journal time without intake */
struct blind_span {
        int64_t from, to; /* to = NEVER: it lasts */
};

struct correlate {
        const struct correlate_rules *rules;
        correlate_sink sink;
        void *userdata;
        int64_t now;
        struct blind_span blind[BLIND_SPANS_MAX]; /* in order */
        size_t n_blind;
        struct pool *pool; /* of the keys and lanes */
        struct texts *texts;
        struct key_slot *table;
        size_t table_mask;
        struct rule_state *by_rule;
        struct timer *heap;
        size_t n_heap, heap_capacity;
        struct lanes *lanes;
        struct standing *standing;
        struct lost *lost;
        struct order at;                        /* of the event at hand */
        struct derived *derived, *derived_last; /* what other rules have to hear */
        struct arena derived_texts;
        bool derived_deep;               /* the event at hand is an alarm of a rule that reads alarms itself */
        struct matches matches, skipped; /* of the event at hand: what it matches; whose key it has not got */
        struct lane_match *held;         /* of the event at hand: its keys, by (rule, key) */
        size_t n_held, held_capacity;
        struct buf text;
        struct op *ops;
        size_t n_ops, ops_capacity;
        struct arena scratch;
        struct correlate_figures figures;
        struct meter meter;
        bool silent; /* a shadow: nobody is told */
        /* a rebuild in progress */
        bool muted, rebuilding, opened_seen, fell; /* the last two: in this rebuilding */
        bool loading;                              /* nothing is given back meanwhile */
        const struct correlate_trace *trace;       /* NULL: nobody watches */
        const struct rule *traced;                 /* … this rule */
        /* of an example */
        const struct rule *only;       /* nobody else listens, and no asset is enrolled by itself; NULL: no example */
        const struct site_field *with; /* fields that stand for the asset's */
        size_t n_with;
};

/* what one event does to one key */
struct op {
        struct key *key;
        struct order at;
        uint16_t on, off;
        uint8_t state, flags;
        bool stale;                   /* the device has a newer level */
        const struct ww_event *event; /* NULL: the entry only ends levels */
        uint32_t device, asset;
        ww_family family;
};

static inline struct key *key_at(const struct correlate *c, uint32_t number) {
        return pool_at(c->pool, number);
}
/* a rule's keys, from the least to the most recently touched */
static inline struct key *rule_first(const struct correlate *c, size_t rule) {
        return key_at(c, c->by_rule[rule].first);
}
static inline struct key *key_next(const struct correlate *c, const struct key *k) {
        return key_at(c, k->next);
}
static inline const struct rule *key_rule(const struct correlate *c, const struct key *k) {
        return &c->rules->rules[k->rule];
}
/* where nothing was trimmed, and there has been no episode */
static inline struct base base_none(const struct rule *rule) {
        return (struct base){ .trimmed = WW_TIME_NONE, .opened = WW_TIME_NONE, .grade = (uint8_t)rule->priority };
}
static inline struct base key_base(const struct rule *rule, const struct key *k) {
        return k->base ? *k->base : base_none(rule);
}
/* of its newest episode; NONE */
static inline int64_t key_opened(const struct key *k) {
        return k->base ? k->base->opened : WW_TIME_NONE;
}
/* of rules with a window that closes, or an expectation behind a schedule */
static inline struct stretch *key_stretch(const struct rule *rule, const struct key *k) {
        return (struct stretch *)(void *)((uint8_t *)(uintptr_t)(k + 1) + rule->stretch_at);
}
static inline struct course *key_course(const struct rule *rule, const struct key *k) {
        return (struct course *)(void *)((uint8_t *)(uintptr_t)(k + 1) + rule->course_at);
}
static inline struct entry *log_entry(const struct rule *rule, const struct key *k, size_t i) {
        return (struct entry *)(void *)(k->log + i * rule->entry_size);
}

/* correlate.c */
int correlate_make(struct correlate **ret, const struct correlate_rules *rules, int64_t now, correlate_sink sink,
                   void *userdata);
int correlate_enrol(struct correlate *c, int64_t now);
/** An event for the keys in c->held. */
int correlate_deliver(struct correlate *c, const struct ww_event *event, bool level);
int held_add(struct correlate *c, struct lane_match m);
/** An event that stands at c->at goes to all that select it. */
int correlate_select(struct correlate *c, const struct ww_event *event);
const struct rule *correlate_rule(const struct correlate_rules *set, struct ww_str name);

/* true if ended spans matter until they leave the window: they are counted, or the log has to tell a rise from a level
 * that goes on */
static inline bool rule_windowed(const struct rule *rule) {
        return (rule->n_tallies && (rule->within || rule->every)) ||
               (rule->condition == CONDITION_SEQUENCE && rule->level_mask);
}

/* true if its keys have a stretch */
static inline bool rule_stretches(const struct rule *rule) {
        return rule->window != WINDOW_SLIDING || rule->after_schedule != SITE_NONE;
}

/* true if its sweep can go back by undoing what it counted: a newcomer then costs what lies behind it, and not the
 * whole window */
static inline bool rule_retreats(const struct rule *rule) {
        return (rule->condition == CONDITION_WHEN || rule->condition == CONDITION_INSTANT) &&
               rule->window == WINDOW_SLIDING && !rule->level_mask && !rule->n_score_tests && rule_windowed(rule);
}

/* true if its level has to last */
static inline bool rule_holds(const struct rule *rule) {
        return rule->hold.usec || rule->hold.field;
}

/* true if it waits for what does not come, after an event: a deadline that blindness moves. That of each asset's
 * expectation begins anew instead. */
static inline bool rule_absence(const struct rule *rule) {
        return rule->after_mask || rule->after_schedule != SITE_NONE ||
               (rule->condition == CONDITION_SEQUENCE && rule->sequence.forbidden[rule->sequence.n]);
}

/* true if silence is what it tells: of such a rule no deadline may pass while what refutes it may wait at the broker */
static inline bool rule_expects(const struct rule *rule) {
        return rule_absence(rule) || rule->condition == CONDITION_EXPECT;
}

/* blind.c */
static inline bool blind_now(const struct correlate *c) {
        return c->n_blind && c->blind[c->n_blind - 1].to == WW_TIME_NEVER;
}
int blind_save(const struct correlate *c, struct buf *out);
int blind_load(struct correlate *c, struct rd *in);

/* watermark.c */
int64_t watermark_of(const struct correlate *c, const struct rule *rule);
int64_t watermark_due(const struct correlate *c, const struct rule *rule, int64_t time);
/** Where the deadline of an absence stands, given the blindness so far; NEVER while that lasts. Never falls as
 *  `deadline` rises. */
int64_t watermark_absence(const struct correlate *c, const struct rule *rule, int64_t deadline);
/** The deadline of what has to come within `span` behind a schedule's opening. */
int64_t watermark_anchor(const struct correlate *c, const struct rule *rule, int64_t anchor, int64_t span);
/** When the device could be heard for `span` since `from`, not counting blindness and what it was lost: the moment, or,
 *  as long as it cannot be heard, one at which to ask again. */
int64_t watermark_seen(const struct correlate *c, struct ww_str device, uint32_t asset, int64_t from, int64_t span);
/** Events up to here are forgotten: nothing undecided reaches back to them. */
int64_t watermark_memory(const struct correlate *c, const struct rule *rule);
int64_t rule_horizon(const struct rule *rule);
/** A span of the rule for an asset; 0 = none (the asset has no such field). */
int64_t rule_span_of(const struct correlate *c, const struct rule_span *span, uint32_t asset);

/* log.c */
static inline size_t log_capacity(uint8_t bits) {
        return bits ? (size_t)1 << ((bits - 1) & 63) : 0;
}
/** The place of `at`: the first entry not before it. */
size_t log_place(const struct rule *rule, const struct key *k, struct order at);
struct entry *log_find(const struct rule *rule, const struct key *k, struct order at);
/** Makes room for an entry at `place`, zeroed but for `at`. NULL without memory. */
struct entry *log_open(struct correlate *c, struct key *k, size_t place, struct order at);
/** Drops what neither the horizon nor an open span needs. */
void log_trim(struct correlate *c, struct key *k);
int log_reserve(struct correlate *c, struct key *k, uint32_t capacity);
void log_drop(struct correlate *c, struct key *k, size_t place);
void log_free(struct correlate *c, struct key *k);

/* key.c */
static inline size_t key_text_at(const struct rule *rule) {
        return rule->tail_size ? sizeof(struct key) + rule->tail_size : offsetof(struct key, text);
}
static inline struct ww_str key_text(const struct correlate *c, const struct key *k) {
        return (struct ww_str){ (const char *)k + key_text_at(key_rule(c, k)), k->text_n };
}
/** Room for what trimmed entries leave, and for an episode: key.base is there. 0 or -ENOMEM. */
int key_rebase(struct correlate *c, struct key *k);
/** Room for an extra. 0 or -ENOMEM. */
int key_extend(struct correlate *c, struct key *k);
/** Finds or makes. 0; *ret NULL if the rule's limit refuses a newcomer. */
int key_get(struct correlate *c, uint32_t rule, bool exercise, struct ww_str text, struct key **ret);
/** It will be asked for soon: by then the table's place for it is at hand. */
void key_expect(const struct correlate *c, uint32_t rule, bool exercise, struct ww_str text);
/** Room for n more. 0 or -ENOMEM. */
int keys_reserve(struct correlate *c, size_t n);
struct key *key_find(const struct correlate *c, uint32_t rule, bool exercise, struct ww_str text);
void key_free(struct correlate *c, struct key *k);
void key_touch(struct correlate *c, struct key *k);
/** Where the newest event that counted came from. 0 or -ENOMEM. */
int key_place(struct correlate *c, struct key *k, struct ww_str device, uint32_t asset);
/** The key's text for an event under a selection, into `out`. False: a part is missing. */
bool key_format(const struct correlate *c, const struct rule *rule, const struct selection *s,
                const struct ww_event *event, struct buf *out);
void key_put_part(struct buf *out, struct ww_str name, struct ww_str value);
/** `=` and the value of a part of a canonical key, escapes and all; empty: it has no such part. */
struct ww_str key_part_raw(struct ww_str text, size_t part);
/** The value alone, unescaped into `scratch`. */
struct ww_str key_part(struct arena *scratch, struct ww_str text, size_t part);
int key_enrol(struct correlate *c, uint32_t rule, struct ww_str asset, uint32_t index, int64_t now);

/* timers.c */
int timers_arm(struct correlate *c, struct key *k, struct order at); /* time NEVER = not; 0 or -ENOMEM */
/** The key's rule has another number. */
void timers_renumber(struct correlate *c, const struct key *k);
void timers_disarm(struct correlate *c, struct key *k);
struct order timers_armed(const struct correlate *c, const struct key *k); /* time NEVER = not; never derived */
/** When the earliest is due; NEVER: there is none. */
int64_t timers_due(const struct correlate *c);
int64_t timers_absence(const struct correlate *c, int64_t after, int64_t until); /* as correlate_absence */
/** Dues are in another order now. */
void timers_rebuild(struct correlate *c);
int key_compare(const struct correlate *c, const struct key *a, const struct key *b);

/* span.c */
int span_entry(struct correlate *c, struct key *k, struct entry *e);
/** The start of the oldest closed span, which is forgotten. */
struct order span_closed_take(struct key *k);
/** The start of the newest closed span, which is forgotten. */
struct order span_closed_undo(struct key *k);
void span_save(const struct correlate *c, const struct key *k, struct buf *out);
/** What span_save wrote, into a key whose log is there. Counts them, too. 0, -EBADMSG, -ENOMEM. */
int span_load(struct correlate *c, struct rd *in, struct key *k);
bool span_any(const struct key *k, uint16_t mask);
/** … and has begun by an event that counts, not by a retained state. */
bool span_counted(const struct correlate *c, const struct key *k, uint16_t mask);
/** The open ones, by (alias, device, family); `one` is room for the only one. Borrowed until the next change. */
const struct span *span_list(const struct correlate *c, const struct key *k, struct span *one, size_t *ret_n);
struct order span_earliest(const struct correlate *c, const struct key *k, uint16_t mask);
void span_reset(struct key *k);
void span_free(struct key *k);
/** The n entries from `from` on stand from `to` on now. */
void span_moved(struct key *k, size_t from, size_t n, size_t to);
/** The entry at `place` is gone. */
void span_lost(struct key *k, size_t place);

/* window.c */
/** The pulses that an entry brings; what begins by it, levels too. Nothing where it is retained. */
uint16_t entry_instants(const struct rule *rule, const struct entry *e);
uint16_t entry_begun(const struct rule *rule, const struct entry *e);
/** An asset's tumbling windows begin. */
void window_enrol(struct correlate *c, struct key *k, int64_t now);
void window_base(struct correlate *c, struct key *k);
/** An entry that has been counted opens a window, or goes on with one. */
void window_entry(struct correlate *c, struct key *k, struct entry *e);
/** When an entry of a sliding window leaves it; of an anchor its deadline. */
int64_t window_leaves(const struct correlate *c, const struct rule *rule, const struct entry *e);
/** When an event leaves, an anchor's time is over, or the window closes; NEVER. */
int64_t window_next(const struct correlate *c, const struct key *k);
/** Nothing is in it that counts: neither an event nor a span. */
bool window_empty(const struct correlate *c, const struct key *k);
void window_close(struct correlate *c, struct key *k);
void window_anchor_pass(struct correlate *c, struct key *k);
/** Back to where the sweep was before it came to what is now behind `place`, where a newcomer has been put. For rules
 *  that count pulses in a sliding window (rule_retreats). 0 or -ENOMEM. */
int window_retreat(struct correlate *c, struct key *k, size_t place);
/** All that leaves until then, silently. */
void window_pass(struct correlate *c, struct key *k, int64_t until);

/* tally.c */
size_t tally_size(enum tally_kind kind);
int tallies_add(struct correlate *c, struct key *k, const struct entry *e, uint16_t mask);
void tallies_remove(struct correlate *c, struct key *k, const struct entry *e, uint16_t mask);
/** The entry is behind the log's memory: scores keep what it came to. */
void tallies_settle(const struct rule *rule, struct key *k, struct entry *e);
void tallies_reset(const struct rule *rule, struct key *k);
void tallies_free(const struct rule *rule, struct key *k);
/** `length`: µs of the window, for rates. */
struct ww_value tally_read(const struct rule *rule, const struct key *k, const struct aggregate *a, int64_t now,
                           int64_t length);
/** When a score next falls to one of the bounds it is compared with. */
int64_t tallies_crossing(const struct rule *rule, const struct key *k, int64_t after);
/** Nothing is left of any score. */
bool tallies_spent(const struct rule *rule, const struct key *k, int64_t now);
void tallies_save(const struct rule *rule, const struct key *k, struct buf *out);
/** What tallies_save wrote; `tallies`: for each of n scores the rule's tally, -1 = none any more. 0 or -EBADMSG. */
int tallies_load(struct rd *in, const struct rule *rule, struct key *k, const int *tallies, size_t n);

/* aggregate.c */
/** `at`: the moment, and the entry that stands there, if one does. */
bool aggregate_true(const struct correlate *c, const struct key *k, const struct expr *expr, struct order at,
                    const struct entry *e);
enum ww_priority aggregate_grade(const struct correlate *c, const struct key *k, struct order at,
                                 const struct entry *e);

/* guard.c */
bool guard_true(const struct correlate *c, const struct key *k, int64_t time);
/** The next moment behind `after` at which the guard may change by something else than the key's own log. */
int64_t guard_next(const struct correlate *c, const struct key *k, int64_t after);
int guard_mode_changed(struct correlate *c, uint32_t mode, int64_t time);
/** An episode of `other` has opened or ended. */
int guard_alarm_changed(struct correlate *c, const struct key *other, int64_t time);
/** "schedule(night): yes; armed: no", appended. */
void guard_print(const struct correlate *c, const struct key *k, int64_t time, struct buf *out);

/* derived.c */
/** Makes the fields known that alarms have as events. 0 or -ENOMEM. */
int derived_intern(struct symtab *symbols);
/** An episode has opened, or ended: other rules will hear of it. */
int derived_note(struct correlate *c, const struct key *k, bool raised, struct order at);
int derived_deliver(struct correlate *c);
/** Before other rules take over: the places of alarms in the logs of those that read them are put down to the rules'
 * new numbers. 0 or -ENOMEM. */
int derived_renumber(struct correlate *c, const struct correlate_rules *rules);
/** One of the past, of a rule that does not run here. */
int derived_past(struct correlate *c, const struct rule *rule, const struct ww_detection *alarm, uint64_t seq);

/* sequence.c */
/** `live`: what comes of it is told; else it is only filled in, and the entry's marks are believed. */
int sequence_entry(struct correlate *c, struct key *k, struct entry *e, uint16_t mask, bool live);
/** Ends every run. */
void sequence_end(const struct correlate *c, const struct rule *rule, struct key *k);
/** Each event of the run that an item tells of, as the aliases of the part that it took; oldest first. 0, -ENOMEM. */
int sequence_events(const struct correlate *c, const struct key *k, const struct item *item,
                    void (*visit)(void *userdata, const struct entry *e, uint16_t as), void *userdata);
/** Ends the runs that began at `cut` or before: the log does not hold what became of them. */
void sequence_forget(const struct correlate *c, const struct rule *rule, struct key *k, int64_t cut);
/** Every place of an event that a run remembers. */
void sequence_orders(const struct correlate *c, const struct rule *rule, struct key *k,
                     void (*visit)(void *userdata, struct order *at), void *userdata);
void sequence_save(const struct correlate *c, const struct rule *rule, const struct key *k, struct buf *out);
/** The runs that sequence_save wrote. 0, -EBADMSG, -ENOMEM. */
int sequence_load(const struct correlate *c, struct rd *in, const struct rule *rule, struct key *k);
int64_t sequence_next(const struct correlate *c, const struct key *k);
int sequence_deadline(struct correlate *c, struct key *k, int64_t time);

/* sweep.c */
int64_t sweep_next(const struct correlate *c, const struct key *k);
/** How long the level that is on has to last, µs; 0 = the rule says nothing, or the asset has no such field. */
int64_t sweep_hold(const struct correlate *c, const struct key *k);
int sweep_advance(struct correlate *c, struct key *k, int64_t time);
int sweep_deadline(struct correlate *c, struct key *k, int64_t time);
int sweep_entry(struct correlate *c, struct key *k, size_t i);
/** A level is asked once more at `time`: what its guard reads may be another. */
int sweep_again(struct correlate *c, struct key *k, int64_t time);
/** Runs again over the log: silently before `place` and over the deadlines up to `known`, live from there. NEVER:
 *  silently over all. `newcomer`: the entry at `place` is what was put there since the sweep was behind it. */
int sweep_rebuild(struct correlate *c, struct key *k, size_t place, int64_t known, bool newcomer);
/** After a silent fill of the whole log: deadlines up to `at` have passed. */
void sweep_settle(struct correlate *c, struct key *k, int64_t at);

/** Where the sweep stands and what it counts, but for the scalars. */
void sweep_save(const struct correlate *c, const struct key *k, struct buf *out);
/** Into a key with its log and nothing swept. 0, -EBADMSG, -ENOMEM. */
int sweep_load(struct correlate *c, struct rd *in, struct key *k);

/* apply.c */
/** One op: the entry goes into the log, the sweep follows. */
int apply_op(struct correlate *c, const struct op *op);
int apply_due(struct correlate *c, struct key *k);
int apply_arm(struct correlate *c, struct key *k);
/** Deadlines of an absence behind `known` have moved: what the sweep concluded there is concluded anew. */
int apply_again(struct correlate *c, struct key *k, int64_t known);
/** What the guard says has changed at `time`: the sweep goes there again if it was ahead. */
int apply_guard(struct correlate *c, struct key *k, int64_t time);

/* episode.c */
int episode_item(struct correlate *c, struct key *k, const struct item *item);
int episode_commit(struct correlate *c, struct key *k, const struct item *item);
/** The episode ends without a word. */
int episode_end(struct correlate *c, struct key *k, int64_t time);
int episode_pending_first(struct correlate *c, struct key *k);
void episode_drop_from(struct key *k, struct order at);
int64_t episode_quiet(const struct correlate *c, const struct key *k);
int episode_quiet_over(struct correlate *c, struct key *k, int64_t time);
int episode_after_rebuild(struct correlate *c, struct key *k, struct order from);

/* spell.c */
/** An episode [opened, closed) is over. 0 or -ENOMEM. */
int spells_add(struct correlate *c, struct key *k, int64_t opened, int64_t closed);
/** An episode was open at that time. */
bool spells_open(const struct key *k, int64_t time);
/** The first moment behind `after` at which one opened or ended; NEVER. */
int64_t spells_next(const struct key *k, int64_t after);
/** A guard may still ask for one that is over. */
bool spells_asked(const struct correlate *c, const struct key *k);
void spells_save(const struct key *k, struct buf *out);
/** 0, -EBADMSG, -ENOMEM. */
int spells_load(struct correlate *c, struct rd *in, struct key *k);

/* place.c */
struct place {
        struct ww_str device;
        uint32_t asset, zone; /* SITE_NONE = unknown */
};
/** Texts are borrowed from the key, the site and `arena`. 0 or -ENOMEM. */
int place_of(const struct correlate *c, const struct key *k, struct arena *arena, struct place *ret);

/* emit.c */
int emit(struct correlate *c, struct key *k, enum ww_detection_what what, const struct item *item);
int emit_removed(struct correlate *c, struct key *k);
enum emit_limit { LIMIT_KEYS = 1, LIMIT_RUNS = 2, LIMIT_EVENTS = 4 };
int emit_limit(struct correlate *c, uint32_t rule, enum emit_limit limit);
extern const char emit_limit_rule[];

/* lane.c */
int lanes_new(struct lanes **ret);
size_t lanes_count(const struct lanes *l, size_t *ret_max);
struct lanes *lanes_free(struct lanes *l);
/** A state event: levels that it begins, goes on with or ends become ops. */
int lanes_event(struct correlate *c, const struct ww_event *event);
void lanes_drop_all(struct correlate *c);
/** `rules`: only what is held of these, by number; NULL = all. */
int lanes_save(const struct correlate *c, const bool *rules, struct buf *out);
/** The event at hand has come to its keys. */
void lanes_settle(struct correlate *c);
/** The only entry of its log is about to move, or to go: if a lane reads it there, it does so no more. 0 or -ENOMEM. */
int lane_recall(struct correlate *c, const struct key *k);
/** Nothing of these rules is held any more. 0 or -ENOMEM. */
int lanes_let_go(struct correlate *c, const bool *rules);
int lanes_load(struct correlate *c, struct rd *in, struct key **keys, size_t n_keys);
