#pragma once
/*
 * A journal as an engine would have written it, by a clock that is moved by hand: the daemon's own pipeline concludes,
 * its own journal keeps; only MQTT and the wall clock are left out. What starts on it afterwards, the real daemon does:
 * it replays and compares all of it, and its store fills PostgreSQL.
 */
#include "journal/journal.h"
#include "pipeline.h"

struct lived {
        struct journal *journal;
        struct pipeline *pipeline;
        struct buf scratch;
        uint64_t seq, in_batch;
        uint64_t *changed; /* live alarms and subjects, since the last commit */
        size_t n_changed, changed_capacity;
        int (*output)(void *userdata, const struct ww_output *output); /* who looks on; NULL: nobody */
        void *userdata;
};

/** The rules, the site and the state directory of the configuration `file`; the reload that brings them is the first
 *  input, at `start`. Ends the process where it fails, as all of these. */
void lived_begin(struct lived *l, const char *file, int64_t start);
void lived_append(struct lived *l, struct ww_input input);
/** Time goes on to `time`, and what is due before it happens. */
void lived_until(struct lived *l, int64_t time);
/** Bytes of the heap that are in use: all that the stages remember, and no page of the journal. */
size_t lived_memory(void);
void lived_end(struct lived *l);
_Noreturn void lived_fail(const char *what, int r);
