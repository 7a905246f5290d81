#include "report/answer.h"

#include "report/answer_table.h"

#include <string.h>

struct answer {
        enum answer_format format;
        answer_put_fn put;
        void *userdata;
        struct inquiry_sink sink;
        struct buf line;
        struct answer_table table;
        enum inquiry_type types[INQUIRY_COLUMNS_MAX];
        char *names[INQUIRY_COLUMNS_MAX]; /* of JSON: "name": */
        size_t n, rows;
};

static const char *const formats[ANSWER_FORMATS] = {
        [ANSWER_TABLE] = "table",
        [ANSWER_CSV] = "csv",
        [ANSWER_JSON] = "json",
};

const char *answer_format_name(enum answer_format format) {
        return formats[format];
}

enum answer_format answer_format_find(const char *name) {
        int i = 0;

        while (i < ANSWER_FORMATS && strcmp(formats[i], name) != 0)
                i++;
        return (enum answer_format)i;
}

static int put_line(struct answer *a) {
        int e = a->line.error ? a->line.error : a->put(a->userdata, buf_str(&a->line));

        buf_reset(&a->line);
        return e;
}

/* --- JSON --- */

static void json_string(struct buf *out, const char *s) {
        buf_puts(out, "\"");
        for (; *s; s++) {
                unsigned char c = (unsigned char)*s;

                if (c == '"' || c == '\\')
                        buf_put_u8(out, '\\');
                if (c < 0x20)
                        buf_printf(out, "\\u%04x", c);
                else
                        buf_put_u8(out, c);
        }
        buf_puts(out, "\"");
}

/* 2026-01-31 22:00:00.5+00 or +05:30 → 2026-01-31T22:00:00.5Z or +05:30 */
static void json_time(struct buf *out, const char *s) {
        size_t n = strlen(s);
        const char *zone = n > 19 ? strpbrk(s + 19, "+-") : NULL;

        if (!zone || s[10] != ' ') { /* infinity, or before our era */
                json_string(out, s);
                return;
        }
        buf_printf(out, "\"%.10sT%.*s", s, (int)(zone - s) - 11, s + 11);
        if (strcmp(zone, "+00") == 0)
                buf_puts(out, "Z\"");
        else
                buf_printf(out, "%s%s\"", zone, strlen(zone) == 3 ? ":00" : "");
}

static bool is_json_number(const char *s) {
        return s[strspn(s, "0123456789+-.eE")] == '\0';
}

void answer_json_value(struct buf *out, enum inquiry_type type, const char *value) {
        if (!value)
                buf_puts(out, "null");
        else if (type == INQUIRY_BOOL)
                buf_puts(out, *value == 't' ? "true" : "false");
        else if (type == INQUIRY_JSON || (type == INQUIRY_NUMBER && is_json_number(value)))
                buf_puts(out, value);
        else if (type == INQUIRY_TIME)
                json_time(out, value);
        else
                json_string(out, value);
}

static int json_columns(struct answer *a, const struct inquiry_column *columns) {
        for (size_t i = 0; i < a->n; i++) {
                _cleanup_buf_ struct buf name = BUF_INIT;

                json_string(&name, columns[i].name);
                buf_puts(&name, ":");
                buf_put_u8(&name, 0);
                if (name.error)
                        return name.error;
                a->names[i] = (char *)name.p;
                name = BUF_INIT;
        }
        return 0;
}

static int json_row(struct answer *a, const char *const *values) {
        buf_puts(&a->line, a->rows++ ? ",\n{" : "[\n{");
        for (size_t i = 0; i < a->n; i++) {
                buf_printf(&a->line, "%s%s", i ? "," : "", a->names[i]);
                answer_json_value(&a->line, a->types[i], values[i]);
        }
        buf_puts(&a->line, "}");
        return put_line(a);
}

static int json_finish(struct answer *a) {
        buf_puts(&a->line, a->rows ? "\n]\n" : "[]\n");
        return put_line(a);
}

