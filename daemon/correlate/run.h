#pragma once
/* One run of a sequence: what it has taken, and what an event is to it. See sequence.c. */
#include "correlate/state.h"

/* A piece of correlate.pool: a key in the middle of its sequence has one, so every byte counts here as well. */
struct run {
        uint32_t next;  /* of its list, by number */
        uint64_t taken; /* parts, as bits */
        struct order first;
        struct order more[]; /* the last, if the rule asks for it (run_last); then the newest event that was taken as
                                each alias that is read */
} __attribute__((packed, aligned(4)));

enum meeting {
        MEETING_STAYS,
        MEETING_TAKES,
        MEETING_DIES,
};

static inline unsigned run_taken(const struct run *run) {
        return (unsigned)__builtin_popcountll(run->taken);
}
/** Has taken nothing yet; NULL without memory. */
struct run *run_new(const struct correlate *c, const struct rule *rule, struct order first);
void run_free(const struct correlate *c, const struct rule *rule, struct run *run);
/** The newest event that it has taken, where that matters: there is a `gap`, or something is forbidden behind the last
 *  step. Else the first. */
struct order run_last(const struct rule *rule, const struct run *run);
/** When it dies, or, having taken all parts, completes: that is an absence, and blindness moves it. */
int64_t run_deadline(const struct correlate *c, const struct rule *rule, const struct run *run);
/** Those of `mask`, aliases that the event matches, whose `where` holds for this run; `run` NULL: for none yet. */
uint16_t run_fits(const struct correlate *c, const struct key *k, const struct run *run, const struct entry *e,
                  uint16_t mask);
/** False if it would complete it while the guard is false. */
bool run_may_take(const struct correlate *c, const struct key *k, const struct run *run, const struct entry *e,
                  uint16_t mask);
/** The aliases as which the run takes the event, which it then has; 0: it does not. */
uint16_t run_take(const struct correlate *c, const struct key *k, struct run *run, const struct entry *e,
                  uint16_t mask);
enum meeting run_meet(const struct correlate *c, const struct key *k, struct run *run, const struct entry *e,
                      uint16_t mask);
void run_orders(const struct rule *rule, struct run *run, void (*visit)(void *userdata, struct order *at),
                void *userdata);
void run_save(const struct rule *rule, const struct run *run, struct buf *out);
/** What run_save wrote. 0, -EBADMSG, -ENOMEM. */
int run_load(const struct correlate *c, struct rd *in, const struct rule *rule, struct run **ret);
