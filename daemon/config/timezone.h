#pragma once
/*
 * A time zone: what clocks on the wall show at an instant.
 *
 * Local time is microseconds since 1970-01-01 00:00 as the wall shows it. It jumps: an hour in spring does not exist,
 * one in autumn is there twice. Whoever wants "at 02:30" asks timezone_first, and whoever wants to know how far a day's
 * plan has come asks timezone_running; the two fit together, so that nothing is skipped and nothing happens twice:
 *
 *     timezone_first(z, local) <= t   if and only if   local <= timezone_running(z, t)
 *
 * NULL is UTC. Every question costs one binary search over some hundred entries. Everything is total: an instant beyond
 * TIMEZONE_LIMIT is taken as the limit.
 */
#include "base/error.h"
#include <wardwatch/str.h>
#include <wardwatch/time.h>

#define TIMEZONE_LIMIT     (100000 * 366 * WW_DAY) /* some 100,000 years before and after 1970 */
#define TIMEZONE_BYTES_MAX (64 * 1024)

struct timezone_table;

/** From the bytes of a TZif file (RFC 9636) of version 2 or later, without leap seconds. 0; -EBADMSG, and what is wrong
 *  with it in `ret_problem` (static); -ENOMEM. */
int timezone_read(struct timezone_table **ret, struct ww_str tzif, const char **ret_problem);
struct timezone_table *timezone_free(struct timezone_table *z); /* returns NULL */
DEFINE_CLEANUP(struct timezone_table *, timezone_free)

/** What the wall shows at `t`. */
int64_t timezone_wall(const struct timezone_table *z, int64_t t);
/** The latest that the wall has shown up to `t`: stands still while a doubled hour passes for the second time. */
int64_t timezone_running(const struct timezone_table *z, int64_t t);
/** The first instant at which the wall shows `local` or later: a time that is skipped happens at the next instant
 *  that exists, one that is there twice at the first. */
int64_t timezone_first(const struct timezone_table *z, int64_t local);
