/* `wardwatch help`: a command, a subject, or the man pages. */
#include "command/command_internal.h"
#include <wardwatch/kind.h>

#include <stdio.h>
#include <string.h>

enum {
        OPTION_MAN,
        OPTION_COMPLETION,
};

static const struct command_option help_options[] = {
        [OPTION_MAN] = { "--man", 0, NULL, "print a man page (roff): `wardwatch`, or `config` for wardwatch.yaml" },
        [OPTION_COMPLETION] = { "--completion", 0, NULL, "print the completion for bash" },
        { 0 },
};

static void help_kinds(struct buf *out) {
        static const char *const natures[] = {
                [WW_NATURE_STATE] = "state",
                [WW_NATURE_PULSE] = "pulse",
                [WW_NATURE_MEASUREMENT] = "measurement",
        };
        const struct ww_kinds *kinds = ww_kinds_builtin();

        buf_printf(out, "%-18s %-22s %-22s %-11s %-9s %s\n", "family", "active", "normal", "nature", "class", "");
        for (size_t i = 0; i < kinds->n; i++) {
                const struct ww_kind *k = &kinds->rows[i];

                buf_printf(out, "%-18s %-22s %-22s %-11s %-9s %s%s%s%s\n", k->family, k->active,
                           k->normal ? k->normal : "", natures[k->nature],
                           k->implies == WW_CLASS_GENERAL ? "" : ww_class_name(k->implies), k->help,
                           k->unit ? " (" : "", k->unit ? k->unit : "", k->unit ? ")" : "");
        }
}

/* subjects that are no commands */
static const struct {
        const char *name;
        void (*put)(struct buf *out);
        void (*man)(struct buf *out);
} subjects[] = {
        { "wardwatch", command_help_all, command_man_commands },
        { "config", command_help_config, command_man_config },
        { "kinds", help_kinds, NULL },
};

static bool help_subject(const char *name, bool man, struct buf *out) {
        for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
                void (*put)(struct buf *) = man ? subjects[i].man : subjects[i].put;

                if (strcmp(subjects[i].name, name) == 0 && put) {
                        put(out);
                        return true;
                }
        }
        return false;
}

static int help_run(const struct command_args *args) {
        const char *name = args->argc ? args->argv[0] : "wardwatch", *nearest;
        bool man = args->values[OPTION_MAN] != NULL;
        const struct command *row = command_find(name);
        const struct command *part = row && args->argc > 1 ? command_part(row, args->argv[1]) : NULL;
        _cleanup_buf_ struct buf text = BUF_INIT;

        if (args->values[OPTION_COMPLETION])
                command_completion(&text);
        else if (row && !man)
                command_help_one(part ? part : row, &text);
        else if (!help_subject(name, man, &text)) {
                nearest = command_nearest(name);
                (void)fprintf(stderr, "wardwatch help: nothing is known about `%s`\n  help: ", name);
                (void)fprintf(stderr, nearest && !man ? "did you mean `%s`?\n" : "see `wardwatch --help`\n", nearest);
                return 2;
        }
        return command_put(&text, false);
}

const struct command command_help = {
        .name = "help",
        .synopsis = "help [COMMAND [PART] | config | kinds] [--man] [--completion]",
        .help = "explain a command, the configuration's keys or the kinds of events",
        .text = "Without a word it lists the commands. `config` lists the keys of wardwatch.yaml with type, range and "
                "default, `kinds` the vocabulary of events that sensor types and rules share.",
        .options = help_options,
        .run = help_run,
};
