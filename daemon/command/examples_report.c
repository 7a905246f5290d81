#include "command/examples_report.h"

#include <fnmatch.h>
#include <stdio.h>

int examples_report_init(struct examples_report *r, const struct command_args *args, const char *command,
                         const char *noun) {
        *r = (struct examples_report){
                .args = args,
                .command = command,
                .noun = noun,
                .met = calloc((size_t)args->argc + 1, sizeof *r->met),
                .failures = args->json ? json_array() : NULL,
        };
        return !r->met || (args->json && !r->failures);
}

void examples_report_deinit(struct examples_report *r) {
        diag_deinit(&r->diag);
        json_decref(r->failures);
        free(r->met);
}

void examples_report_bundle(struct examples_report *r, struct bundle *bundle) {
        r->bundle = bundle;
        r->diag = (struct diag){ .source = bundle_source, .userdata = bundle };
}

/* ---- which ---- */

/* a name, or a pattern for it; a file's name, or the end of its path */
static bool names(const char *word, const char *name, const char *file) {
        const char *slash = strrchr(file, '/');
        size_t n = strlen(word), m = strlen(file);

        if (fnmatch(word, name, 0) == 0 || strcmp(word, file) == 0 || (slash && strcmp(word, slash + 1) == 0))
                return true;
        return m > n && file[m - n - 1] == '/' && strcmp(word, file + m - n) == 0;
}

bool examples_report_wanted(void *userdata, struct ww_str name, struct ww_str file) {
        struct examples_report *r = userdata;
        _cleanup_free_ char *own = ww_str_copy(name), *path = ww_str_copy(file);
        bool found = r->args->argc == 0;

        for (int i = 0; own && path && i < r->args->argc; i++)
                if (names(r->args->argv[i], own, path))
                        found = r->met[i] = true;
        return found;
}

int examples_report_all_met(const struct examples_report *r, const char *(*nearest)(void *userdata, struct ww_str name),
                            void *userdata) {
        for (int i = 0; i < r->args->argc; i++) {
                const char *near;

                if (r->met[i])
                        continue;
                near = nearest(userdata, ww_str(r->args->argv[i]));
                (void)fprintf(stderr, "wardwatch %s: no %s and no file of %ss is called `%s`\n", r->command, r->noun,
                              r->noun, r->args->argv[i]);
                if (near)
                        (void)fprintf(stderr, "  help: did you mean `%s`?\n", near);
                else
                        (void)fprintf(stderr, "  help: `wardwatch %s` without a word tests all\n", r->command);
                return 2;
        }
        return 0;
}

/* ---- what failed ---- */

static void failed_json(struct examples_report *r, struct ww_str told) {
        json_t *happened = json_array();

        while (told.n) {
                const char *end = memchr(told.p, '\n', told.n);
                size_t n = end ? (size_t)(end - told.p) : told.n;

                (void)json_array_append_new(happened, json_stringn(told.p, n));
                told.p += n + (end != NULL);
                told.n -= n + (end != NULL);
        }
        for (size_t i = 0; i < r->diag.n; i++) {
                const struct diag_message *m = &r->diag.messages[i];

                (void)json_array_append_new(
                        r->failures, json_pack("{s:s%, s:I, s:I, s:s, s:s*, s:O}", "file", m->pos.file.p, m->pos.file.n,
                                               "line", (json_int_t)m->pos.line, "column", (json_int_t)m->pos.column,
                                               "text", m->text, "help", m->help, "happened", happened));
        }
        json_decref(happened);
}

/* lines of the tale; the rest of the bytes come from the files */
static void failed_text(const struct examples_report *r, struct ww_str told) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        diag_render(&r->diag, &text);
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

void examples_report_failed(void *userdata, struct ww_str told) {
        struct examples_report *r = userdata;

        if (r->failures)
                failed_json(r, told);
        else
                failed_text(r, told);
        diag_deinit(&r->diag);
        examples_report_bundle(r, r->bundle);
}

int examples_report_end(struct examples_report *r, bool good, size_t named, size_t run, size_t failed) {
        char noun[32];

        (void)snprintf(noun, sizeof noun, "%ss", r->noun);
        if (!r->failures) {
                (void)printf("%zu examples of %zu %s: %zu passed, %zu failed\n", run, named, noun, run - failed,
                             failed);
                return fflush(stdout) == EOF;
        }
        return command_put_json(json_pack("{s:b, s:I, s:I, s:I, s:O, s:o*}", "ok", good, noun, (json_int_t)named,
                                          "examples", (json_int_t)run, "failed", (json_int_t)failed, "failures",
                                          r->failures, "coverage", r->extra),
                                JSON_COMPACT)
                       ? 1
                       : 0;
}
