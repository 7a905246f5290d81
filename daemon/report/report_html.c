/*
 * A report as one HTML file that needs nothing else: no script, no picture, no font from elsewhere. Made to be printed
 * on A4, grey, with colour only where a target is missed. Whatever stands in the database is text here, never markup.
 */
#include "base/span.h"
#include "report/chart.h"
#include "report/markup.h"
#include "report/report.h"

#include <stdio.h>
#include <string.h>

#define BARS_MAX 60
#define WORD_MAX 16

static const char head[] =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\"><style>\n"
        "@page{size:A4;margin:16mm 14mm}\n"
        "body{font:10.5pt/1.4 system-ui,sans-serif;color:#222;background:#fff;max-width:182mm;margin:8mm "
        "auto;padding:0 4mm}\n"
        "h1{font-size:17pt;margin:0}h2{font-size:12.5pt;margin:0 0 1mm}header p,.d{color:#555;margin:0 0 3mm}\n"
        "section{margin:8mm 0;border-top:1px solid "
        "#bbb;padding-top:3mm}h2,.d,svg{break-after:avoid;break-inside:avoid}\n"
        "table{border-collapse:collapse;width:100%;font-size:8.5pt}thead{display:table-header-group}tr{break-inside:"
        "avoid}\n"
        "th{text-align:left;border-bottom:1px solid #888;font-weight:600}th,td{padding:.6mm "
        "1.6mm;vertical-align:top}.w{overflow-wrap:anywhere}\n"
        "td{border-bottom:1px solid #e4e4e4}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
        ".miss{color:#a3201a;font-weight:600;white-space:nowrap}svg{width:100%;height:auto;margin:1mm 0 3mm}\n"
        "svg text{font-size:10px;fill:#333}svg .r{text-anchor:end}.b{fill:#8d9499}.x{fill:#a3201a}\n"
        ".l{stroke:#222;stroke-dasharray:3 2}.g{stroke:#ddd}.p{fill:none;stroke:#444;stroke-width:1.2}\n"
        "@media "
        "print{body{margin:0;padding:0;max-width:none}.b,.x{print-color-adjust:exact;-webkit-print-color-adjust:exact}}"
        "\n"
        "</style>\n";

/* 2026-01-31 22:00:00+00 as far as it says something; anything else as it is. */
static void put_time(const char *text, struct buf *out) {
        const char *zone = strlen(text) > 19 ? strpbrk(text + 19, "+-.") : NULL;
        _cleanup_buf_ struct buf cut = BUF_INIT;

        if (zone)
                buf_put(&cut, text, 19);
        else
                buf_puts(&cut, text);
        buf_put_u8(&cut, 0);
        if (!cut.error)
                markup_text(out, ww_str((const char *)cut.p));
}

/* The row has a column `met`, and it is false. */
static bool missed(const struct report_rows *rows, size_t row) {
        size_t met = report_column(rows, "met");

        return met != SIZE_MAX && rows->rows[row][met] && strcmp(rows->rows[row][met], "f") == 0;
}

/* --- charts --- */

static bool beyond(const struct report_rows *rows, size_t row, double v) {
        return (rows->section->limit > 0 && v > rows->section->limit) || missed(rows, row);
}

/* Seconds since 1970 of a time as PostgreSQL writes it; 0 of anything else. */
static double time_of(const char *text) {
        int64_t usec;

        return text && instant_parse(ww_str(text), 0, &usec) == 0 ? (double)usec / WW_SECOND : 0;
}

static size_t points(const struct report_rows *rows, struct chart_point *ret, size_t most, double *ret_total) {
        size_t label = report_column(rows, rows->section->label), value = report_column(rows, rows->section->value),
               n = 0;

        *ret_total = 0;
        if (label == SIZE_MAX || value == SIZE_MAX)
                return 0;
        for (size_t i = 0; i < rows->n; i++) {
                const char *text = rows->rows[i][label];
                double v;

                if (!report_number(rows->rows[i][value], &v))
                        continue;
                *ret_total += v;
                if (n < most)
                        ret[n++] = (struct chart_point){ text ? text : "", v, time_of(text), beyond(rows, i, v) };
        }
        return n;
}

static void put_points(const struct report_made *m, const struct report_rows *rows, struct buf *out) {
        bool line = rows->section->chart == REPORT_LINE;
        size_t most = line ? CHART_POINTS : BARS_MAX;
        _cleanup_free_ struct chart_point *drawn = calloc(most, sizeof *drawn);
        struct chart c = { .title = rows->section->title,
                           .points = drawn,
                           .limit = rows->section->limit,
                           .end = time_of(m->to),
                           .end_label = m->to };
        double total;

        if (!drawn) {
                out->error = -ENOMEM;
                return;
        }
        if (rows->section->chart == REPORT_PARETO && rows->section->rows && rows->section->rows < most)
                most = rows->section->rows;
        c.n = points(rows, drawn, most, &total);
        c.time_label = c.n && drawn[0].at > 0;
        if (line)
                chart_line(&c, out);
        else if (rows->section->chart == REPORT_PARETO)
                chart_pareto(&c, total, out);
        else
                chart_bars(&c, out);
}

static bool percentile_row(const struct report_rows *rows, size_t i, struct chart_percentile_row *ret) {
        static const char *const names[] = { "median", "p80", "p985", "target" };
        double v[4];

        for (size_t k = 0; k < 4; k++) {
                size_t column = report_column(rows, names[k]);

                if (column == SIZE_MAX || !report_number(rows->rows[i][column], &v[k]))
                        return false;
        }
        *ret = (struct chart_percentile_row){ ret->label, v[0], v[1], v[2], v[3] / 2, v[3] };
        return true;
}

