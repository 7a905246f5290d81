/*
 * `wardwatch sensors unknown`: messages that no type explains, counted by topic and reason. What is asked is not what
 * the daemon thought when they came, but what the types make of them as they stand now: a message disappears from here
 * once a type explains it.
 */
#include "command/plain.h"
#include "command/sensors.h"

#include "base/span.h"
#include "journal/record_json.h"

#include <stdio.h>

#define GROUPS_MAX 10000 /* a device that makes up topics must not take all memory */
#define LIMIT      20
#define PAYLOAD    4096 /* bytes of a sample that are kept */

enum { LIMIT_N = SENSORS_OWN };

static const struct command_option unknown_options[] = {
        SENSORS_SOURCE_OPTIONS,
        [LIMIT_N] = { "--limit", 'n', "N", "so many topics, those with the most messages; default 20" },
        { 0 },
};

struct unknown {
        struct sensors s;
        json_t *groups; /* by topic and reason */
        uint64_t messages, unexplained, left_out;
};

static json_t *group_new(const struct sensors_message *m, struct ww_str topic) {
        const struct ww_input *input = m->input;
        struct ww_str payload = { input->payload.p, input->payload.n < PAYLOAD ? input->payload.n : PAYLOAD };

        return json_pack("{s:o, s:s, s:o, s:o, s:I, s:o, s:{s:o, s:o, s:b}}", "topic", record_json_str(topic), "reason",
                         m->reason, "sensor", record_json_str(m->sensor), "detail", record_json_str(m->detail), "count",
                         (json_int_t)0, "first", record_json_time(input->time), "sample", "topic",
                         record_json_str(input->topic), "payload", record_json_str(payload), "retained",
                         (input->flags & WW_INPUT_RETAINED) != 0);
}

static json_t *group_of(struct unknown *u, const struct sensors_message *m) {
        _cleanup_buf_ struct buf key = BUF_INIT;
        json_t *group;
        size_t n;

        sensors_topic_fold(m->input->topic, &key);
        n = key.n;
        buf_printf(&key, "\n%s\n%.*s", m->reason, WW_STR_ARG(m->sensor));
        if (key.error)
                return NULL;
        group = json_object_getn(u->groups, (const char *)key.p, key.n);
        if (group || json_object_size(u->groups) >= GROUPS_MAX)
                return group;
        group = group_new(m, (struct ww_str){ (const char *)key.p, n });
        (void)json_object_setn_new_nocheck(u->groups, (const char *)key.p, key.n, group);
        return group;
}

static int on_message(void *userdata, const struct sensors_message *m) {
        struct unknown *u = userdata;
        json_t *group;

        u->messages++;
        if (!m->reason)
                return 0;
        u->unexplained++;
        group = group_of(u, m);
        if (!group) {
                u->left_out++;
                return 0;
        }
        (void)json_object_set_new(group, "count",
                                  json_integer(json_integer_value(json_object_get(group, "count")) + 1));
        (void)json_object_set_new(group, "last", record_json_time(m->input->time));
        return 0;
}

/* ---- shown ---- */

static json_int_t count_of(const json_t *group) {
        return json_integer_value(json_object_get(group, "count"));
}

static int by_count(const void *a, const void *b) {
        const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;

        if (count_of(x) != count_of(y))
                return count_of(x) < count_of(y) ? 1 : -1;
        return strcmp(json_string_value(json_object_get(x, "topic")), json_string_value(json_object_get(y, "topic")));
}

static json_t *sorted(const struct unknown *u) {
        size_t n = json_object_size(u->groups), i = 0;
        _cleanup_free_ json_t **items = calloc(n + 1, sizeof *items);
        json_t *all = json_array(), *group;
        const char *key;

        if (!items || !all)
                return all;
        json_object_foreach(u->groups, key, group) items[i++] = group;
        qsort(items, n, sizeof *items, by_count);
        for (i = 0; i < n; i++)
                (void)json_array_append(all, items[i]);
        return all;
}

