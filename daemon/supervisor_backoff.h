#pragma once
/*
 * When a worker that died is started again, and how. Pure: it is handed the time (µs of a clock that never steps) and
 * keeps no timer.
 *
 * The pause doubles from SUPERVISOR_BACKOFF_MIN to the configured maximum, and begins anew after a life of
 * SUPERVISOR_BACKOFF_WELL. Two deaths within SUPERVISOR_BACKOFF_CAREFUL make the next start a careful one.
 */
#include <stdbool.h>
#include <stdint.h>
#include <wardwatch/time.h>

#define SUPERVISOR_BACKOFF_MIN     (100 * WW_MSEC)
#define SUPERVISOR_BACKOFF_WELL    WW_MINUTE
#define SUPERVISOR_BACKOFF_CAREFUL WW_MINUTE

struct supervisor_backoff {
        int64_t max;       /* longest pause, µs */
        int64_t pause;     /* the last one, 0 = none since it ran well */
        int64_t started;   /* the present life */
        int64_t deaths[2]; /* newest first, WW_TIME_NONE = none */
        unsigned restarts; /* deaths in all */
};

void supervisor_backoff_init(struct supervisor_backoff *b, int64_t max);
void supervisor_backoff_start(struct supervisor_backoff *b, int64_t now);
/** It died without having been told to stop. Returns the pause before the next start, µs, > 0. */
int64_t supervisor_backoff_death(struct supervisor_backoff *b, int64_t now);
/** Whether the next start is a careful one. */
bool supervisor_backoff_careful(const struct supervisor_backoff *b);
