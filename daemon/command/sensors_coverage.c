/* `wardwatch sensors coverage FILE`: a whole recording, or a corpus, and what the types make of it. */
#include "command/plain.h"
#include "command/sensors.h"

#include "journal/record_json.h"

#include <stdio.h>

#define UNDECODED_MAX 10000 /* that are shown; the others are counted */

enum { STRICT = SENSORS_OWN };

static const struct command_option coverage_options[] = {
        SENSORS_SOURCE_OPTIONS,
        [STRICT] = { "--strict", 0, NULL, "exit code 1 if a message is not understood" },
        { 0 },
};

struct coverage {
        struct sensors s;
        json_t *messages; /* "sensor message" → counts, with what came of it by kind */
        json_t *kinds;    /* of the message in hand */
        json_t *undecoded;
        uint64_t n, told, silent, ignored, events, not_understood;
};

static void count(json_t *object, const char *name, json_int_t by) {
        (void)json_object_set_new(object, name, json_integer(json_integer_value(json_object_get(object, name)) + by));
}

static int on_event(void *userdata, const struct ww_event *e) {
        struct coverage *c = userdata;
        _cleanup_free_ char *kind = ww_str_copy(e->kind);

        if (!kind)
                return -ENOMEM;
        count(c->kinds, kind, 1);
        c->events++;
        return 0;
}

static json_t *row_of(struct coverage *c, const struct sensors_message *m) {
        _cleanup_buf_ struct buf key = BUF_INIT;
        json_t *row;

        buf_printf(&key, "%.*s %.*s", WW_STR_ARG(m->sensor), WW_STR_ARG(m->message));
        row = json_object_getn(c->messages, (const char *)key.p, key.n);
        if (row)
                return row;
        row = json_pack("{s:o, s:o, s:i, s:i, s:i, s:i, s:{}}", "sensor", record_json_str(m->sensor), "message",
                        record_json_str(m->message), "messages", 0, "events", 0, "ignored", 0, "nothing_new", 0,
                        "kinds");
        (void)json_object_setn_new(c->messages, (const char *)key.p, key.n, row);
        return row;
}

static int tell_undecoded(struct coverage *c, const struct sensors_message *m) {
        if (c->not_understood++ >= UNDECODED_MAX)
                return 0;
        return json_array_append_new(c->undecoded,
                                     json_pack("{s:I, s:o, s:s, s:o, s:o, s:o}", "line", (json_int_t)m->input->seq,
                                               "topic", record_json_str(m->input->topic), "reason", m->reason, "sensor",
                                               record_json_str(m->sensor), "detail", record_json_str(m->detail),
                                               "payload", record_json_str(m->input->payload)))
                       ? -ENOMEM
                       : 0;
}

static int tell_row(struct coverage *c, const struct sensors_message *m) {
        json_t *row = row_of(c, m), *kind;
        const char *name;

        c->ignored += m->ignored;
        c->told += m->events > 0;
        c->silent += !m->ignored && !m->events;
        count(row, "messages", 1);
        count(row, "events", (json_int_t)m->events);
        count(row, "ignored", m->ignored);
        count(row, "nothing_new", !m->ignored && !m->events);
        json_object_foreach(c->kinds, name, kind) count(json_object_get(row, "kinds"), name, json_integer_value(kind));
        return 0;
}

static int on_message(void *userdata, const struct sensors_message *m) {
        struct coverage *c = userdata;
        int r;

        c->n++;
        r = m->reason ? tell_undecoded(c, m) : tell_row(c, m);
        (void)json_object_clear(c->kinds);
        return r;
}

/* ---- shown ---- */

static const char *text_of(const json_t *o, const char *name) {
        const char *text = json_string_value(json_object_get(o, name));

        return text ? text : "";
}

static void put_row(const json_t *row) {
        const char *kind;
        json_t *n;
        json_int_t ignored = json_integer_value(json_object_get(row, "ignored"));
        json_int_t silent = json_integer_value(json_object_get(row, "nothing_new"));

        (void)printf("%7" JSON_INTEGER_FORMAT "  ", json_integer_value(json_object_get(row, "messages")));
        plain_put(text_of(row, "sensor"));
        (void)putchar(' ');
        plain_put(text_of(row, "message"));
        (void)putchar(':');
        json_object_foreach(json_object_get(row, "kinds"), kind, n)(void)
                printf(" %s %" JSON_INTEGER_FORMAT, kind, json_integer_value(n));
        if (ignored)
                (void)printf(" ignored %" JSON_INTEGER_FORMAT, ignored);
        if (silent)
                (void)printf(" nothing new %" JSON_INTEGER_FORMAT, silent);
        (void)putchar('\n');
}

