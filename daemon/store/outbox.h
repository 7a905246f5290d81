#pragma once
/*
 * What the store has to tell the engine, until the engine has answered. The thread that writes to PostgreSQL puts
 * notices in; the loop sends them over the command socket, again after a while or a new connection, until the answer
 * with their id comes. The id is made from what happened, so a repeat is one notice. One is sent at a time: the engine
 * may put it off, and one behind it would overtake it; database-lost comes before database-back.
 *
 * Bounded: when OUTBOX_MAX notices wait, a further one is dropped and counted. (What is in quarantine is found again at
 * the next start.)
 */
#include "base/error.h"
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTBOX_MAX 256

struct outbox_notice {
        char id[96];      /* printable ASCII, as all of it: what is not is put in as `?` */
        const char *name; /* static: a row of the table of notices */
        char subject[64];
        char text[384];
        int64_t sent_at; /* boot time; 0 = not yet */
};

struct outbox {
        pthread_mutex_t lock;
        struct outbox_notice notices[OUTBOX_MAX];
        size_t n;
        uint64_t dropped;
};

#define OUTBOX_INIT                                                                                                    \
        { .lock = PTHREAD_MUTEX_INITIALIZER }

/** A notice whose id is waiting already is not put twice. */
void outbox_put(struct outbox *o, const char *id, const char *name, const char *subject, const char *text);
/** The first notice, unless it was sent since `before` (boot time); marks it as sent at `now`. False = none. */
bool outbox_next(struct outbox *o, int64_t before, int64_t now, struct outbox_notice *ret);
/** The engine has answered. False = no such id. */
bool outbox_answered(struct outbox *o, const char *id);
/** A new connection: what was sent is to be sent again. */
void outbox_rewind(struct outbox *o);
/** How many wait, of OUTBOX_MAX, and how many were dropped. */
size_t outbox_waiting(struct outbox *o, uint64_t *ret_dropped);
