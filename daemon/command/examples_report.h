#pragma once
/* What `wardwatch test` and `wardwatch sensors test` share: whose examples are wanted, and what is told of them. */
#include "command/command_internal.h"
#include "config/bundle.h"

struct examples_report {
        const struct command_args *args;
        const char *command; /* "test" */
        const char *noun;    /* "rule": what has examples */
        struct bundle *bundle;
        struct diag diag; /* of the example at work */
        json_t *failures; /* NULL: text */
        bool *met;        /* words that named something */
        json_t *extra;    /* beside the figures of the last line, in JSON; taken over by examples_report_end */
};

/** 0, or an exit code. `bundle`: where the examples' text is; it may be set later. */
int examples_report_init(struct examples_report *r, const struct command_args *args, const char *command,
                         const char *noun);
void examples_report_deinit(struct examples_report *r);
/** Texts under messages come from there. */
void examples_report_bundle(struct examples_report *r, struct bundle *bundle);

/** True if the command line names it, or names nothing: a name or a pattern for it, a file or the end of its path. */
bool examples_report_wanted(void *userdata, struct ww_str name, struct ww_str file);
/** Tells what the diag holds, and what happened; empties the diag. */
void examples_report_failed(void *userdata, struct ww_str told);
/** A word that named nothing, told: 2. `nearest` may say what was meant. */
int examples_report_all_met(const struct examples_report *r, const char *(*nearest)(void *userdata, struct ww_str name),
                            void *userdata);
/** The last line. 0 or 1. */
int examples_report_end(struct examples_report *r, bool good, size_t named, size_t run, size_t failed);
