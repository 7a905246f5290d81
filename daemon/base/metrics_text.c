/*
 * What a set of values says: Prometheus' text format 0.0.4. And the table for people.
 *
 * A scrape of ten thousand rules is a hundred thousand lines, written between two turns of the engine: whole numbers,
 * which nearly all values are, are written without printf.
 */
#include "base/metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static const char *const type_names[] = { [METRICS_COUNTER] = "counter", [METRICS_GAUGE] = "gauge" };

static void put_count(struct buf *out, uint64_t v) {
        char text[20];
        size_t at = sizeof text;

        do
                text[--at] = (char)('0' + v % 10);
        while (v /= 10);
        buf_put(out, text + at, sizeof text - at);
}

/* As short as reads back to the same. */
static void put_real(struct buf *out, double v) {
        char text[32];

        (void)snprintf(text, sizeof text, "%.15g", v);
        if (strtod(text, NULL) != v)
                (void)snprintf(text, sizeof text, "%.17g", v);
        buf_puts(out, text);
}

static void put_value(struct buf *out, double v) {
        if (v >= 0 && v < 9007199254740992.0 && v == floor(v))
                put_count(out, (uint64_t)v);
        else if (isinf(v))
                buf_puts(out, v > 0 ? "+Inf" : "-Inf");
        else
                put_real(out, v);
}

/* In a label's value `\`, `"` and the newline are escaped; in a help text `\` and the newline. */
static void put_escaped(struct buf *out, struct ww_str s, bool quotes) {
        size_t from = 0;

        for (size_t i = 0; i < s.n; i++) {
                if (s.p[i] != '\\' && s.p[i] != '\n' && !(quotes && s.p[i] == '"'))
                        continue;
                buf_put(out, s.p + from, i - from);
                buf_put_u8(out, '\\');
                from = i;
                if (s.p[i] == '\n') {
                        buf_put_u8(out, 'n');
                        from++;
                }
        }
        buf_put(out, s.p + from, s.n - from);
}

static void put_labels(struct buf *out, const char *names, const struct ww_str *values) {
        for (size_t i = 0; *names; i++) {
                size_t n = strcspn(names, " ");

                buf_put_u8(out, i ? ',' : '{');
                buf_put(out, names, n);
                buf_put(out, "=\"", 2);
                put_escaped(out, values[i], true);
                buf_put_u8(out, '"');
                names += n + (names[n] == ' ');
                if (!*names)
                        buf_put_u8(out, '}');
        }
}

static void put_head(struct buf *out, const struct metrics_row *row) {
        buf_printf(out, "# HELP %s ", row->name);
        put_escaped(out, ww_str(row->help), false);
        buf_printf(out, "\n# TYPE %s %s\n", row->name, type_names[row->type]);
}

void metrics_text(const struct metrics *m, struct buf *out) {
        for (size_t id = 0; id < METRICS_N; id++) {
                const struct metrics_row *row = &metrics_rows[id];
                struct ww_str name = ww_str(row->name);
                bool told = false;

                for (uint32_t at = m->first[id]; at; at = m->values[at - 1].next) {
                        const struct metrics_value *v = &m->values[at - 1];

                        if (isnan(v->value))
                                continue;
                        if (!told)
                                put_head(out, row);
                        told = true;
                        buf_put(out, name.p, name.n);
                        put_labels(out, row->labels, v->labels);
                        buf_put_u8(out, ' ');
                        put_value(out, v->value);
                        buf_put_u8(out, '\n');
                }
        }
        if (m->error)
                out->error = m->error;
}

/* --- the table --- */

static void where_text(unsigned where, char out[static 48]) {
        size_t n = 0;

        out[0] = '\0';
        if (where == METRICS_ALL)
                (void)snprintf(out, 48, "all");
        for (unsigned p = 1; p < METRICS_ALL && where != METRICS_ALL; p <<= 1)
                if (where & p)
                        n += (size_t)snprintf(out + n, 48 - n, "%s%s", n ? ", " : "",
                                              metrics_process_name((enum metrics_process)p));
}

/* One that stands in a cell: a bar would end it. */
static void put_cell(struct buf *out, const char *text) {
        for (; *text; text++)
                buf_printf(out, *text == '|' ? "\\%c" : "%c", *text);
}

static void put_row(struct buf *out, const struct metrics_row *row) {
        char where[48];

        where_text(row->where, where);
        buf_printf(out, "| `%s", row->name);
        for (const char *p = row->labels; *p; p++) {
                if (p == row->labels)
                        buf_puts(out, "{");
                buf_puts(out, *p == ' ' ? ", " : (char[]){ *p, '\0' });
                if (!p[1])
                        buf_puts(out, "}");
        }
        buf_printf(out, "` | %s | %s | ", type_names[row->type], where);
        put_cell(out, row->help);
        buf_printf(out, " | %s%s%s |\n", row->status[0] ? "`" : "", row->status, row->status[0] ? "`" : "");
}

void metrics_table(struct buf *out) {
        buf_puts(out, "| metric | type | process | | in `wardwatch status` |\n| --- | --- | --- | --- | --- |\n");
        for (size_t id = 0; id < METRICS_N; id++)
                put_row(out, &metrics_rows[id]);
}

json_t *metrics_table_json(void) {
        json_t *list = json_array();

        for (size_t id = 0; id < METRICS_N && list; id++) {
                const struct metrics_row *row = &metrics_rows[id];
                char where[48];

                where_text(row->where, where);
                if (json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", row->name, "type",
                                                          type_names[row->type], "process", where, "labels",
                                                          row->labels, "status", row->status, "help", row->help))) {
                        json_decref(list);
                        list = NULL;
                }
        }
        return list;
}
