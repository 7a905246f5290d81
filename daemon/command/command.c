#include "base/diag.h"
#include "command/command_internal.h"
#include "wardwatch-build.h"

#include <stdio.h>
#include <string.h>

#define COMMANDS_MAX 64

const char *command_default_config(void) {
        return WARDWATCH_SYSCONFDIR "/wardwatch.yaml";
}

const struct command *command_find(const char *name) {
        for (size_t i = 0; i < command_table_n; i++)
                if (strcmp(command_table[i]->name, name) == 0)
                        return command_table[i];
        return NULL;
}

const char *command_nearest(const char *name) {
        const char *names[COMMANDS_MAX];
        size_t n = 0;

        for (size_t i = 0; i < command_table_n && n < COMMANDS_MAX; i++)
                if (!command_table[i]->hidden)
                        names[n++] = command_table[i]->name;
        return diag_nearest(ww_str(name), names, n);
}

int command_put(struct buf *text, bool to_stderr) {
        FILE *to = to_stderr ? stderr : stdout;
        bool good = text->error == 0 && (text->n == 0 || fwrite(text->p, 1, text->n, to) == text->n);

        return fflush(to) == 0 && good ? 0 : 1;
}

int command_put_json(json_t *value, size_t flags) {
        int r = value ? json_dumpf(value, stdout, flags) : -1;

        json_decref(value);
        return !value ? -ENOMEM : r || putchar('\n') == EOF ? -EPIPE : 0;
}

void command_put_diag(const struct diag *d) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        diag_render(d, &text);
        (void)command_put(&text, true);
}

static int put_help(const struct command *row, bool to_stderr) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        if (row)
                command_help_one(row, &text);
        else
                command_help_all(&text);
        return command_put(&text, to_stderr);
}

static int unknown_command(const char *name) {
        const char *nearest = command_nearest(name);

        (void)fprintf(stderr, "wardwatch: unknown command `%s`\n", name);
        if (nearest)
                (void)fprintf(stderr, "  help: did you mean `%s`?\n", nearest);
        else
                (void)fprintf(stderr, "  help: see `wardwatch --help`\n");
        return 2;
}

const char *command_part_word(const struct command *part) {
        return strrchr(part->name, ' ') + 1;
}

const struct command *command_part(const struct command *row, const char *word) {
        for (size_t i = 0; row->parts && row->parts[i]; i++)
                if (strcmp(command_part_word(row->parts[i]), word) == 0)
                        return row->parts[i];
        return NULL;
}

static int unknown_part(const struct command *row, const char *word) {
        const char *names[COMMANDS_MAX];
        size_t n = 0;

        for (; row->parts[n] && n < COMMANDS_MAX; n++)
                names[n] = command_part_word(row->parts[n]);
        (void)fprintf(stderr, "wardwatch %s: no such part `%s`\n  help: %s\n", row->name, word,
                      diag_suggest(ww_str(word), names, n));
        return 2;
}

static bool is_one_of(const char *word, const char *a, const char *b) {
        return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

static int run_row(const struct command *row, int argc, char **argv) {
        struct command_args args;
        int r = command_parse(row, argc, argv, &args);

        if (r == 1)
                return put_help(row, false);
        return r ? r : row->run(&args);
}

/* `wardwatch sensors list …`; argv begins with the part's word */
static int run_part(const struct command *row, int argc, char **argv) {
        const struct command *part = argc ? command_part(row, argv[0]) : NULL;

        if (part)
                return run_row(part, argc - 1, argv + 1);
        if (argc && is_one_of(argv[0], "--help", "-h"))
                return put_help(row, false);
        if (argc)
                return unknown_part(row, argv[0]);
        (void)put_help(row, true);
        return 2;
}

int command_run(int argc, char **argv) {
        const struct command *row;

        if (argc < 2) {
                (void)put_help(NULL, true);
                return 2;
        }
        if (is_one_of(argv[1], "--help", "-h"))
                return put_help(NULL, false);
        if (is_one_of(argv[1], "--version", "-V"))
                return puts("wardwatch " WARDWATCH_VERSION) < 0;
        row = command_find(argv[1]);
        if (!row)
                return unknown_command(argv[1]);
        return row->parts ? run_part(row, argc - 2, argv + 2) : run_row(row, argc - 2, argv + 2);
}
