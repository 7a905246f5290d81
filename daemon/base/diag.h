#pragma once
/*
 * What users did wrong in their files, told like a good compiler tells it: where, what, why, and the cure.
 *
 *     rules/hospital/theft.yaml:12:9: error: unknown field `widthin`
 *        12 |   widthin: 60s
 *           |   ^
 *        help: did you mean `within`?
 *
 * A struct diag collects the messages of one run (bounded: the 100th is "and N more"); the caller prints them.
 * Nothing is printed while collecting. No message names a function of ours.
 */
#include "base/buf.h"
#include <wardwatch/str.h>

enum {
        DIAG_E_USER = 64, /* the user's text is wrong; the diag says how. Returned by every loader and compiler */
};

enum diag_level {
        DIAG_ERROR,
        DIAG_WARNING,
};

struct diag_pos {
        struct ww_str file;    /* as the user wrote it; must outlive the diag */
        unsigned line, column; /* from 1; 0 = the whole file */
};

struct diag_message {
        enum diag_level level;
        struct diag_pos pos;
        char *text, *help; /* help may be NULL */
};

struct diag {
        struct diag_message *messages;
        size_t n, capacity;
        size_t errors, warnings; /* counted even where the message itself was dropped */
        /* the text of a file, for the source line under a message; NULL or an empty answer: no source line */
        struct ww_str (*source)(void *userdata, struct ww_str file);
        void *userdata;
};

#define DIAG_INIT ((struct diag){ 0 })
#define DIAG_MAX  100

void diag_deinit(struct diag *d);

/** Add a message. `help` may be NULL. Returns DIAG_E_USER, so that `return diag_error(…)` reads well. */
int diag_error(struct diag *d, struct diag_pos pos, const char *help, const char *format, ...) _printf_(4, 5);
void diag_warning(struct diag *d, struct diag_pos pos, const char *help, const char *format, ...) _printf_(4, 5);

/** Whether another message would still be shown. If not, no help for it need be searched: with each unknown name the
 *  search for a near one would take longer. */
bool diag_has_room(const struct diag *d);

/** Renders all messages, sorted by file, line, column. */
void diag_render(const struct diag *d, struct buf *out);

/** The name among `names` nearest to `name` by edit distance, or NULL if none is near (distance > a third of its
 *  length, at least 1, at most 3; one letter is not near another). For "did you mean". */
const char *diag_nearest(struct ww_str name, const char *const *names, size_t n);

/** "did you mean `x`?", for the nearest or the only one that begins with it, or with which it begins; or "one of: a, b,
 * c"; lives in a static thread-local buffer until the next call. */
const char *diag_suggest(struct ww_str name, const char *const *names, size_t n);
