/*
 * Collecting and rendering. What is rendered goes to a terminal, and the source line under a message is the user's
 * (or an intruder's) bytes: control characters are shown as `?`, so that no file can drive the terminal.
 *
 * Columns count characters, as libyaml does; the caret's place counts terminal cells, because a wide character
 * before it takes two.
 */
#include "base/diag.h"

#include <stdarg.h>
#include <stdio.h>

#define SOURCE_LINE_MAX 200 /* bytes of a source line that are shown */

void diag_deinit(struct diag *d) {
        for (size_t i = 0; i < d->n; i++) {
                free(d->messages[i].text);
                free(d->messages[i].help);
        }
        free(d->messages);
        *d = (struct diag){ .source = d->source, .userdata = d->userdata };
}

bool diag_has_room(const struct diag *d) {
        return d->n < DIAG_MAX;
}

static struct diag_message *diag_room(struct diag *d) {
        size_t capacity = d->capacity ? d->capacity * 2 : 8;
        struct diag_message *messages;

        if (!diag_has_room(d))
                return NULL;
        if (d->n < d->capacity)
                return &d->messages[d->n];
        messages = reallocarray(d->messages, capacity, sizeof *messages);
        if (!messages)
                return NULL;
        d->messages = messages;
        d->capacity = capacity;
        return &d->messages[d->n];
}

/* A node that is read for several others is wrong once. */
static bool diag_told(const struct diag *d, enum diag_level level, struct diag_pos pos, const char *text) {
        for (size_t i = 0; i < d->n; i++) {
                const struct diag_message *m = &d->messages[i];

                if (m->level == level && m->pos.line == pos.line && m->pos.column == pos.column &&
                    ww_str_equal(m->pos.file, pos.file) && strcmp(m->text, text) == 0)
                        return true;
        }
        return false;
}

/* Without memory the message is lost but counted, so that an error never passes for success. */
static void diag_add(struct diag *d, enum diag_level level, struct diag_pos pos, const char *help, const char *format,
                     va_list ap) {
        struct diag_message *m = diag_room(d);
        char *text = NULL, *help_copy = NULL;

        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        if (text && pos.line && diag_told(d, level, pos, text)) {
                free(text);
                return;
        }
        if (level == DIAG_ERROR)
                d->errors++;
        else
                d->warnings++;
        if (!m || !text) {
                free(text);
                return;
        }
        if (help && !(help_copy = strdup(help))) {
                free(text);
                return;
        }
        *m = (struct diag_message){ level, pos, text, help_copy };
        d->n++;
}

int diag_error(struct diag *d, struct diag_pos pos, const char *help, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        diag_add(d, DIAG_ERROR, pos, help, format, ap);
        va_end(ap);
        return DIAG_E_USER;
}

void diag_warning(struct diag *d, struct diag_pos pos, const char *help, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        diag_add(d, DIAG_WARNING, pos, help, format, ap);
        va_end(ap);
}

static int diag_compare(const void *pa, const void *pb) {
        const struct diag_message *a = *(const struct diag_message *const *)pa;
        const struct diag_message *b = *(const struct diag_message *const *)pb;
        int r = ww_str_compare(a->pos.file, b->pos.file);

        if (r)
                return r;
        if (a->pos.line != b->pos.line)
                return a->pos.line < b->pos.line ? -1 : 1;
        if (a->pos.column != b->pos.column)
                return a->pos.column < b->pos.column ? -1 : 1;
        return (a > b) - (a < b); /* same place: as they came */
}

/* One character of UTF-8; *n = its bytes. A byte that is not UTF-8 is a character of its own. */
static uint32_t char_at(struct ww_str s, size_t *n) {
        unsigned char c = (unsigned char)s.p[0];
        size_t want = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
        uint32_t v = want == 1 ? c : c & (0x7fu >> want);

        *n = 1;
        if (want > s.n)
                return c;
        for (size_t i = 1; i < want; i++) {
                if (((unsigned char)s.p[i] & 0xc0) != 0x80)
                        return c;
                v = v << 6 | ((unsigned char)s.p[i] & 0x3f);
        }
        *n = want;
        return v;
}

