/*
 * `wardwatch test`: the examples of rules, played with the real matcher and the real alarm stage on a virtual clock.
 * What fails is told with all that happened in it, because "expected an alarm, got none" is where the work begins.
 */
#include "command/command_internal.h"
#include "command/plain.h"
#include "command/replay_side.h"
#include "command/socket.h"

#include <fnmatch.h>
#include <jansson.h>
#include <stdio.h>

enum { RULES };

static const struct command_option test_options[] = {
        [RULES] = { "--rules", 0, "PATH", "rules of this file or folder, instead of the configuration's" },
        { 0 },
};

struct test {
        const struct command_args *args;
        struct ruleset *ruleset;
        struct diag diag;
        json_t *failures; /* NULL: text */
        bool *met;        /* words that named a rule */
};

/* ---- which ---- */

/* a rule's name, or a pattern for it; a file's name, or the end of its path */
static bool names(const char *word, const char *rule, const char *file) {
        const char *slash = strrchr(file, '/');
        size_t n = strlen(word), m = strlen(file);

        if (fnmatch(word, rule, 0) == 0 || strcmp(word, file) == 0 || (slash && strcmp(word, slash + 1) == 0))
                return true;
        return m > n && file[m - n - 1] == '/' && strcmp(word, file + m - n) == 0;
}

static bool wanted(void *userdata, struct ww_str rule, struct ww_str file) {
        struct test *t = userdata;
        _cleanup_free_ char *name = ww_str_copy(rule), *path = ww_str_copy(file);
        bool found = t->args->argc == 0;

        for (int i = 0; name && path && i < t->args->argc; i++)
                if (names(t->args->argv[i], name, path))
                        found = t->met[i] = true;
        return found;
}

static int all_met(const struct test *t) {
        for (int i = 0; i < t->args->argc; i++) {
                const char *nearest;

                if (t->met[i])
                        continue;
                nearest = correlate_rule_nearest(t->ruleset->rules, ww_str(t->args->argv[i]));
                (void)fprintf(stderr, "wardwatch test: no rule and no file of rules is called `%s`\n",
                              t->args->argv[i]);
                if (nearest)
                        (void)fprintf(stderr, "  help: did you mean `%s`?\n", nearest);
                else
                        (void)fprintf(stderr, "  help: `wardwatch test` without a word tests all\n");
                return 2;
        }
        return 0;
}

/* ---- what failed ---- */

static void failed_json(struct test *t, struct ww_str told) {
        json_t *happened = json_array();

        while (told.n) {
                const char *end = memchr(told.p, '\n', told.n);
                size_t n = end ? (size_t)(end - told.p) : told.n;

                (void)json_array_append_new(happened, json_stringn(told.p, n));
                told.p += n + (end != NULL);
                told.n -= n + (end != NULL);
        }
        for (size_t i = 0; i < t->diag.n; i++) {
                const struct diag_message *m = &t->diag.messages[i];

                (void)json_array_append_new(
                        t->failures, json_pack("{s:s%, s:I, s:I, s:s, s:s*, s:O}", "file", m->pos.file.p, m->pos.file.n,
                                               "line", (json_int_t)m->pos.line, "column", (json_int_t)m->pos.column,
                                               "text", m->text, "help", m->help, "happened", happened));
        }
        json_decref(happened);
}

/* lines of the tale; the rest of the bytes come from the rules' own files */
static void failed_text(const struct test *t, struct ww_str told) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        diag_render(&t->diag, &text);
        if (told.n)
                buf_puts(&text, "      what happened:\n");
        while (told.n && !text.error) {
                const char *end = memchr(told.p, '\n', told.n);
                size_t n = end ? (size_t)(end - told.p) : told.n;

                buf_printf(&text, "        %.*s\n", (int)n, told.p);
                told.p += n + (end != NULL);
                told.n -= n + (end != NULL);
        }
        (void)command_put(&text, true);
}

static void failed(void *userdata, struct ww_str told) {
        struct test *t = userdata;

        if (t->failures)
                failed_json(t, told);
        else
                failed_text(t, told);
        diag_deinit(&t->diag);
        t->diag = (struct diag){ .source = bundle_source, .userdata = &t->ruleset->bundle };
}

/* ---- the whole ---- */

static int put_result(struct test *t, bool good, const struct correlate_examples_result *result) {
        if (!t->failures) {
                (void)printf("%zu examples of %zu rules: %zu passed, %zu failed\n", result->run, result->rules,
                             result->run - result->failed, result->failed);
                return fflush(stdout) == EOF;
        }
        return command_put_json(json_pack("{s:b, s:I, s:I, s:I, s:O}", "ok", good, "rules", (json_int_t)result->rules,
                                          "examples", (json_int_t)result->run, "failed", (json_int_t)result->failed,
                                          "failures", t->failures),
                                JSON_COMPACT);
}

static int test_rules(struct test *t) {
        const struct correlate_examples examples = { .wanted = wanted, .failed = failed, .userdata = t };
        struct correlate_examples_result result = { 0 };
        int r;

        t->diag = (struct diag){ .source = bundle_source, .userdata = &t->ruleset->bundle };
        r = ruleset_test(t->ruleset->rules, &examples, &t->diag, &result);
        if (r < 0)
                return r;
        if (t->diag.n) /* of a rule without an example: nothing happened in it */
                failed(t, WW_STR_NONE);
        r = r ? 1 : 0;
        return all_met(t) ? 2 : put_result(t, r == 0, &result) ? 1 : r;
}

static int test_configured(struct test *t, const struct config *config) {
        int r = replay_side_rules(&t->ruleset, config, t->args->values[RULES]);

        return r < 0 ? r : r ? 1 : test_rules(t);
}

static int test_run(const struct command_args *args) {
        _cleanup_free_ bool *met = calloc((size_t)args->argc + 1, sizeof *met);
        struct test t = { .args = args, .met = met, .failures = args->json ? json_array() : NULL };
        struct config config = { 0 };
        int r;

        if (!met || (args->json && !t.failures))
                return 1;
        r = socket_config(&config, args->config);
        if (!r)
                r = test_configured(&t, &config);
        if (r < 0)
                (void)fprintf(stderr, "wardwatch test: %s\n", strerror(-r));
        diag_deinit(&t.diag);
        ruleset_free(t.ruleset);
        json_decref(t.failures);
        config_deinit(&config);
        return r < 0 ? 1 : r;
}

const struct command command_test = {
        .name = "test",
        .synopsis = "test [RULE|FILE…] [--rules PATH] [--json]",
        .help = "run the examples of rules, and tell what happened in those that fail",
        .text = "Plays the examples in the files of rules on a virtual clock, with the matcher and the alarm stage "
                "that run live: all of them, or those of the named rules (* stands for anything) and files. Of an "
                "example that fails it tells what was expected, what came, and all that happened: which event was "
                "taken by which selection, or in what it differed, what was counted, how far a sequence was, what it "
                "waited for, and what its guard said. Exit code 1 if one failed.",
        .options = test_options,
        .run = test_run,
};
