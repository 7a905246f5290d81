#include "report/inquiry.h"

#include "base/clock.h"
#include "base/span.h"
#include "store/wire.h"

#include <stdio.h>
#include <string.h>

#define GRACE     (5 * WW_SECOND) /* the server ends a statement itself; we give up a little later */
#define STOPPED   100             /* the sink had enough; apart from WIRE_E_* */

#define SPAN_TEXT 64

struct inquiry {
        struct wire *wire;
        struct pg_cancel *cancel;
        const char *cure;
        char error[512];
        /* of the question that is asked */
        const struct inquiry_sink *sink;
        struct inquiry_column columns[INQUIRY_COLUMNS_MAX];
        size_t n;
        bool told;
};

/* OIDs of pg_type: they never change */
static const struct {
        uint32_t oid;
        enum inquiry_type type;
} types[] = {
        { 16, INQUIRY_BOOL },    { 20, INQUIRY_NUMBER },  { 21, INQUIRY_NUMBER },   { 23, INQUIRY_NUMBER },
        { 700, INQUIRY_NUMBER }, { 701, INQUIRY_NUMBER }, { 1700, INQUIRY_NUMBER }, { 1184, INQUIRY_TIME },
        { 114, INQUIRY_JSON },   { 3802, INQUIRY_JSON },  { 1009, INQUIRY_ARRAY },  { 1015, INQUIRY_ARRAY },
        { 1016, INQUIRY_ARRAY },
};

static enum inquiry_type type_of(uint32_t oid) {
        for (size_t i = 0; i < sizeof types / sizeof *types; i++)
                if (types[i].oid == oid)
                        return types[i].type;
        return INQUIRY_TEXT;
}

/* --- opening --- */

static int settings(struct inquiry *i, const struct inquiry_options *o, const char **ret_error) {
        int64_t timeout = o->timeout ? o->timeout : INQUIRY_TIMEOUT;
        const char *values[] = { o->timezone ? o->timezone : "UTC", o->person ? o->person : "" };
        char sql[256];
        int e;

        wire_set_wait(i->wire, timeout + GRACE);
        /* writing: reading may be recorded; jit: compiling a plan over many partitions takes longer than running it */
        (void)snprintf(sql, sizeof sql,
                       "SET statement_timeout = %lld; SET default_transaction_read_only = off; SET jit = off; "
                       "SET DateStyle = ISO; SET IntervalStyle = postgres",
                       (long long)(timeout / WW_MSEC));
        e = wire_exec(i->wire, sql);
        if (!e)
                e = wire_exec_params(
                        i->wire, "SELECT set_config('TimeZone', $1, false), set_config('wardwatch.person', $2, false)",
                        values, 2);
        if (e > 0) {
                static _Thread_local struct wire_error error;

                error = *wire_error(i->wire);
                *ret_error = error.text;
                e = e == WIRE_E_DATA ? INQUIRY_E_VALUE : INQUIRY_E_DOWN;
        }
        return e;
}

int inquiry_open(struct inquiry **ret, const struct inquiry_options *options, const char **ret_error) {
        static _Thread_local struct wire_error error;
        _cleanup_(inquiry_freep) struct inquiry *i = calloc(1, sizeof *i);
        int e;

        if (!i)
                return -ENOMEM;
        e = wire_connect_reader(&i->wire, options->url, options->password, &error);
        *ret_error = error.text;
        if (e)
                return e < 0 ? e : INQUIRY_E_DOWN;
        i->cancel = wire_cancel_new(i->wire);
        if (!i->cancel)
                return -ENOMEM;
        e = settings(i, options, ret_error);
        if (e)
                return e;
        *ret = i;
        i = NULL;
        return 0;
}

struct inquiry *inquiry_free(struct inquiry *i) {
        if (i) {
                wire_cancel_free(i->cancel);
                wire_free(i->wire);
                free(i);
        }
        return NULL;
}

void inquiry_cancel(struct inquiry *i) {
        wire_cancel(i->cancel);
}

const char *inquiry_error(const struct inquiry *i) {
        return i->error;
}

const char *inquiry_cure(const struct inquiry *i) {
        return i->cure;
}

/* --- asking --- */

