#pragma once
/* Shared by engine_reload.c (the live reload), engine_replay.c (its replay) and engine_space.c (trimming). */
#include "engine_internal.h"

/* A way through the journal. */
struct engine_prime {
        struct journal *journal;
        uint64_t next, before;          /* inputs next … before − 1 are still to be fed */
        int (*between)(void *userdata); /* before each batch; what is not 0 ends it. NULL = nothing */
        void *userdata;
};

/** Feeds what is still to be fed, and moves `next`. Any thread. 0, JOURNAL_E_DAMAGED, -errno, `between`'s answer. */
int engine_prime_feed(struct engine_prime *r, struct prime *prime);

int engine_primings_load(struct engine *e);
/** In the turn of the reload `seq`, which was primed from `from` on. 0, JOURNAL_E_FULL, -errno. */
int engine_primings_add(struct engine *e, uint64_t seq, uint64_t from);
/** What of `limit` may be trimmed as far as primings are concerned. */
uint64_t engine_primings_limit(const struct engine *e, uint64_t limit);
/** True if a newer pair of snapshots would set some of it free. */
bool engine_primings_hold(const struct engine *e);
