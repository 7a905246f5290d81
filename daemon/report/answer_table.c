#include "report/answer_table.h"

#include "base/utf8.h"

#include <string.h>

#define WIDTH_MAX 60 /* wider cells push what follows */

void answer_plain_value(struct buf *out, const char *value) {
        size_t n = strlen(value);

        while (n) {
                size_t k = utf8_length(value, n);
                unsigned char c = (unsigned char)value[0];
                bool acts = k == 0 || (k == 1 && (c < 0x20 || c == 0x7f)) ||
                            (k == 2 && c == 0xc2 && (unsigned char)value[1] < 0xa0); /* C1: CSI is one of them */

                if (acts)
                        buf_puts(out, ".");
                else
                        buf_put(out, value, k);
                k = k ? k : 1;
                value += k;
                n -= k;
        }
}

/* Characters; wide ones of East Asia take two columns. */
static size_t width_of(const char *s) {
        size_t width = 0, n = strlen(s), k;

        for (; n; s += k, n -= k) {
                k = utf8_length(s, n);
                k = k ? k : 1;
                width += k == 3 && (unsigned char)s[0] >= 0xe1 && (unsigned char)s[0] != 0xe2 ? 2 : 1;
        }
        return width;
}

static void put_blanks(struct buf *out, size_t n) {
        while (n--)
                buf_puts(out, " ");
}

static void put_cell(const struct answer_table *t, size_t column, const char *cell, struct buf *out) {
        size_t width = width_of(cell), fill = width < t->width[column] ? t->width[column] - width : 0;

        buf_puts(out, column ? "  " : "");
        if (t->right[column])
                put_blanks(out, fill);
        buf_puts(out, cell);
        if (!t->right[column] && column + 1 < t->n)
                put_blanks(out, fill);
}

static void keep_cell(struct answer_table *t, size_t column, const char *value) {
        size_t from = t->cells.n, width;

        answer_plain_value(&t->cells, value);
        buf_put_u8(&t->cells, 0);
        if (t->cells.error)
                return;
        width = width_of((const char *)t->cells.p + from);
        if (width > t->width[column] && !t->known)
                t->width[column] = width > WIDTH_MAX ? WIDTH_MAX : width;
}

void answer_table_deinit(struct answer_table *t) {
        buf_deinit(&t->cells);
}

int answer_table_begin(struct answer_table *t, const struct inquiry_column *columns, size_t n) {
        t->n = n;
        for (size_t i = 0; i < n; i++) {
                t->right[i] = columns[i].type == INQUIRY_NUMBER;
                keep_cell(t, i, columns[i].name);
        }
        return t->cells.error;
}

static void put_rule(const struct answer_table *t, struct buf *out) {
        for (size_t i = 0; i < t->n; i++) {
                buf_puts(out, i ? "  " : "");
                for (size_t k = 0; k < t->width[i]; k++)
                        buf_puts(out, "-");
        }
        buf_puts(out, "\n");
}

int answer_table_flush(struct answer_table *t, struct buf *out) {
        const char *cell = (const char *)t->cells.p, *end = cell + t->cells.n;

        for (size_t column = 0; t->cells.error == 0 && cell < end; cell += strlen(cell) + 1) {
                put_cell(t, column, cell, out);
                if (++column < t->n)
                        continue;
                buf_puts(out, "\n");
                column = 0;
                if (!t->known)
                        put_rule(t, out);
                t->known = true;
        }
        buf_reset(&t->cells);
        return out->error;
}

int answer_table_row(struct answer_table *t, const char *const *values, struct buf *out) {
        for (size_t i = 0; i < t->n; i++)
                keep_cell(t, i, values[i] ? values[i] : "");
        if (t->cells.error)
                return t->cells.error;
        return t->known || ++t->rows == ANSWER_LOOK ? answer_table_flush(t, out) : 0;
}