/* --- CSV --- */

void answer_csv_value(struct buf *out, enum inquiry_type type, const char *value) {
        bool formula = value && type != INQUIRY_NUMBER && *value && strchr("=+-@\t\r", *value);

        if (!value)
                return;
        if (!formula && !value[strcspn(value, "\",\r\n")]) {
                buf_puts(out, value);
                return;
        }
        buf_puts(out, formula ? "\"'" : "\"");
        for (; *value; value++) {
                if (*value == '"')
                        buf_put_u8(out, '"');
                buf_put_u8(out, (uint8_t)*value);
        }
        buf_puts(out, "\"");
}

static int csv_columns(struct answer *a, const struct inquiry_column *columns) {
        for (size_t i = 0; i < a->n; i++) {
                buf_puts(&a->line, i ? "," : "");
                answer_csv_value(&a->line, INQUIRY_TEXT, columns[i].name);
        }
        buf_puts(&a->line, "\r\n");
        return put_line(a);
}

static int csv_row(struct answer *a, const char *const *values) {
        for (size_t i = 0; i < a->n; i++) {
                buf_puts(&a->line, i ? "," : "");
                answer_csv_value(&a->line, a->types[i], values[i]);
        }
        buf_puts(&a->line, "\r\n");
        a->rows++;
        return put_line(a);
}

/* --- table --- */

static int table_columns(struct answer *a, const struct inquiry_column *columns) {
        return answer_table_begin(&a->table, columns, a->n);
}

static int table_row(struct answer *a, const char *const *values) {
        int e = answer_table_row(&a->table, values, &a->line);

        a->rows++;
        return e || a->line.n == 0 ? e : put_line(a);
}

static int table_finish(struct answer *a) {
        int e = answer_table_flush(&a->table, &a->line);

        buf_printf(&a->line, "(%zu row%s)\n", a->rows, a->rows == 1 ? "" : "s");
        return e ? e : put_line(a);
}

static const struct {
        int (*columns)(struct answer *a, const struct inquiry_column *columns);
        int (*row)(struct answer *a, const char *const *values);
        int (*finish)(struct answer *a);
} writers[ANSWER_FORMATS] = {
        [ANSWER_TABLE] = { table_columns, table_row, table_finish },
        [ANSWER_CSV] = { csv_columns, csv_row, NULL },
        [ANSWER_JSON] = { json_columns, json_row, json_finish },
};

static int take_columns(void *userdata, const struct inquiry_column *columns, size_t n) {
        struct answer *a = userdata;

        a->n = n;
        for (size_t i = 0; i < n; i++)
                a->types[i] = columns[i].type;
        return writers[a->format].columns(a, columns);
}

static int take_row(void *userdata, const char *const *values, size_t n) {
        struct answer *a = userdata;

        (void)n;
        return writers[a->format].row(a, values);
}

int answer_new(struct answer **ret, enum answer_format format, answer_put_fn put, void *userdata) {
        struct answer *a = calloc(1, sizeof *a);

        if (!a)
                return -ENOMEM;
        *a = (struct answer){ .format = format, .put = put, .userdata = userdata };
        a->sink = (struct inquiry_sink){ .userdata = a, .columns = take_columns, .row = take_row };
        *ret = a;
        return 0;
}

const struct inquiry_sink *answer_sink(struct answer *a) {
        return &a->sink;
}

int answer_finish(struct answer *a) {
        return writers[a->format].finish ? writers[a->format].finish(a) : 0;
}

size_t answer_rows(const struct answer *a) {
        return a->rows;
}

struct answer *answer_free(struct answer *a) {
        if (a) {
                for (size_t i = 0; i < INQUIRY_COLUMNS_MAX; i++)
                        free(a->names[i]);
                answer_table_deinit(&a->table);
                buf_deinit(&a->line);
                free(a);
        }
        return NULL;
}
