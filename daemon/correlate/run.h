#pragma once
/* One run of a sequence: what it has taken, and what an event is to it. See sequence.c. */
#include "correlate/state.h"

struct run {
        struct run *next;
        uint64_t taken; /* parts, as bits */
        struct order first, last;
        struct order read[]; /* the newest event that was taken as each alias that is read */
};

enum meeting {
        MEETING_STAYS,
        MEETING_TAKES,
        MEETING_DIES,
};

static inline unsigned run_taken(const struct run *run) {
        return (unsigned)__builtin_popcountll(run->taken);
}
/** Has taken nothing yet. */
struct run *run_new(const struct rule *rule, struct order first);
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
int run_load(struct rd *in, const struct rule *rule, struct run **ret);
