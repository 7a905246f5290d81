#pragma once
/*
 * The subcommands: one file and one row of command_table[] each. main.c only calls command_run().
 * --help, the man page and the shell completion are made from the table.
 */
#include <stdbool.h>
#include <stddef.h>

struct command_option {
        const char *name;  /* "--config" */
        char letter;       /* 'c', 0 = none */
        const char *value; /* "FILE"; NULL = a flag */
        const char *help;
};

struct command_args {       /* parsed by the table's options */
        const char *config; /* -c, or the default path */
        bool json;
        int argc; /* positional */
        char **argv;
        const char *values[20]; /* by the option's place in the row's list; flags: "" when given, NULL when not */
};

struct command {
        const char *name;                     /* "journal" */
        const char *synopsis;                 /* "journal status|dump|verify [--json]" */
        const char *help;                     /* one line */
        const char *text;                     /* paragraph for the man page */
        const struct command_option *options; /* ends with an empty row; -c and --json come by themselves */
        bool hidden;                          /* workers: engine, store, notify */
        const struct command *const *parts;   /* rows of "sensors list" and its like, NULL behind them; NULL: none */
        int (*run)(const struct command_args *args); /* exit code: 0 done, 1 failed or refused, 2 usage; of no row with
                                                        parts */
};

extern const struct command *const command_table[];
extern const size_t command_table_n;

int command_run(int argc, char **argv);
