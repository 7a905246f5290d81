#include "report/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define SPAN_SQL 512

/* --- numbers --- */

static const struct {
        const char *word;
        double seconds;
} units[] = { { "day", 86400 }, { "mon", 30 * 86400.0 }, { "year", 365.25 * 86400 } };

/* "1 day 02:03:04.5", "00:00:31", "-3 days" as seconds: PostgreSQL's own style. */
static bool interval_seconds(const char *text, double *ret) {
        *ret = 0;
        while (*text) {
                char *end;
                double v = strtod(text, &end);

                if (end == text)
                        return false;
                if (*end == ':') {
                        double minutes = strtod(end + 1, &end), rest = *end == ':' ? strtod(end + 1, &end) : 0;

                        *ret += v * 3600 + (*text == '-' ? -1 : 1) * (minutes * 60 + rest);
                } else {
                        size_t unit = 0;

                        end += strspn(end, " ");
                        while (unit < sizeof units / sizeof *units &&
                               strncmp(end, units[unit].word, strlen(units[unit].word)) != 0)
                                unit++;
                        if (unit == sizeof units / sizeof *units)
                                return false;
                        *ret += v * units[unit].seconds;
                        end += strcspn(end, " ");
                }
                text = end + strspn(end, " ");
        }
        return true;
}

bool report_number(const char *text, double *ret) {
        char *end;

        if (!text || !*text)
                return false;
        if (text[strcspn(text, ":dmy")]) /* 00:01:00, 1 day, 1 mon, 1 year */
                return interval_seconds(text, ret);
        *ret = strtod(text, &end);
        return *end == '\0' && isfinite(*ret);
}

size_t report_rows_shown(const struct report_rows *rows) {
        size_t most = rows->section->rows;

        return most && rows->n > most ? most : rows->n;
}

size_t report_column(const struct report_rows *rows, const char *name) {
        for (size_t i = 0; i < rows->n_columns; i++)
                if (strcmp(rows->columns[i].name, name) == 0)
                        return i;
        return SIZE_MAX;
}

/* --- gathering --- */

struct gathering {
        struct report_made *m;
        struct report_rows *rows;
        int error;
};

static const char *keep(struct report_made *m, const char *text, int *error) {
        char *copy = text ? arena_alloc(&m->arena, strlen(text) + 1) : NULL;

        if (text && !copy)
                *error = -ENOMEM;
        return copy ? strcpy(copy, text) : NULL;
}

static int take_columns(void *userdata, const struct inquiry_column *columns, size_t n) {
        struct gathering *g = userdata;

        g->rows->n_columns = n;
        for (size_t i = 0; i < n; i++)
                g->rows->columns[i] = (struct inquiry_column){ keep(g->m, columns[i].name, &g->error),
                                                               columns[i].type };
        return g->error;
}

static int take_row(void *userdata, const char *const *values, size_t n) {
        struct gathering *g = userdata;
        const char **row;

        if (g->rows->n == REPORT_ROWS) {
                g->rows->more = true;
                return 1;
        }
        row = arena_alloc(&g->m->arena, n * sizeof *row);
        if (!row)
                return g->error = -ENOMEM;
        for (size_t i = 0; i < n; i++)
                row[i] = keep(g->m, values[i], &g->error);
        g->rows->rows[g->rows->n++] = row;
        return g->error;
}

static int gather(struct report_made *m, struct report_rows *rows, struct inquiry *i, const char *const *values) {
        struct gathering g = { .m = m, .rows = rows };
        const struct inquiry_sink sink = { .userdata = &g, .columns = take_columns, .row = take_row };
        const char *asked[QUESTION_PARAMS];
        int e;

        memcpy(asked, values, sizeof asked);
        asked[QUESTION_LIMIT] = "100000"; /* lines are drawn of many; rows are bounded here */
        e = inquiry_ask(i, rows->question, asked, &sink);
        if (g.error)
                return g.error;
        return e == INQUIRY_E_SINK ? 0 : e;
}

/* The span as PostgreSQL understands what was given; else the last whole period. */
static int resolve_span(struct report_made *m, struct inquiry *i, const char *const *values) {
        _cleanup_free_ struct report_rows *rows = calloc(1, sizeof *rows);
        bool given = values[QUESTION_FROM] || values[QUESTION_TO];
        char sql[SPAN_SQL], span[32];
        struct question q = { "span", "?", "", span, sql };
        int e;

        if (!rows)
                return -ENOMEM;
        (void)snprintf(span, sizeof span, "1 %s", m->report->period);
        if (given)
                (void)snprintf(sql, sizeof sql, "SELECT (:'from')::text, (:'to')::text");
        else
                (void)snprintf(
                        sql, sizeof sql,
                        "SELECT (date_trunc('%s', now()) - interval '1 %s')::text, date_trunc('%s', now())::text",
                        m->report->period, m->report->period, m->report->period);
        rows->question = &q;
        e = gather(m, rows, i, values);
        if (e)
                return e;
        m->from = rows->rows[0][0];
        m->to = rows->rows[0][1];
        return 0;
}

int report_make(struct report_made *ret, const struct report *r, struct inquiry *i,
                const char *const values[QUESTION_PARAMS]) {
        const char *asked[QUESTION_PARAMS];
        int e = 0;

        *ret = (struct report_made){ .report = r };
        e = resolve_span(ret, i, values);
        ret->zone = keep(ret, values[QUESTION_ZONE], &e);
        ret->hazard = keep(ret, values[QUESTION_HAZARD], &e);
        ret->sections = calloc(REPORT_SECTIONS, sizeof *ret->sections);
        if (!e && !ret->sections)
                e = -ENOMEM;
        memcpy(asked, values, sizeof asked);
        asked[QUESTION_FROM] = ret->from;
        asked[QUESTION_TO] = ret->to;
        for (const struct report_section *s = r->sections; !e && s->title && ret->n < REPORT_SECTIONS; s++) {
                struct report_rows *rows = &ret->sections[ret->n++];

                rows->section = s;
                rows->question = question_find(s->question);
                e = gather(ret, rows, i, asked);
        }
        return e;
}

void report_made_deinit(struct report_made *m) {
        arena_deinit(&m->arena);
        free(m->sections);
}

static const struct {
        const char *name;
        report_write_fn write;
} formats[] = {
        { "html", report_write_html },
        { "text", report_write_text },
        { "csv", report_write_csv },
        { "json", report_write_json },
};

report_write_fn report_format(const char *name) {
        for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
                if (strcmp(formats[i].name, name) == 0)
                        return formats[i].write;
        return NULL;
}
