/* `wardwatch sensors list`: which types there are. */
#include "command/sensors.h"

#include "decode/type.h"

#include <stdio.h>

/* Topics of a type as they are written, each once. */
static json_t *topics_of(const struct type *type) {
        json_t *topics = json_array(), *seen = json_object();

        for (size_t i = 0; i < type->n_messages; i++)
                for (size_t k = 0; k < type->messages[i].n_topics; k++) {
                        struct ww_str text = type->messages[i].topics[k].patterns->written;

                        if (json_object_getn(seen, text.p, text.n))
                                continue;
                        (void)json_object_setn_new(seen, text.p, text.n, json_true());
                        (void)json_array_append_new(topics, json_stringn(text.p, text.n));
                }
        json_decref(seen);
        return topics;
}

static int put_json(const struct type *type) {
        return command_put_json(json_pack("{s:s%, s:s%, s:s%, s:s%, s:I, s:I, s:o}", "sensor", type->name.p,
                                          type->name.n, "version", type->sensor.p + type->name.n + 1,
                                          type->sensor.n - type->name.n - 1, "title",
                                          type->title.p ? type->title.p : "", type->title.n, "file", type->pos.file.p,
                                          type->pos.file.n, "line", (json_int_t)type->pos.line, "messages",
                                          (json_int_t)type->n_messages, "topics", topics_of(type)),
                                JSON_COMPACT);
}

static void put_text(const struct type *type) {
        json_t *topics = topics_of(type), *topic;
        size_t i;

        (void)printf("%-20.*s  %3zu message%s%s%.*s\n", WW_STR_ARG(type->sensor), type->n_messages,
                     type->n_messages == 1 ? "" : "s", type->title.n ? "  " : "", WW_STR_ARG(type->title));
        (void)printf("    %.*s:%u\n", WW_STR_ARG(type->pos.file), type->pos.line);
        json_array_foreach(topics, i, topic)(void) printf("    %s\n", json_string_value(topic));
        json_decref(topics);
}

static int list_run(const struct command_args *args) {
        struct sensors s;
        int r;

        if (args->argc)
                return sensors_usage("list", "it takes no word", "`wardwatch sensors show TYPE` shows one");
        r = sensors_open(&s, "list", args);
        if (r)
                return r;
        for (size_t i = 0; i < s.rules->types->n && !r; i++) {
                if (args->json)
                        r = put_json(&s.rules->types->types[i]) ? 1 : 0;
                else
                        put_text(&s.rules->types->types[i]);
        }
        sensors_close(&s);
        return r || fflush(stdout) == EOF ? 1 : 0;
}

const struct command command_sensors_list = {
        .name = "sensors list",
        .synopsis = "sensors list [--json]",
        .help = "the sensor types, with version, title, file and topics",
        .text = "One type after the other, in the order of the files; with --json one object a line.",
        .run = list_run,
};
