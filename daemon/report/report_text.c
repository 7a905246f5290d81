/* A report as text, CSV and JSON: the same rows as in HTML, without charts. */
#include "report/answer_table.h"
#include "report/report.h"

#include <string.h>

static void text_line(struct buf *out, char c, size_t n) {
        while (n--)
                buf_put_u8(out, (uint8_t)c);
        buf_puts(out, "\n");
}

/* What of a line of hundreds of values says most, in numbers. */
static void text_summary(const struct report_rows *rows, struct buf *out) {
        size_t column = report_column(rows, rows->section->value), n = 0, beyond = 0;
        double sum = 0, most = 0, v;

        for (size_t i = 0; column != SIZE_MAX && i < rows->n; i++)
                if (report_number(rows->rows[i][column], &v)) {
                        n++;
                        sum += v;
                        most = v > most ? v : most;
                        beyond += rows->section->limit > 0 && v > rows->section->limit;
                }
        buf_printf(out, "%zu values: mean %.2f, most %.2f", n, n ? sum / (double)n : 0, most);
        if (rows->section->limit > 0)
                buf_printf(out, ", above %g: %zu", rows->section->limit, beyond);
        buf_puts(out, "\n");
}

static void text_table(const struct report_rows *rows, struct buf *out) {
        struct answer_table table = { 0 };

        (void)answer_table_begin(&table, rows->columns, rows->n_columns);
        for (size_t i = 0; i < report_rows_shown(rows); i++)
                (void)answer_table_row(&table, rows->rows[i], out);
        (void)answer_table_flush(&table, out);
        answer_table_deinit(&table);
        if (report_rows_shown(rows) < rows->n || rows->more)
                buf_printf(out, "the first %zu of %zu%s: wardwatch query %s\n", report_rows_shown(rows), rows->n,
                           rows->more ? " and more" : "", rows->question->name);
}

static void text_section(const struct report_rows *rows, struct buf *out) {
        buf_printf(out, "\n%s\n", rows->section->title);
        text_line(out, '-', strlen(rows->section->title));
        buf_printf(out, "%s%s%s\n\n", rows->question->title, *rows->question->answers ? " " : "",
                   rows->question->answers);
        if (rows->n == 0)
                buf_puts(out, "none\n");
        else if (rows->section->chart == REPORT_LINE)
                text_summary(rows, out);
        else
                text_table(rows, out);
}

void report_write_text(const struct report_made *m, struct buf *out) {
        buf_printf(out, "%s\n", m->report->title);
        text_line(out, '=', strlen(m->report->title));
        buf_printf(out, "%s to %s\n", m->from, m->to);
        if (m->zone) {
                buf_puts(out, "zone ");
                answer_plain_value(out, m->zone);
                buf_puts(out, "\n");
        }
        if (m->hazard) {
                buf_puts(out, "hazard ");
                answer_plain_value(out, m->hazard);
                buf_puts(out, "\n");
        }
        for (size_t i = 0; i < m->n; i++)
                text_section(&m->sections[i], out);
}

void report_write_csv(const struct report_made *m, struct buf *out) {
        buf_puts(out, "section,row,column,value\r\n");
        for (size_t s = 0; s < m->n; s++)
                for (size_t i = 0; i < m->sections[s].n; i++)
                        for (size_t c = 0; c < m->sections[s].n_columns; c++) {
                                const struct report_rows *rows = &m->sections[s];

                                buf_printf(out, "%s,%zu,%s,", rows->question->name, i + 1, rows->columns[c].name);
                                answer_csv_value(out, rows->columns[c].type, rows->rows[i][c]);
                                buf_puts(out, "\r\n");
                        }
}

static void json_text(struct buf *out, const char *before, const char *text) {
        buf_puts(out, before);
        answer_json_value(out, INQUIRY_TEXT, text);
}

static void json_rows(const struct report_rows *rows, struct buf *out) {
        for (size_t i = 0; i < rows->n; i++) {
                buf_puts(out, i ? ",\n   {" : "\n   {");
                for (size_t c = 0; c < rows->n_columns; c++) {
                        json_text(out, c ? "," : "", rows->columns[c].name);
                        buf_puts(out, ":");
                        answer_json_value(out, rows->columns[c].type, rows->rows[i][c]);
                }
                buf_puts(out, "}");
        }
}

void report_write_json(const struct report_made *m, struct buf *out) {
        json_text(out, "{\"report\":", m->report->name);
        json_text(out, ",\"title\":", m->report->title);
        buf_puts(out, ",\"from\":");
        answer_json_value(out, INQUIRY_TIME, m->from);
        buf_puts(out, ",\"to\":");
        answer_json_value(out, INQUIRY_TIME, m->to);
        json_text(out, ",\"zone\":", m->zone);
        json_text(out, ",\"hazard\":", m->hazard);
        buf_puts(out, ",\"sections\":[");
        for (size_t s = 0; s < m->n; s++) {
                json_text(out, s ? ",\n {\"title\":" : "\n {\"title\":", m->sections[s].section->title);
                json_text(out, ",\"question\":", m->sections[s].question->name);
                json_text(out, ",\"asks\":", m->sections[s].question->title);
                json_text(out, ",\"definition\":", m->sections[s].question->answers);
                buf_printf(out, ",\"more\":%s,\"rows\":[", m->sections[s].more ? "true" : "false");
                json_rows(&m->sections[s], out);
                buf_puts(out, "]}");
        }
        buf_puts(out, "\n]}\n");
}
