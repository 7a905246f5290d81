#pragma once
/*
 * The answers to the newest commands by who gave them and the id that he chose: who repeats a command after a lost
 * reply gets the first answer, and the act is done once. An id is its actor's own: others can guess it (that of a
 * report on a notification is the notification's key), and must not have it answered before it is asked.
 *
 * Bounded: the oldest of REPLIES_MAX is forgotten first.
 */
#include "base/buf.h"

#define REPLIES_MAX 4096 /* a client that retries longer than 4096 commands later has given up before */

struct replies;

int replies_new(struct replies **ret);
struct replies *replies_free(struct replies *r);
DEFINE_CLEANUP(struct replies *, replies_free)

/** Empty if unknown. Borrowed until the next replies_put. */
struct ww_str replies_find(const struct replies *r, struct ww_str actor, struct ww_str id);
size_t replies_count(const struct replies *r); /* REPLIES_MAX at most */
int replies_put(struct replies *r, struct ww_str actor, struct ww_str id, struct ww_str body);
int replies_save(const struct replies *r, struct buf *out);
int replies_load(struct replies *r, struct rd *in); /* 0, -EBADMSG, -ENOMEM */
