/*
 * `wardwatch sensors try`: one message, and all that the types make of it: which message of which type it is and why
 * not the others, each field of each event with the place it came from, and what was not told, with the reason.
 *
 * Sayings come while the message is decoded; they are kept as JSON and shown behind it, whichever form is wanted.
 */
#include "command/plain.h"
#include "command/replay_command.h"
#include "command/sensors.h"

#include "base/clock.h"
#include "config/file.h"
#include "decode/type.h"
#include "journal/record_json.h"

#include <sodium.h>
#include <stdio.h>

#define PAYLOAD_MAX (4 * 1024 * 1024)

enum { RETAINED, AT, HEX, BASE64, FILE_NAME };

static const struct command_option try_options[] = {
        [RETAINED] = { "--retained", 0, NULL, "the broker had kept it" },
        [AT] = { "--at", 0, "TIME", "when it came: RFC 3339, or a span ago (2h); default now" },
        [HEX] = { "--hex", 0, NULL, "the payload is written as hex digits" },
        [BASE64] = { "--base64", 0, NULL, "the payload is written in base64" },
        [FILE_NAME] = { "--file", 0, "FILE", "the payload is this file, to the byte; instead of the second word" },
        { 0 },
};

struct trial {
        struct sensors s;
        json_t *result; /* what is shown */
        json_t *candidates, *events, *silent;
        json_t *event; /* the sink has just had it; its entry follows */
};

/* ---- what came ---- */

static json_t *str(struct ww_str s) {
        return s.p ? record_json_str(s) : json_null();
}

static json_t *origins_of(const struct decode_saying *s) {
        json_t *all = json_array();

        for (size_t i = 0; i < s->n_origins; i++) {
                const struct decode_origin *o = &s->origins[i];

                if (!o->path.n && !o->result.p)
                        continue;
                (void)json_array_append_new(all, json_pack("{s:o, s:o, s:o, s:o, s:o}", "field", str(o->field), "path",
                                                           str(o->path), "found", str(o->found), "how", str(o->how),
                                                           "result", str(o->result)));
        }
        return all;
}

static void say_candidate(struct trial *t, const struct decode_saying *s) {
        (void)json_array_append_new(t->candidates, json_pack("{s:b, s:o, s:o, s:o, s:I, s:o, s:o}", "taken", s->good,
                                                             "sensor", str(s->sensor), "message", str(s->message),
                                                             "file", str(s->pos.file), "line", (json_int_t)s->pos.line,
                                                             "topic", str(s->topic), "why", str(s->why)));
}

static void say_silent(struct trial *t, const struct decode_saying *s) {
        bool entry = s->type == DECODE_SAYS_ENTRY;

        (void)json_array_append_new(t->silent, json_pack("{s:o, s:o, s:o, s:o}", entry ? "kind" : "element",
                                                         entry ? str(s->family) : str(s->device), "device",
                                                         entry ? str(s->device) : json_null(), "why", str(s->why),
                                                         "origins", origins_of(s)));
}

static void on_saying(void *userdata, const struct decode_saying *s) {
        struct trial *t = userdata;

        if (s->type == DECODE_SAYS_CANDIDATE)
                say_candidate(t, s);
        else if (!s->good)
                say_silent(t, s);
        else if (t->event)
                (void)json_object_set_new(t->event, "origins", origins_of(s));
        t->event = NULL;
}

static int on_event(void *userdata, const struct ww_event *e) {
        struct trial *t = userdata;

        t->event = json_pack("{s:o}", "event", record_json_event(e));
        return t->event && json_array_append_new(t->events, t->event) == 0 ? 0 : -ENOMEM;
}

static int on_message(void *userdata, const struct sensors_message *m) {
        struct trial *t = userdata;

        t->result = json_pack("{s:o, s:b, s:b, s:s*, s:o*, s:O, s:O, s:O}", "topic", str(m->input->topic), "understood",
                              m->reason == NULL, "ignored", m->ignored, "reason", m->reason, "detail",
                              m->reason ? str(m->detail) : NULL, "candidates", t->candidates, "events", t->events,
                              "not_told", t->silent);
        return t->result ? 0 : -ENOMEM;
}

/* ---- shown ---- */

static const char *text_of(const json_t *o, const char *name) {
        const char *text = json_string_value(json_object_get(o, name));

        return text ? text : "";
}

static void put_place(const json_t *c) {
        plain_put(text_of(c, "sensor"));
        (void)fputs(", message `", stdout);
        plain_put(text_of(c, "message"));
        (void)printf("` (%s:%" JSON_INTEGER_FORMAT "), topic %s", text_of(c, "file"),
                     json_integer_value(json_object_get(c, "line")), text_of(c, "topic"));
}

static void put_candidates(const json_t *all, bool taken) {
        const json_t *c;
        size_t i;
        bool any = false;

        json_array_foreach(all, i, c) {
                if (json_is_true(json_object_get(c, "taken")) != taken)
                        continue;
                if (!any)
                        (void)fputs(taken ? "taken by\n" : "not by\n", stdout);
                any = true;
                (void)fputs("  ", stdout);
                put_place(c);
                if (!taken) {
                        (void)fputs("\n    ", stdout);
                        plain_put(text_of(c, "why"));
                }
                (void)putchar('\n');
        }
}