static void put_undecoded(const struct coverage *c) {
        const json_t *u;
        size_t i;

        json_array_foreach(c->undecoded, i, u) {
                const json_t *payload = json_object_get(u, "payload");
                _cleanup_free_ char *bytes = json_is_string(payload) ? NULL : json_dumps(payload, JSON_COMPACT);

                (void)printf("%s%7" JSON_INTEGER_FORMAT "  ", i ? "" : "\nnot understood, by line\n",
                             json_integer_value(json_object_get(u, "line")));
                sensors_put(ww_str(text_of(u, "topic")), 200);
                (void)putchar(' ');
                sensors_put(ww_str(bytes ? bytes : text_of(u, "payload")), 120);
                (void)printf("\n         %s: ", text_of(u, "reason"));
                plain_put(text_of(u, "detail"));
                (void)putchar('\n');
        }
}

static int put_all(struct coverage *c) {
        json_t *rows = json_array(), *row;
        const char *key;

        json_object_foreach(c->messages, key, row)(void) json_array_append(rows, row);
        if (c->s.args->json)
                return command_put_json(
                               json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:O}", "messages", (json_int_t)c->n,
                                         "told", (json_int_t)c->told, "nothing_new", (json_int_t)c->silent, "ignored",
                                         (json_int_t)c->ignored, "events", (json_int_t)c->events, "not_understood",
                                         (json_int_t)c->not_understood, "types", rows, "undecoded", c->undecoded),
                               JSON_COMPACT)
                               ? 1
                               : 0;
        for (size_t i = 0; i < json_array_size(rows); i++)
                put_row(json_array_get(rows, i));
        json_decref(rows);
        put_undecoded(c);
        (void)printf("%s%llu messages: %llu with events (%llu), %llu with nothing new, %llu ignored, %zu not "
                     "understood\n",
                     c->n ? "\n" : "", (unsigned long long)c->n, (unsigned long long)c->told,
                     (unsigned long long)c->events, (unsigned long long)c->silent, (unsigned long long)c->ignored,
                     (size_t)c->not_understood);
        return fflush(stdout) == EOF;
}

/* ---- the command ---- */

static int coverage_play(struct coverage *c, const struct command_args *args) {
        const struct sensors_watch watch = { .userdata = c, .event = on_event, .message = on_message };
        int r = sensors_play(&c->s, args->argc ? args->argv[0] : NULL, &watch);

        if (!r)
                r = put_all(c);
        return r ? r : args->values[STRICT] && c->not_understood ? 1 : 0;
}

static int coverage_run(const struct command_args *args) {
        struct coverage c = { .n = 0 };
        int r;

        if (args->argc > 1)
                return sensors_usage("coverage", "one source at a time", "join the files: they are lines");
        r = sensors_open(&c.s, "coverage", args);
        if (r)
                return r;
        c.messages = json_object();
        c.kinds = json_object();
        c.undecoded = json_array();
        r = c.messages && c.kinds && c.undecoded ? coverage_play(&c, args) : 1;
        json_decref(c.messages);
        json_decref(c.kinds);
        json_decref(c.undecoded);
        sensors_close(&c.s);
        return r;
}

const struct command command_sensors_coverage = {
        .name = "sensors coverage",
        .synopsis = "sensors coverage [FILE|-] [--strict] [--from TIME] [--to TIME] [--json]",
        .help = "what the types make of a whole recording, and what they do not understand",
        .text = "FILE holds JSON lines with `topic` and `payload` (or `payload_base64`) and, where it matters, "
                "`retained` "
                "and `time`; other words are passed over, so that a corpus may carry its own. Or it is what "
                "`mosquitto_sub -v` or `wardwatch journal dump --json` writes. Without FILE: the daemon's journal, or "
                "the history in PostgreSQL. Counts, for each message of each type, what came of it by kind; then every "
                "message that is not understood, with line and reason. Exit code 1 with --strict if there is one.",
        .options = coverage_options,
        .run = coverage_run,
};
