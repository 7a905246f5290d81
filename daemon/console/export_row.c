#include "console/export_row.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

/* What a spreadsheet would take for a formula gets a quote before it. */
static void put_cell(struct evbuffer *b, const json_t *value) {
        char *dump = json_is_string(value) || json_is_null(value) ? NULL
                                                                  : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        const char *text = json_is_string(value) ? json_string_value(value) : dump ? dump : "";

        (void)evbuffer_add(b, "\"", 1);
        if (json_is_string(value) && *text && strchr("=+-@\t\r", *text))
                (void)evbuffer_add(b, "'", 1);
        for (const char *p = text; *p; p++)
                (void)evbuffer_add(b, *p == '"' ? "\"\"" : p, *p == '"' ? 2 : 1);
        (void)evbuffer_add(b, "\"", 1);
        free(dump);
}

static void put_header(json_t **columns, struct evbuffer *b, json_t *row) {
        const char *name;
        json_t *value, *cell;

        *columns = json_array();
        json_object_foreach(row, name, value) {
                if (json_array_size(*columns))
                        (void)evbuffer_add(b, ",", 1);
                cell = json_string(name);
                put_cell(b, cell);
                (void)json_array_append_new(*columns, cell);
        }
        (void)evbuffer_add(b, "\r\n", 2);
}

void export_row_csv(struct evbuffer *b, json_t **columns, const char *text, size_t n) {
        json_t *row = json_loadb(text, n, 0, NULL), *name;
        size_t i;

        if (!*columns)
                put_header(columns, b, row);
        json_array_foreach(*columns, i, name) {
                if (i)
                        (void)evbuffer_add(b, ",", 1);
                put_cell(b, json_object_get(row, json_string_value(name)));
        }
        (void)evbuffer_add(b, "\r\n", 2);
        json_decref(row);
}
