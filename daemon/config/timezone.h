#pragma once
/*
 * A time zone: what clocks on the wall show at an instant.
 *
 * Local time is microseconds since 1970-01-01 00:00 as the wall shows it. It jumps: an hour in spring does not exist,
 * one in autumn is there twice. Whoever wants "at 02:30" asks timezone_first, and whoever wants to know what of a
 * day's plan has happened asks timezone_running; the two fit together, so that nothing is skipped and nothing happens
 * twice:
 *
 *     timezone_first(z, local) <= t   if and only if   local <= timezone_running(z, t)
 *
 * NULL is UTC. Everything here is total: an instant beyond ±100,000 years is taken as that.
 */
#include "base/error.h"
#include <wardwatch/str.h>
#include <wardwatch/time.h>

#define TIMEZONE_LIMIT (100000 * 366 * WW_DAY)

struct timezone_table;

/** What the wall shows at `t`. */
int64_t timezone_wall(const struct timezone_table *z, int64_t t);
/** The latest that the wall has shown up to `t`: stands still while a doubled hour passes for the second time. */
int64_t timezone_running(const struct timezone_table *z, int64_t t);
/** The first instant at which the wall shows `local` or later: a time that is skipped happens at the next instant
 *  that exists, one that is there twice at the first. */
int64_t timezone_first(const struct timezone_table *z, int64_t local);
