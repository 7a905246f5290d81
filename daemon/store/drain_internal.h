#pragma once
/* Shared by drain.c (the thread) and drain_connect.c (getting to where a row can be written). */
#include "store/batch.h"
#include "store/checkpoint.h"
#include "store/drain.h"

#include <stdatomic.h>

struct drain {
        const struct config *config;
        struct outbox *outbox;
        pthread_t thread;
        bool started;
        int wake_fd;               /* eventfd: a new head, or the end */
        int moved_fd;              /* eventfd: the cursor has moved */
        atomic_bool stop;          /* main → thread */
        atomic_bool ended;         /* thread → main */
        atomic_uint_fast64_t told; /* head that the engine told */
        atomic_uint_fast64_t
                last; /* it stops: up to here, the next checkpoint does not wait for its time; 0 = it does not */

        pthread_mutex_t lock;
        struct drain_figures figures; /* under the lock */
        char *checkpoint_text;        /* the same: the newest, as it is published; NULL = none yet */

        /* the thread's own */
        struct journal *journal;
        uint64_t inode, device; /* of the journal's file */
        bool shut;           /* it may not be opened: its folder came after the sandbox, which knows the one before */
        uint64_t seen, safe; /* see drain_head */
        int64_t seen_at;
        struct wire *wire;
        struct batch batch;
        struct checkpoint checkpoint;
        struct journal_batch read;
        unsigned failures;         /* in a row, since something went well */
        int64_t said_at;           /* boot time at which the log was told of trouble last */
        bool lost_said, back_owed; /* notices */
        char lost_id[96];
        int64_t partitions_at; /* boot time of the next look at the partitions */
        int64_t retention_at;  /* boot time at which what is past its time is dropped next */
        bool retention_more;   /* there may be more of it */
};

enum {
        DRAIN_E_TROUBLE = 32, /* what hinders is in figures.trouble: drop the connection, come back later */
};

/** Writes down why it does not go on, and logs it. Returns DRAIN_E_TROUBLE. */
int drain_trouble(struct drain *d, const char *event, const char *format, ...) _printf_(3, 4);

int drain_journal(struct drain *d); /* opens it if it is not open */
int drain_connect(struct drain *d); /* connects if it is not connected */
void drain_disconnect(struct drain *d);
bool drain_replaced(struct drain *d); /* another journal stands where ours was */
