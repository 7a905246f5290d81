#pragma once
/*
 * Reads the journal for the notifier: first every notification that is live, then every change of one.
 *
 * What is live is enough to begin with, whatever the journal has trimmed: so the cursor that the engine is told only
 * spares the notifier a second look, and the engine may pass over it when the journal fills.
 *
 * A record can be seen a moment before it is on the disk. What the follower hands on may therefore not leave the house
 * before the engine has told a head at least as high (follower_safe).
 */
#include "config/config.h"
#include <wardwatch/change.h>

struct event_base;
struct follower;
struct metrics;

struct follower_handlers {
        void *userdata;
        void (*live_begin)(void *userdata);
        void (*live_end)(void *userdata);
        void (*change)(void *userdata, const struct ww_change *change); /* of a notification */
        void (*moved)(void *userdata);                                  /* the cursor has, or what is safe */
        void (*replaced)(void *userdata);                               /* another journal stands there: start afresh */
};

int follower_new(struct follower **ret, struct event_base *base, const struct config *config,
                 const struct follower_handlers *handlers);
struct follower *follower_free(struct follower *f);
DEFINE_CLEANUP(struct follower *, follower_free)

/** The engine says that everything up to `head` is on its disk. */
void follower_head(struct follower *f, uint64_t head);
/** Reads all that is live once more. */
void follower_again(struct follower *f);
bool follower_safe(const struct follower *f);
/** Everything up to here was read; false: nothing yet. */
bool follower_position(const struct follower *f, uint64_t *ret_seq);
void follower_metrics(const struct follower *f, struct metrics *m);