static int told_columns(struct inquiry *i, const struct pg_result *result) {
        i->n = wire_result_columns(result);
        if (i->n > INQUIRY_COLUMNS_MAX)
                return -EOVERFLOW;
        for (size_t c = 0; c < i->n; c++)
                i->columns[c] = (struct inquiry_column){ wire_result_name(result, c),
                                                         type_of(wire_result_type(result, c)) };
        i->told = true;
        return i->sink->columns && i->sink->columns(i->sink->userdata, i->columns, i->n) ? STOPPED : 0;
}

static int take_row(void *userdata, const struct pg_result *result) {
        struct inquiry *i = userdata;
        const char *values[INQUIRY_COLUMNS_MAX];
        int e = i->told ? 0 : told_columns(i, result);

        if (e || wire_result_rows(result) == 0)
                return e;
        for (size_t c = 0; c < i->n; c++)
                values[c] = wire_result_value(result, 0, c);
        return i->sink->row(i->sink->userdata, values, i->n) ? STOPPED : 0;
}

static int failed(struct inquiry *i, int code, const char *cure, const char *text) {
        (void)snprintf(i->error, sizeof i->error, "%s", text);
        i->cure = cure;
        return code;
}

static int wire_failed(struct inquiry *i, int e) {
        const struct wire_error *error = wire_error(i->wire);

        if (e == WIRE_E_DATA)
                return failed(i, INQUIRY_E_VALUE, "times are 2026-01-31T22:00Z, yesterday or 8h; numbers are whole",
                              error->text);
        if (e == WIRE_E_RETRY)
                return failed(i, INQUIRY_E_TIMEOUT, "ask for less time, or give it a longer --timeout", error->text);
        return failed(i, INQUIRY_E_DOWN,
                      strncmp(error->sqlstate, "42", 2) == 0
                              ? "run `wardwatch migrate`, and give the role the rights of a reader"
                              : "the log of the database says more",
                      error->text);
}

/* "8h" as an interval, so long before `to`. */
static bool from_span(const char *from, char out[static SPAN_TEXT]) {
        int64_t span;

        if (!from || span_parse(ww_str(from), &span) != 0)
                return false;
        (void)snprintf(out, SPAN_TEXT, "%lld microseconds", (long long)span);
        return true;
}

/* "8h" as the instant so long ago. */
static bool instant_ago(const char *text, char out[static SPAN_TEXT]) {
        int64_t span;

        if (!text || span_parse(ww_str(text), &span) != 0)
                return false;
        instant_format(clock_wall() - span, out);
        return true;
}

static int missing_value(struct inquiry *i, const struct question_param_row *row) {
        char text[64];

        (void)snprintf(text, sizeof text, "the question needs --%s", row->name);
        return failed(i, INQUIRY_E_VALUE, row->help, text);
}

int inquiry_ask(struct inquiry *i, const struct question *q, const char *const values[QUESTION_PARAMS],
                const struct inquiry_sink *sink) {
        _cleanup_buf_ struct buf sql = BUF_INIT;
        const char *given[QUESTION_PARAMS], *placed[QUESTION_PARAMS];
        static const enum question_param instants[] = { QUESTION_TO, QUESTION_AT };
        char ago[2][SPAN_TEXT];
        struct question asked = *q;
        enum question_param missing = QUESTION_PARAMS;
        char span[SPAN_TEXT];
        size_t n;
        int e;

        memcpy(given, values, sizeof given);
        if (from_span(values[QUESTION_FROM], span)) {
                asked.span = span;
                given[QUESTION_FROM] = NULL;
        }
        for (size_t k = 0; k < sizeof instants / sizeof *instants; k++)
                if (instant_ago(values[instants[k]], ago[k]))
                        given[instants[k]] = ago[k];
        e = question_compose(&asked, given, &sql, placed, &n, &missing);
        if (e == QUESTION_E_MISSING)
                return missing_value(i, &question_params[missing]);
        if (e)
                return e;
        i->sink = sink;
        i->told = false;
        e = wire_stream(i->wire, (const char *)sql.p, placed, n, take_row, i);
        if (e == STOPPED)
                return INQUIRY_E_SINK;
        return e > 0 ? wire_failed(i, e) : e;
}
