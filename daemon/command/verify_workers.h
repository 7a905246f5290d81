#pragma once
/* A journal's record, verified by several threads. See verify_workers.c. */
#include "command/replay_database.h"
#include "command/verify_source.h"

#define VERIFY_JOBS_MAX 64

struct verify_workers {
        const struct replay_database *where;
        struct verify_database *database; /* whose moment the others see */
        uint64_t from, to;                /* inputs */
        unsigned jobs;                    /* threads, each with a connection of its own */
};

/** As verify_run does: v's handlers are called by one thread at a time, findings of different stretches of the chain in
 *  no order. 0, REPLAY_E_TOLD, -errno. */
int verify_workers_run(const struct verify_workers *w, struct verify *v);