/* All of a target, and each hazard; zones stand in the table alone. */
static void put_percentiles(const struct report_rows *rows, struct buf *out) {
        struct chart_percentile_row drawn[BARS_MAX];
        size_t hazard = report_column(rows, "hazard"), zone = report_column(rows, "zone"), n = 0;

        for (size_t i = 0; hazard != SIZE_MAX && zone != SIZE_MAX && i < rows->n && n < BARS_MAX; i++) {
                drawn[n].label = rows->rows[i][hazard] ? rows->rows[i][hazard] : "all";
                if (!rows->rows[i][zone] && percentile_row(rows, i, &drawn[n]))
                        n++;
        }
        if (n)
                chart_percentiles(rows->section->title, drawn, n, out);
}

/* --- tables --- */

/* A word so long that it must be broken, or the table would not fit the page. */
static bool long_word(const char *text) {
        while (*text) {
                size_t n = strcspn(text, " ");

                if (n > WORD_MAX)
                        return true;
                text += n + strspn(text + n, " ");
        }
        return false;
}

static void put_cell(const struct report_rows *rows, size_t row, size_t column, struct buf *out) {
        const char *value = rows->rows[row][column];
        enum inquiry_type type = rows->columns[column].type;
        const char *name = rows->columns[column].name;

        buf_printf(out, "<td%s>",
                   type == INQUIRY_NUMBER      ? " class=\"n\""
                   : value && long_word(value) ? " class=\"w\""
                                               : "");
        if (value && type == INQUIRY_TIME)
                put_time(value, out);
        else if (value && type == INQUIRY_BOOL && strcmp(name, "met") == 0)
                buf_puts(out, *value == 't' ? "met" : "<span class=\"miss\">missed</span>");
        else if (value && type == INQUIRY_BOOL)
                buf_puts(out, *value == 't' ? "yes" : "no");
        else if (value && strcmp(name, "value") == 0 && missed(rows, row)) {
                buf_puts(out, "<span class=\"miss\">");
                markup_text(out, ww_str(value));
                buf_puts(out, "</span>");
        } else if (value)
                markup_text(out, ww_str(value));
        buf_puts(out, "</td>");
}

static void put_table(const struct report_rows *rows, struct buf *out) {
        buf_puts(out, "<table><thead><tr>");
        for (size_t c = 0; c < rows->n_columns; c++) {
                buf_printf(out, "<th%s>", rows->columns[c].type == INQUIRY_NUMBER ? " class=\"n\"" : "");
                for (const char *p = rows->columns[c].name; *p; p++)
                        buf_put_u8(out, *p == '_' ? ' ' : (uint8_t)*p);
                buf_puts(out, "</th>");
        }
        buf_puts(out, "</tr></thead><tbody>\n");
        for (size_t i = 0; i < report_rows_shown(rows); i++) {
                buf_puts(out, "<tr>");
                for (size_t c = 0; c < rows->n_columns; c++)
                        put_cell(rows, i, c, out);
                buf_puts(out, "</tr>\n");
        }
        buf_puts(out, "</tbody></table>\n");
        if (report_rows_shown(rows) < rows->n || rows->more)
                buf_printf(out, "<p class=\"d\">The first %zu of %zu%s. All: <code>wardwatch query %s</code></p>\n",
                           report_rows_shown(rows), rows->n, rows->more ? " and more" : "", rows->question->name);
}

static void put_section(const struct report_made *m, const struct report_rows *rows, struct buf *out) {
        enum report_chart chart = rows->section->chart;

        buf_puts(out, "<section><h2>");
        markup_text(out, ww_str(rows->section->title));
        buf_puts(out, "</h2><p class=\"d\">");
        markup_text(out, ww_str(rows->question->title));
        buf_puts(out, " ");
        markup_text(out, ww_str(rows->question->answers));
        buf_puts(out, "</p>\n");
        if (rows->n == 0) {
                buf_puts(out, "<p>None.</p></section>\n");
                return;
        }
        if (chart == REPORT_PERCENTILES)
                put_percentiles(rows, out);
        else if (chart != REPORT_TABLE)
                put_points(m, rows, out);
        if (rows->section->rows != REPORT_NO_TABLE)
                put_table(rows, out);
        buf_puts(out, "</section>\n");
}

void report_write_html(const struct report_made *m, struct buf *out) {
        buf_puts(out, head);
        buf_puts(out, "<title>");
        markup_text(out, ww_str(m->report->title));
        buf_printf(out, " %.10s</title></head>\n<body><header><h1>", m->from);
        markup_text(out, ww_str(m->report->title));
        buf_puts(out, "</h1><p>");
        put_time(m->from, out);
        buf_puts(out, " to ");
        put_time(m->to, out);
        buf_printf(out, " (%s)", strlen(m->from) > 19 ? m->from + 19 : "");
        if (m->zone) {
                buf_puts(out, ", zone ");
                markup_text(out, ww_str(m->zone));
        }
        if (m->hazard) {
                buf_puts(out, ", hazard ");
                markup_text(out, ww_str(m->hazard));
        }
        buf_puts(out, ". Exercises are left out. Colour: beyond its target.</p></header>\n");
        for (size_t i = 0; i < m->n; i++)
                put_section(m, &m->sections[i], out);
        buf_puts(out, "</body></html>\n");
}
