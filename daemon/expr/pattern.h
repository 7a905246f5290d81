#pragma once
/*
 * Regular expressions for `matches`, by PCRE2: Perl's syntax, searched for anywhere in the subject unless anchored.
 *
 * Differences from Perl's defaults, all so that a pattern judges a whole device text: `.` takes a line break too, `$`
 * is the very end and not also before a last line break, \C is refused. Characters are UTF-8; bytes that are none
 * match nothing. \d \w \s and [[:digit:]] are ASCII.
 *
 * A subject comes from a device that may be hostile, so a match is bounded in steps, in depth and in memory
 * (PATTERN_STEPS_MAX, PATTERN_HEAP_MAX_KIB); what meets a bound has no answer. The compiled pattern is constant:
 * several threads may match with it.
 */
#include "base/arena.h"

#define PATTERN_TEXT_MAX     256
#define PATTERN_SUBJECT_MAX  4096
#define PATTERN_NEST_MAX     32     /* parentheses in parentheses */
#define PATTERN_STEPS_MAX    100000 /* 24 runs over the longest subject; 25 ms at the worst that was found */
#define PATTERN_HEAP_MAX_KIB 2048   /* for the ways back of one match; given back after it */

struct pattern;

enum {
        PATTERN_E_WRONG = 1,
};

/** Compile `text`; the result lives in `arena`. 0; PATTERN_E_WRONG (*ret_why: what is wrong, in `arena` or static;
 *  *ret_at: byte offset of it); -ENOMEM. */
int pattern_compile(struct arena *arena, struct ww_str text, const struct pattern **ret, const char **ret_why,
                    size_t *ret_at);
/** Does it occur in `subject`? 1; 0; -E2BIG for a subject above PATTERN_SUBJECT_MAX bytes; -ELOOP when the bound on
 *  steps or memory was met first; -ENOMEM. */
int pattern_match(const struct pattern *p, struct ww_str subject);
/** The same, and where: *ret is what the first parentheses took, or all that matched where there are none; a part of
 *  `subject`. A group that took no part gives 0. */
int pattern_find(const struct pattern *p, struct ww_str subject, struct ww_str *ret);
