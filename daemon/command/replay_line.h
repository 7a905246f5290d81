#pragma once
/* One line of a recording as an input. */
#include "base/arena.h"
#include <wardwatch/record.h>

#include <jansson.h>

enum {
        REPLAY_LINE_BAD = 1, /* `why` and `cure` say so */
};

struct replay_line {
        const char *why, *cure;
        bool timed;            /* it says when it was */
        bool concluded;        /* no input, but what came of one, in a dump of the journal … */
        const json_t *outcome; /* … as it stands there */
};

/** `line` as parsed; strings of *ret borrow from it, or live in `arena`. The input's seq is 0 and its time NONE where
 *  the line says nothing of them. 0, REPLAY_LINE_*, -ENOMEM. */
int replay_line_input(const json_t *line, struct arena *arena, struct ww_input *ret, struct replay_line *ret_line);

/** PostgreSQL's `escape` notation (store/escape.h) and bytea as text (\\x7b7d), as bytes in `arena`, or borrowed where
 *  they stand as they are. 0, -EBADMSG, -ENOMEM. */
int replay_line_unescape(struct ww_str text, struct arena *arena, struct ww_str *ret);
int replay_line_unhex(struct ww_str text, struct arena *arena, struct ww_str *ret);