static void put_origin(const json_t *o) {
        const json_t *result = json_object_get(o, "result");
        const char *path = text_of(o, "path"), *how = text_of(o, "how");

        (void)fputs("    ", stdout);
        plain_put_column(text_of(o, "field"), 12);
        plain_put_column(json_is_string(result) ? json_string_value(result) : "–", 28);
        (void)fputs("  ", stdout);
        if (*path) {
                plain_put(path);
                (void)fputs(" is ", stdout);
                plain_put(json_is_string(json_object_get(o, "found")) ? text_of(o, "found") : "not there");
        } else if (!*how) {
                (void)fputs("fixed", stdout);
        }
        if (*how) {
                (void)fputs(*path ? "; " : "", stdout);
                plain_put(how);
        }
        (void)putchar('\n');
}

static void put_asset(const json_t *event) {
        const char *asset = text_of(event, "asset"), *zone = text_of(event, "zone");

        (void)printf("    %-12s", "asset");
        if (*asset) {
                plain_put(asset);
                (void)fputs(*zone ? ", zone " : ", in no zone", stdout);
                plain_put(zone);
        } else {
                (void)fputs("none: the site has none with `device: ", stdout);
                plain_put(text_of(event, "device"));
                (void)fputs("`", stdout);
        }
        (void)putchar('\n');
}

static void put_value(const json_t *event) {
        const json_t *value = json_object_get(event, "value");

        if (json_is_number(value))
                (void)printf(" = %.15g", json_number_value(value));
        else if (json_is_string(value)) {
                (void)fputs(" = ", stdout);
                plain_put(json_string_value(value));
        }
        if (*text_of(event, "unit")) {
                (void)putchar(' ');
                plain_put(text_of(event, "unit"));
        }
}

static void put_event(const json_t *item) {
        const json_t *event = json_object_get(item, "event"), *o, *flag;
        size_t i;

        (void)fputs("\n  ", stdout);
        plain_put(text_of(event, "kind"));
        (void)fputs(" of ", stdout);
        plain_put(text_of(event, "device"));
        put_value(event);
        json_array_foreach(json_object_get(event, "flags"), i, flag)(void)
                printf("%s%s", i ? ", " : "  [", json_string_value(flag));
        (void)fputs(i ? "]\n" : "\n", stdout);
        json_array_foreach(json_object_get(item, "origins"), i, o) put_origin(o);
        if (!json_object_get(item, "origins"))
                (void)printf(
                        "    told by itself: the site supervises this asset, and a live message is a sign of life\n");
        put_asset(event);
}

static void put_silent(const json_t *all) {
        const json_t *s;
        size_t i;

        json_array_foreach(all, i, s) {
                (void)fputs(i ? "  " : "\nnot told\n  ", stdout);
                plain_put(json_object_get(s, "kind") ? text_of(s, "kind") : text_of(s, "element"));
                (void)fputs(": ", stdout);
                plain_put(text_of(s, "why"));
                (void)putchar('\n');
        }
}

static bool is_taken(const json_t *candidates) {
        const json_t *c;
        size_t i;

        json_array_foreach(candidates, i, c) {
                if (json_is_true(json_object_get(c, "taken")))
                        return true;
        }
        return false;
}

static void put_outcome(const json_t *result) {
        if (json_is_true(json_object_get(result, "ignored")))
                (void)printf("\nno event: the message is known, and `ignore: true`\n");
        else if (!json_is_true(json_object_get(result, "understood"))) {
                (void)printf("%s%s: ", is_taken(json_object_get(result, "candidates")) ? "\n" : "",
                             text_of(result, "reason"));
                plain_put(text_of(result, "detail"));
                (void)putchar('\n');
        } else if (!json_array_size(json_object_get(result, "events")) &&
                   !json_array_size(json_object_get(result, "not_told"))) {
                (void)printf("\nno event: `for_each` has no element\n");
        }
}

static void put_text(const json_t *result) {
        const json_t *candidates = json_object_get(result, "candidates"), *events, *item;
        size_t i;

        events = json_object_get(result, "events");
        put_candidates(candidates, true);
        json_array_foreach(events, i, item) put_event(item);
        put_silent(json_object_get(result, "not_told"));
        put_outcome(result);
        if (json_array_size(candidates) > 1 || !json_is_true(json_object_get(result, "understood")))
                (void)putchar('\n');
        put_candidates(candidates, false);
}

/* ---- the payload ---- */

static int bad_payload(const char *what, const char *cure) {
        return sensors_usage("try", what, cure);
}

