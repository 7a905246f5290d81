/*
 * Problem: libyaml's time grows with the square of the depth of open brackets. So brackets are counted beforehand,
 * with just enough lexing not to count those in quotes and comments. The count may be fooled (a quote in a block text
 * hides what follows it); the parser's own check of depth then stops at the 33rd level, so that nothing passes both.
 *
 * It also grows with the square of the number of `%TAG` lines (60,000 fit into a file, and take half a minute). Tags
 * are refused, so nobody needs one.
 */
#include "config/yaml_guard.h"
#include "base/utf8.h"
#include "config/yaml.h"

struct cursor {
        struct ww_str file, left;
        unsigned line, column;
};

static struct diag_pos cursor_pos(const struct cursor *c) {
        return (struct diag_pos){ c->file, c->line, c->column };
}

static void cursor_step(struct cursor *c, size_t n) {
        if (c->left.p[0] == '\n') {
                c->line++;
                c->column = 1;
        } else {
                c->column++;
        }
        c->left.p += n;
        c->left.n -= n;
}

/* U+0085, U+2028, U+2029: YAML begins a line behind them, and the comment before it is over. */
static bool is_break(const char *p, size_t n) {
        return (n == 2 && memcmp(p, "\xc2\x85", 2) == 0) ||
               (n == 3 && (memcmp(p, "\xe2\x80\xa8", 3) == 0 || memcmp(p, "\xe2\x80\xa9", 3) == 0));
}

static int check_characters(struct cursor c, struct diag *d) {
        while (c.left.n) {
                unsigned char byte = (unsigned char)c.left.p[0];
                size_t n = utf8_length(c.left.p, c.left.n);

                if (n == 0)
                        return diag_error(d, cursor_pos(&c), "save the file as UTF-8", "byte 0x%02x is not UTF-8",
                                          byte);
                if ((byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') || byte == 0x7f)
                        return diag_error(d, cursor_pos(&c), "remove it; in quotes it is written \"\\xNN\"",
                                          "control character 0x%02x", byte);
                if (is_break(c.left.p, n))
                        return diag_error(d, cursor_pos(&c),
                                          "remove it; in quotes it is written \"\\N\", \"\\L\", \"\\P\"",
                                          "an end of line that no editor shows");
                cursor_step(&c, n);
        }
        return 0;
}

/* A quote begins a quoted text only where a text may begin. */
static bool may_begin(char before) {
        return before == '\0' || strchr(" \t\n[{,:-?", before);
}

static void skip_quoted(struct cursor *c) {
        char quote = c->left.p[0];

        cursor_step(c, 1);
        while (c->left.n) {
                char byte = c->left.p[0];

                if (quote == '"' && byte == '\\' && c->left.n > 1)
                        cursor_step(c, 1);
                cursor_step(c, 1);
                if (byte == quote) /* '' in single quotes: the next round begins a new text at once, which is as good */
                        return;
        }
}

static void skip_line(struct cursor *c) {
        while (c->left.n && c->left.p[0] != '\n')
                cursor_step(c, 1);
}

static int check_depth(struct cursor c, struct diag *d) {
        unsigned depth = 0;
        char before = '\0';

        while (c.left.n) {
                char byte = c.left.p[0];

                if ((byte == '"' || byte == '\'') && may_begin(before)) {
                        skip_quoted(&c);
                        before = ' '; /* so that '' goes on as quoted */
                        continue;
                }
                if (byte == '#' && (before == '\0' || strchr(" \t\n", before))) {
                        skip_line(&c);
                        continue;
                }
                if ((byte == '[' || byte == '{') && ++depth > YAML_DEPTH_MAX)
                        return diag_error(d, cursor_pos(&c), "flatten it", "nested more than %d deep", YAML_DEPTH_MAX);
                if ((byte == ']' || byte == '}') && depth > 0)
                        depth--;
                before = byte;
                cursor_step(&c, 1);
        }
        return 0;
}

static int check_directives(struct cursor c, struct diag *d) {
        static const char word[] = "%TAG";

        while (c.left.n) {
                if (c.left.n >= sizeof word - 1 && memcmp(c.left.p, word, sizeof word - 1) == 0)
                        return diag_error(d, cursor_pos(&c), "leave it out", "tags (`%s`) are not supported", word);
                skip_line(&c);
                if (c.left.n)
                        cursor_step(&c, 1);
        }
        return 0;
}

int yaml_guard_check(struct ww_str file, struct ww_str text, struct diag *d) {
        struct cursor start = { file, text, 1, 1 };
        int r;

        if (text.n > YAML_BYTES_MAX)
                return diag_error(d, (struct diag_pos){ .file = file }, "split it: a folder of files counts as one",
                                  "the file has %zu bytes, more than %d", text.n, YAML_BYTES_MAX);
        r = check_characters(start, d);
        if (!r)
                r = check_directives(start, d);
        return r ? r : check_depth(start, d);
}
