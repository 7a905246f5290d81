#pragma once
/*
 * How much each of many may have: so much at once, then so much a second. What is asked for is taken beforehand; what
 * came of it can be charged later, and may leave a debt that has to fill up first. Pure: time is an argument, in µs of
 * any one clock that does not go back.
 *
 * ALLOWANCE_USERS are kept; one more takes the place of the one that has used the least of what it has.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALLOWANCE_USERS 64

struct allowance {
        struct allowance_user {
                uint64_t who;
                double left; /* at that time; below 0: a debt */
                int64_t at;
        } users[ALLOWANCE_USERS];
        size_t n;
};

struct allowance_rate {
        double burst, second; /* at once; and what comes back in a second */
};

/** Takes `n` out of what `who` has left. False: there is not so much, and nothing was taken. */
bool allowance_take(struct allowance *a, uint64_t who, size_t n, struct allowance_rate rate, int64_t now);
/** Has it so much? Nothing is taken. */
bool allowance_has(struct allowance *a, uint64_t who, size_t n, struct allowance_rate rate, int64_t now);
/** So much was used besides. Who is not kept any more owes nothing. */
void allowance_charge(struct allowance *a, uint64_t who, size_t n);