static void put_json_text(const json_t *value, size_t max) {
        _cleanup_free_ char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_COMPACT);

        if (json_is_string(value))
                sensors_put((struct ww_str){ json_string_value(value), json_string_length(value) }, max);
        else if (text)
                sensors_put(ww_str(text), max);
}

static void put_group(const json_t *g) {
        const json_t *sample = json_object_get(g, "sample");

        (void)printf("%8" JSON_INTEGER_FORMAT "  ", count_of(g));
        put_json_text(json_object_get(g, "topic"), 200);
        (void)printf("\n          %s: ", json_string_value(json_object_get(g, "reason")));
        put_json_text(json_object_get(g, "detail"), 300);
        (void)printf("\n          %.19sZ to %.19sZ\n          ", json_string_value(json_object_get(g, "first")),
                     json_string_value(json_object_get(g, "last")));
        put_json_text(json_object_get(sample, "topic"), 200);
        (void)putchar(' ');
        put_json_text(json_object_get(sample, "payload"), 300);
        (void)putchar('\n');
}

static int put_all(const struct unknown *u, size_t limit) {
        json_t *all = sorted(u);
        size_t n = json_array_size(all);

        while (json_array_size(all) > limit)
                (void)json_array_remove(all, json_array_size(all) - 1);
        if (u->s.args->json)
                return command_put_json(json_pack("{s:I, s:I, s:I, s:o}", "messages", (json_int_t)u->messages,
                                                  "unexplained", (json_int_t)u->unexplained, "topics", (json_int_t)n,
                                                  "unknown", all),
                                        JSON_COMPACT)
                               ? 1
                               : 0;
        for (size_t i = 0; i < json_array_size(all); i++)
                put_group(json_array_get(all, i));
        (void)printf("%s%llu of %llu messages are not explained", n ? "\n" : "", (unsigned long long)u->unexplained,
                     (unsigned long long)u->messages);
        if (n)
                (void)printf(", on %zu kind%s of topics%s", n, n == 1 ? "" : "s",
                             u->left_out ? ", those beyond 10000 not counted" : "");
        (void)printf("%s\n", n > limit ? "; --limit shows more" : "");
        json_decref(all);
        return fflush(stdout) == EOF;
}

/* ---- the command ---- */

static int unknown_run(const struct command_args *args) {
        struct unknown u = { .groups = json_object() };
        const struct sensors_watch watch = { .userdata = &u, .message = on_message };
        const char *text = args->values[LIMIT_N];
        char *end = NULL;
        unsigned long limit = text ? strtoul(text, &end, 10) : LIMIT;
        int r;

        if (args->argc > 1)
                r = sensors_usage("unknown", "one source at a time", "join the files: they are lines");
        else if (text && (*end || !limit || text[0] == '-'))
                r = sensors_usage("unknown", "--limit takes a number", "--limit 50");
        else
                r = sensors_open(&u.s, "unknown", args);
        if (r) {
                json_decref(u.groups);
                return r;
        }
        r = u.groups ? sensors_play(&u.s, args->argc ? args->argv[0] : NULL, &watch) : 1;
        if (!r)
                r = put_all(&u, limit);
        json_decref(u.groups);
        sensors_close(&u.s);
        return r;
}

const struct command command_sensors_unknown = {
        .name = "sensors unknown",
        .synopsis = "sensors unknown [FILE|-] [--limit N] [--from TIME] [--to TIME] [--json]",
        .help = "topics whose messages no type explains, with reason, times and a sample",
        .text = "Reads the daemon's journal where it may be read, else the history in PostgreSQL, or FILE: JSON lines, "
                "or "
                "what `mosquitto_sub -v` writes. Each message goes through the types as they stand in the files now, "
                "so that a topic is gone once a type explains it. Numbers and ids in topics are folded: {n}, {id}. "
                "Messages that the broker never hands to the daemon are not here: see `sensors listen`.",
        .options = unknown_options,
        .run = unknown_run,
};
