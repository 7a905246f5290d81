#pragma once
/*
 * A part of a value: of its text what a pattern takes, one piece between separators, a number in another base; of a
 * whole number one bit, or some. In this order, each step of what the one before gave.
 */
#include "decode/document.h"
#include "expr/pattern.h"

struct extract {
        const struct pattern *pattern; /* NULL = none */
        struct ww_str by;              /* n = 0: no split */
        int part;                      /* from 0; negative: from the end */
        int base;                      /* 0 = none */
        int bit;                       /* -1 = none */
        uint64_t mask;                 /* 0 = none */
};

enum extract_result {
        EXTRACT_DONE,
        EXTRACT_MISSING, /* the pattern does not match, there is no such piece */
        EXTRACT_BAD,     /* not a text, no number in that base, no whole number */
};

/** Replaces `v`, which is not missing; null stays null. `text`: the value as it was written, .p NULL if it has no
 *  text. Texts are parts of `text`. Unless it is done, `v` is missing. */
enum extract_result extract_value(const struct extract *e, struct ww_str text, struct ww_value *v);
