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

static bool is_one_of(const char *word, const char *a, const char *b) {
        return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

int command_run(int argc, char **argv) {
        const struct command *row;
        struct command_args args;
        int r;

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
        r = command_parse(row, argc - 2, argv + 2, &args);
        if (r == 1)
                return put_help(row, false);
        return r ? r : row->run(&args);
}
