#pragma once
/*
 * Regular expressions for `matches`: POSIX extended syntax without back references, in time linear in the subject.
 *
 * Why not regcomp: its memory belongs to nobody's arena, `((a{1,99}){1,99}){1,99}` takes all there is, and a subject
 * can be chosen to make it slow. Here a pattern is a program of at most PATTERN_CODE_MAX steps in the rule set's arena,
 * run for all alternatives at once; a match costs at most steps × bytes, whatever the device sent.
 *
 * Syntax: . [a-z] [^a-z] [[:digit:]] \d \w \s ( ) | * + ? {m} {m,} {m,n} ^ $ and \ before punctuation. It is searched
 * for anywhere in the subject unless anchored. Bytes compare as they are; `.` and [^…] take a whole UTF-8 character;
 * in brackets stand ASCII characters only.
 */
#include "base/arena.h"

#define PATTERN_TEXT_MAX    256
#define PATTERN_SUBJECT_MAX 4096
#define PATTERN_CODE_MAX    512

struct pattern;

/** Compile `text`. 0, -EINVAL (*ret_why: what is wrong, static; *ret_at: byte offset), -ENOMEM. */
int pattern_compile(struct arena *arena, struct ww_str text, const struct pattern **ret, const char **ret_why,
                    size_t *ret_at);
/** Does it occur in `subject`? A subject above PATTERN_SUBJECT_MAX bytes does not match. */
bool pattern_matches(const struct pattern *p, struct ww_str subject);