/* Terminal cells: East Asian wide and full-width blocks take two. */
static unsigned char_cells(uint32_t c) {
        bool wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
                    (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
                    (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);

        return wide ? 2 : 1;
}

static bool char_is_control(uint32_t c, size_t n) {
        return c < 0x20 || (c >= 0x7f && c < 0xa0) || (n == 1 && c >= 0x80);
}

/* Puts `s` for a terminal: a tab is a blank, other control characters and broken UTF-8 are `?`. */
static void put_printable(struct buf *out, struct ww_str s) {
        while (s.n) {
                size_t n;
                uint32_t c = char_at(s, &n);

                if (char_is_control(c, n))
                        buf_puts(out, c == '\t' ? " " : "?");
                else
                        buf_put(out, s.p, n);
                s.p += n;
                s.n -= n;
        }
}

static struct ww_str line_of(struct ww_str text, unsigned line) {
        const char *end;

        for (unsigned at = 1; at < line; at++) {
                const char *newline = text.n ? memchr(text.p, '\n', text.n) : NULL;

                if (!newline)
                        return WW_STR_NONE;
                text.n -= (size_t)(newline + 1 - text.p);
                text.p = newline + 1;
        }
        end = text.n ? memchr(text.p, '\n', text.n) : NULL;
        if (end)
                text.n = (size_t)(end - text.p);
        if (text.n && text.p[text.n - 1] == '\r')
                text.n--;
        return text;
}

/* Cells before `column`; false if the line as shown ends before it. */
static bool cells_before(struct ww_str line, unsigned column, unsigned *ret) {
        unsigned cells = 0;

        for (unsigned at = 1; at < column; at++) {
                size_t n;

                if (line.n == 0)
                        return false;
                cells += char_cells(char_at(line, &n));
                line.p += n;
                line.n -= n;
        }
        *ret = cells;
        return true;
}

static void render_source(const struct diag *d, const struct diag_pos *pos, struct buf *out) {
        struct ww_str line;
        unsigned cells;

        if (!d->source || pos->line == 0)
                return;
        line = line_of(d->source(d->userdata, pos->file), pos->line);
        if (line.n == 0)
                return;
        if (line.n > SOURCE_LINE_MAX)
                line.n = SOURCE_LINE_MAX;
        buf_printf(out, "%5u | ", pos->line);
        put_printable(out, line);
        buf_puts(out, "\n");
        if (pos->column && cells_before(line, pos->column, &cells))
                buf_printf(out, "      | %*s^\n", (int)cells, "");
}

static void render_message(const struct diag *d, const struct diag_message *m, struct buf *out) {
        put_printable(out, m->pos.file);
        if (m->pos.line)
                buf_printf(out, ":%u", m->pos.line);
        if (m->pos.line && m->pos.column)
                buf_printf(out, ":%u", m->pos.column);
        buf_printf(out, "%s%s: ", m->pos.file.n ? ": " : "", m->level == DIAG_ERROR ? "error" : "warning");
        put_printable(out, ww_str(m->text));
        buf_puts(out, "\n");
        render_source(d, &m->pos, out);
        if (m->help) {
                buf_puts(out, "      help: ");
                put_printable(out, ww_str(m->help));
                buf_puts(out, "\n");
        }
}

void diag_render(const struct diag *d, struct buf *out) {
        const struct diag_message *sorted[DIAG_MAX];
        size_t dropped = d->errors + d->warnings - d->n;

        for (size_t i = 0; i < d->n; i++)
                sorted[i] = &d->messages[i];
        qsort(sorted, d->n, sizeof *sorted, diag_compare);
        for (size_t i = 0; i < d->n; i++)
                render_message(d, sorted[i], out);
        if (dropped)
                buf_printf(out, "and %zu more\n", dropped);
}
