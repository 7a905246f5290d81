#pragma once
/*
 * The thread that drains the journal into PostgreSQL. See drain.c; store.c is the loop beside it.
 */
#include "config/config.h"
#include "store/outbox.h"

struct drain;

struct drain_figures {
        bool known;      /* the cursor has been read: `cursor` counts */
        bool connected;  /* to PostgreSQL */
        bool replaced;   /* the journal is another one now: the process has to start afresh */
        uint64_t cursor; /* everything up to here is in the database */
        uint64_t head;   /* newest seq that may be stored */
        uint64_t rows, records, transactions, quarantined, retries, connects;
        uint64_t dropped, retention_failed; /* see retention.h */
        uint64_t checkpoints, checkpoints_failed;
        int64_t checkpoint_at; /* µs since 1970; 0 = there is none */
        uint64_t checkpoint;   /* number of the newest, and its last input */
        uint64_t checkpoint_seq;
        int64_t write_time; /* µs spent in writing batches */
        int64_t down_since; /* boot time; 0 = connected */
        char trouble[576];  /* why it is not; "" = connected */
};

int drain_new(struct drain **ret, const struct config *config, struct outbox *outbox);
/** Ends the thread if it is not ended: waits at most `wait` µs for the transaction in hand. False: it did not end (a
 *  hung server), nothing was freed, and the process should _exit. */
bool drain_free(struct drain *d, int64_t wait);

/** The engine says that everything up to `head` is on its disk. */
void drain_wake(struct drain *d, uint64_t head);
/** The engine stops: a checkpoint as soon as everything up to `seq` is stored. */
void drain_last(struct drain *d, uint64_t seq);
void drain_figures(struct drain *d, struct drain_figures *ret);
/** The newest checkpoint as it is published, the caller's to free; NULL = none yet, or no memory. */
char *drain_checkpoint_text(struct drain *d);
/** Readable (an eventfd) when the cursor has moved, or a checkpoint was signed, since it was read last. */
int drain_fd(const struct drain *d);
