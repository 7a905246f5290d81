#pragma once
/*
 * How much each user may have the engine write into the journal: so many bytes at once, then so many a second. What a
 * request itself has is taken beforehand; what came of it is charged when it is written, and may leave a debt that has
 * to fill up first. Kept by user and not by connection, so that a new connection brings nothing. Pure: time is an
 * argument, in µs of any one clock that does not go back.
 *
 * ALLOWANCE_USERS are kept; one more takes the place of the one that has used the least of what it has.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ALLOWANCE_USERS 64

struct allowance {
        struct allowance_user {
                uid_t uid;
                double left; /* bytes, at that time; below 0: a debt */
                int64_t at;
        } users[ALLOWANCE_USERS];
        size_t n;
};

struct allowance_rate {
        double burst, second; /* bytes: at once; and what comes back in a second */
};

/** Takes `bytes` out of what `uid` has left. False: there is not so much, and nothing was taken. */
bool allowance_take(struct allowance *a, uid_t uid, size_t bytes, struct allowance_rate rate, int64_t now);
/** So much was written besides. A user that is not kept any more owes nothing. */
void allowance_charge(struct allowance *a, uid_t uid, size_t bytes);