static int payload_decode(struct buf *payload, bool hex) {
        size_t room = payload->n + 1, n = 0;
        _cleanup_free_ unsigned char *to = malloc(room);
        const char *from = (const char *)payload->p;
        int bad;

        if (!to)
                return 1;
        while (payload->n && strchr(hex ? " \r\n" : "= \r\n", from[payload->n - 1]))
                payload->n--;
        bad = hex ? sodium_hex2bin(to, room, from, payload->n, ": ", &n, NULL)
                  : sodium_base642bin(to, room, from, payload->n, "\r\n", &n, NULL,
                                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
        if (bad || (hex && n * 2 > payload->n))
                return bad_payload(hex ? "the payload is no hex" : "the payload is no base64",
                                   hex ? "two digits a byte: 01 75 64, or 017564" : "as ChirpStack writes it: AXVk");
        buf_reset(payload);
        buf_put(payload, to, n);
        return payload->error ? 1 : 0;
}

static int payload_stdin(struct buf *payload) {
        char bytes[65536];
        size_t n;

        while ((n = fread(bytes, 1, sizeof bytes, stdin)) > 0 && payload->n <= PAYLOAD_MAX)
                buf_put(payload, bytes, n);
        return payload->n > PAYLOAD_MAX ? bad_payload("a payload of more than 4 MiB", "is it one message?") : 0;
}

static int payload_file(const char *name, struct buf *payload) {
        _cleanup_free_ char *text = NULL;
        size_t n;
        int r = file_read(name, PAYLOAD_MAX, &text, &n);

        if (r) {
                (void)fprintf(stderr, "wardwatch sensors try: %s: %s\n  help: name the file that holds the payload\n",
                              name, strerror(-r));
                return 1;
        }
        buf_put(payload, text, n);
        return 0;
}

static int payload_read(const struct command_args *args, struct buf *payload) {
        bool hex = args->values[HEX], base64 = args->values[BASE64];
        int r = 0;

        if (hex && base64)
                return bad_payload("--hex and --base64", "give one of them");
        if (args->values[FILE_NAME])
                r = payload_file(args->values[FILE_NAME], payload);
        else if (strcmp(args->argv[1], "-") == 0)
                r = payload_stdin(payload);
        else
                buf_puts(payload, args->argv[1]);
        return r || !(hex || base64) ? r : payload_decode(payload, hex);
}

/* ---- the command ---- */

static int play(struct trial *t, const struct ww_input *input) {
        const struct sensors_watch watch = { t, on_event, on_saying, on_message };
        _cleanup_(sensors_player_freep) struct sensors_player *p = NULL;
        int r = sensors_player_new(&p, t->s.rules, &watch);

        t->candidates = json_array();
        t->events = json_array();
        t->silent = json_array();
        if (!r)
                r = t->candidates && t->events && t->silent ? sensors_player_take(p, input) : -ENOMEM;
        if (r)
                return sensors_exit("try", r);
        if (t->s.args->json)
                return command_put_json(json_incref(t->result), JSON_COMPACT) ? 1 : 0;
        put_text(t->result);
        return fflush(stdout) == EOF;
}

static int try_payload(const struct command_args *args, struct ww_str payload, int64_t at) {
        struct trial t = { .result = NULL };
        const struct ww_input input = {
                .seq = 1,
                .type = WW_INPUT_MESSAGE,
                .flags = args->values[RETAINED] ? WW_INPUT_RETAINED : 0,
                .time = at,
                .received = at,
                .topic = ww_str(args->argv[0]),
                .payload = payload,
        };
        int r = sensors_open(&t.s, "try", args);

        if (r)
                return r;
        r = play(&t, &input);
        json_decref(t.result);
        json_decref(t.candidates);
        json_decref(t.events);
        json_decref(t.silent);
        sensors_close(&t.s);
        return r;
}

static int try_run(const struct command_args *args) {
        bool file = args->values[FILE_NAME];
        _cleanup_buf_ struct buf payload = BUF_INIT;
        int64_t at;
        int r;

        if (args->argc != (file ? 1 : 2))
                return sensors_usage("try", "give a topic and a payload",
                                     "wardwatch sensors try tags/gw-3/t1 '{\"event\":\"left\"}'; `-` reads the payload "
                                     "from standard input");
        if (replay_parse_time(args->values[AT], clock_wall(), &at))
                return sensors_usage("try", "--at takes a time", "2026-01-31T09:00:00Z, or a span ago: 2h");
        r = payload_read(args, &payload);
        return r ? r : try_payload(args, payload.n ? buf_str(&payload) : WW_STR(""), at);
}

const struct command command_sensors_try = {
        .name = "sensors try",
        .synopsis = "sensors try TOPIC PAYLOAD|- [--file FILE] [--hex|--base64] [--retained] [--at TIME] [--json]",
        .help = "what comes of one message, where each field came from, and why the others did not fit",
        .text = "Decodes the message with the configuration's types and site, as a fresh daemon would. It shows which "
                "message of which type took it; each event with the path of each field, what stood there and what was "
                "done with it; the asset and zone of the site; what an event's entry did not tell, and why; and every "
                "other message whose topic fits, with the guard or format that refused it. Exit code: 0, also if "
                "nothing came of it; 1 failed; 2 usage.",
        .options = try_options,
        .run = try_run,
};
