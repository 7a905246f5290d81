#pragma once
/*
 * Who guesses wrong waits, and longer each time; nobody is locked out. Counted for each user and each source; forgotten
 * after a quarter of an hour, and, for the user, with the right password. Pure: time is an argument (µs).
 */
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

#define THROTTLE_FREE    3        /* wrong ones without a wait */
#define THROTTLE_MAX     30000000 /* µs: the longest wait */
#define THROTTLE_FORGETS INT64_C(900000000)
#define THROTTLE_ENTRIES 4096

struct throttle;

int throttle_new(struct throttle **ret);
struct throttle *throttle_free(struct throttle *t);
DEFINE_CLEANUP(struct throttle *, throttle_free)

/** When an attempt that comes `now` may be looked at. Attempts of one source go one behind the other, each after the
 *  source's wait; those at one user are never more than THROTTLE_MAX behind for what others did. */
int64_t throttle_at(struct throttle *t, const char *name, const char *source, int64_t now);
size_t throttle_keys(const struct throttle *t); /* people and sources that it remembers */
void throttle_result(struct throttle *t, const char *name, const char *source, bool right, int64_t now);
