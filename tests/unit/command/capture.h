#pragma once
/* What a command writes, caught in files of the test's own. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct capture {
        char out[64 * 1024], err[64 * 1024];
        int code;
};

static inline int capture_begin(FILE *stream, FILE *to) {
        int saved;

        (void)fflush(stream);
        saved = dup(fileno(stream));
        assert_true(saved >= 0);
        assert_true(dup2(fileno(to), fileno(stream)) >= 0);
        return saved;
}

static inline void capture_end(FILE *stream, FILE *to, int saved, char *text, size_t max) {
        size_t n;

        (void)fflush(stream);
        assert_true(dup2(saved, fileno(stream)) >= 0);
        (void)close(saved);
        rewind(to);
        n = fread(text, 1, max - 1, to);
        text[n] = '\0';
        (void)fclose(to);
}

/* Runs one command line; `words` ends with NULL. */
static inline void capture_run(struct capture *c, int (*run)(int argc, char **argv), const char *const *words) {
        FILE *out = tmpfile(), *err = tmpfile();
        int saved_out, saved_err, argc = 0;
        char *argv[32], text[32][256];

        assert_non_null(out);
        assert_non_null(err);
        for (; words[argc]; argc++) {
                assert_true(argc < 31);
                (void)snprintf(text[argc], sizeof text[argc], "%s", words[argc]);
                argv[argc] = text[argc];
        }
        argv[argc] = NULL;
        saved_out = capture_begin(stdout, out);
        saved_err = capture_begin(stderr, err);
        c->code = run(argc, argv);
        capture_end(stdout, out, saved_out, c->out, sizeof c->out);
        capture_end(stderr, err, saved_err, c->err, sizeof c->err);
}
