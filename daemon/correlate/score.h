#pragma once
/*
 * Scores: s ← s·2^(−Δ/H) + w. All of it with additions, multiplications and scalings by powers of two only, so that
 * every build gives the same bits, and a snapshot or a replay crosses a bound at the same millisecond.
 */
#include <stdbool.h>
#include <stdint.h>

/** 2^(−delta/half); both µs, half > 0, delta ≥ 0. 0 from 64 halvings on. */
double score_decay(int64_t delta, int64_t half);

/** The first whole millisecond at which `s`, as of `since`, has fallen to the bound (strict), or below it. NEVER if
 * that is not behind `after`, or never will be. */
int64_t score_crossing(double s, int64_t since, int64_t half, double bound, bool strict, int64_t after);
