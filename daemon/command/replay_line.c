/*
 * The shapes that a recorded message may have; all are one JSON object a line.
 *
 *     {"topic": "bulk/d1", "payload": "{…}", "time": "2026-01-31T09:00:00Z", "retain": false, "dup": false}
 *     {"in": "input", "record": {"seq": 7, "type": "message", …}}        wardwatch journal dump --json
 *     {"seq": 7, "type": "message", "flags": ["retained"], …}            its record alone
 *     {"journal": 1, "seq": 7, "journal_time": "…", "payload": "\\x7b…"} a row of the table `message`, by row_to_json
 *
 * One table of names serves them all. Bytes that are no text are {"base64": "…"}, as everywhere in this program.
 */
#include "command/replay_line.h"

#include "base/span.h"

#include <sodium.h>

#define CURE_SHAPE "a line is one JSON object with `topic`, `payload` and `time`"

struct reader {
        const json_t *record;
        struct arena *arena;
        struct ww_input *input;
        struct replay_line *line;
        bool row; /* of the table */
};

static int bad(struct reader *r, const char *why, const char *cure) {
        r->line->why = why;
        r->line->cure = cure;
        return REPLAY_LINE_BAD;
}

/* the first of several names that is there */
static const json_t *member(const struct reader *r, const char *const *names) {
        const json_t *found = NULL;

        for (; *names && !found; names++)
                found = json_object_get(r->record, *names);
        return json_is_null(found) ? NULL : found;
}

#define MEMBER(r, ...) member((r), (const char *const[]){ __VA_ARGS__, NULL })

/* ---- bytes ---- */

static int bytes_of_base64(struct reader *r, struct ww_str text, struct ww_str *ret) {
        unsigned char *to = arena_alloc(r->arena, text.n / 4 * 3 + 3);
        size_t n;

        if (!to)
                return -ENOMEM;
        while (text.n && text.p[text.n - 1] == '=') /* not everybody writes them */
                text.n--;
        if (sodium_base642bin(to, text.n / 4 * 3 + 3, text.p, text.n, NULL, &n, NULL,
                              sodium_base64_VARIANT_ORIGINAL_NO_PADDING))
                return bad(r, "`base64` holds other signs than base64 has", "check how it was written");
        *ret = (struct ww_str){ (const char *)to, n };
        return 0;
}

int replay_line_unhex(struct ww_str text, struct arena *arena, struct ww_str *ret) {
        unsigned char *to;
        size_t n;

        if (text.n < 2 || memcmp(text.p, "\\x", 2) != 0)
                return -EBADMSG;
        to = arena_alloc(arena, text.n / 2);
        if (!to)
                return -ENOMEM;
        if (sodium_hex2bin(to, text.n / 2, text.p + 2, text.n - 2, NULL, &n, NULL))
                return -EBADMSG;
        *ret = (struct ww_str){ (const char *)to, n };
        return 0;
}

static int octal(const char *p) {
        for (int i = 0; i < 3; i++)
                if (p[i] < '0' || p[i] > '7')
                        return -1;
        return (p[0] - '0') << 6 | (p[1] - '0') << 3 | (p[2] - '0');
}

int replay_line_unescape(struct ww_str text, struct arena *arena, struct ww_str *ret) {
        char *to = text.n && memchr(text.p, '\\', text.n) ? arena_alloc(arena, text.n) : NULL;
        size_t n = 0;

        if (!text.n || !memchr(text.p, '\\', text.n)) {
                *ret = text;
                return 0;
        }
        if (!to)
                return -ENOMEM;
        for (size_t i = 0; i < text.n; i++) {
                int byte = -1;

                if (text.p[i] != '\\')
                        byte = (unsigned char)text.p[i];
                else if (i + 1 < text.n && text.p[i + 1] == '\\')
                        byte = (unsigned char)text.p[++i];
                else if (i + 3 < text.n && (byte = octal(text.p + i + 1)) >= 0)
                        i += 3;
                if (byte < 0 || byte > 255)
                        return -EBADMSG;
                to[n++] = (char)byte;
        }
        *ret = (struct ww_str){ to, n };
        return 0;
}

static struct ww_str text_of(const json_t *value) {
        return (struct ww_str){ json_string_value(value), json_string_length(value) };
}

/* A payload that was written as JSON, not as text, is its compact text. */
static int bytes_of_json(struct reader *r, const json_t *value, struct ww_str *ret) {
        char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

        if (!text)
                return -ENOMEM;
        *ret = arena_copy(r->arena, ww_str(text));
        free(text);
        return ret->p ? 0 : -ENOMEM;
}

static int bytes(struct reader *r, const json_t *value, struct ww_str *ret) {
        const json_t *base64 = json_object_get(value, "base64");

        *ret = WW_STR_NONE;
        if (!value)
                return 0;
        if (json_is_string(base64) && json_object_size(value) == 1)
                return bytes_of_base64(r, text_of(base64), ret);
        if (!json_is_string(value))
                return bytes_of_json(r, value, ret);
        *ret = text_of(value);
        return 0;
}

/* ---- what is not bytes ---- */

/* RFC 3339, or seconds since 1970 */
static int instant(struct reader *r, const json_t *value, int64_t *ret) {
        *ret = WW_TIME_NONE;
        if (!value)
                return 0;
        if (json_is_integer(value) && json_integer_value(value) >= 0 && json_integer_value(value) < INT64_C(1) << 40)
                *ret = json_integer_value(value) * WW_SECOND;
        else if (json_is_real(value) && json_real_value(value) >= 0 && json_real_value(value) < 1e12)
                *ret = (int64_t)(json_real_value(value) * (double)WW_SECOND + 0.5);
        else if (!json_is_string(value) || instant_parse(text_of(value), 0, ret))
                return bad(r, "the time is neither RFC 3339 text nor seconds since 1970",
                           "write it like 2026-01-31T09:00:00.250Z");
        return 0;
}

static bool flagged(const struct reader *r, const char *name) {
        const json_t *flags = json_object_get(r->record, "flags"), *flag;
        size_t i;

        json_array_foreach(flags, i, flag) {
                if (json_is_string(flag) && strcmp(json_string_value(flag), name) == 0)
                        return true;
        }
        return false;
}

static uint32_t flags_of(const struct reader *r) {
        const struct {
                uint32_t flag;
                const char *name, *members[4];
        } rows[] = {
                { WW_INPUT_RETAINED, "retained", { "retain", "retained" } },
                { WW_INPUT_DUP, "dup", { "dup", "duplicate" } },
                { WW_INPUT_SKIPPED, "skipped", { "skipped" } },
                { WW_INPUT_SIGNED, "signed", { "signed" } },
        };
        uint32_t flags = 0;

        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                const json_t *set = member(r, rows[i].members);

                if (json_is_true(set) || json_integer_value(set) || flagged(r, rows[i].name))
                        flags |= rows[i].flag;
        }
        return flags;
}

static int type_of(struct reader *r) {
        const char *name = json_string_value(json_object_get(r->record, "type"));

        r->input->type = WW_INPUT_MESSAGE;
        if (!name)
                return 0;
        for (enum ww_input_type type = WW_INPUT_MESSAGE; type <= WW_INPUT_NOTICE; type++)
                if (strcmp(name, ww_input_type_name(type)) == 0) {
                        r->input->type = type;
                        return 0;
                }
        return bad(r, "no such `type` of input", "message, command, time, reload or notice");
}

static void origin_of(struct reader *r) {
        const char *name = json_string_value(json_object_get(r->record, "origin"));

        r->input->origin = WW_ORIGIN_BULK;
        for (enum ww_origin o = WW_ORIGIN_ENGINE; name && o <= WW_ORIGIN_SOCKET; o++)
                if (strcmp(name, ww_origin_name(o)) == 0)
                        r->input->origin = o;
}

/* ---- the whole ---- */

static int times_of(struct reader *r) {
        int e = instant(r, MEMBER(r, "journal_time", "time", "received_at", "received"), &r->input->time);

        r->line->timed = r->input->time != WW_TIME_NONE;
        if (!e)
                e = instant(r, MEMBER(r, "received_at", "received", "time"), &r->input->received);
        return e;
}

/* A row has text in escape notation, and a payload in hex. */
static int row_of(struct reader *r, const json_t *payload) {
        int e = replay_line_unescape(r->input->topic, r->arena, &r->input->topic);

        if (!e && json_is_string(payload))
                e = replay_line_unhex(text_of(payload), r->arena, &r->input->payload);
        return e == -EBADMSG ? bad(r, "a row of `message` with bytes that PostgreSQL did not write",
                                   "write it with row_to_json()")
                             : e;
}

static int words_of(struct reader *r) {
        const json_t *payload = json_object_get(r->record, "payload");
        int e = bytes(r, json_object_get(r->record, "topic"), &r->input->topic);

        if (!e)
                e = bytes(r, json_object_get(r->record, "id"), &r->input->id);
        if (!e)
                e = bytes(r, payload, &r->input->payload);
        return !e && r->row ? row_of(r, payload) : e;
}

static int record_read(struct reader *r) {
        int e = type_of(r);

        if (!e)
                e = words_of(r);
        if (!e)
                e = times_of(r);
        if (e)
                return e;
        origin_of(r);
        r->input->flags = flags_of(r);
        r->input->seq = (uint64_t)json_integer_value(json_object_get(r->record, "seq"));
        if (r->input->type == WW_INPUT_MESSAGE && !r->input->topic.n)
                return bad(r, "a message without `topic`", CURE_SHAPE);
        return 0;
}

int replay_line_input(const json_t *line, struct arena *arena, struct ww_input *ret, struct replay_line *ret_line) {
        struct reader r = { .record = line, .arena = arena, .input = ret, .line = ret_line };
        const char *in = json_string_value(json_object_get(line, "in"));

        *ret = (struct ww_input){ 0 };
        *ret_line = (struct replay_line){ 0 };
        if (!json_is_object(line))
                return bad(&r, "not an object", CURE_SHAPE);
        if (in)
                r.record = json_object_get(line, "record");
        if (in && strcmp(in, "output") == 0) {
                ret_line->outcome = r.record;
                ret_line->concluded = true;
                return 0;
        }
        if (!json_is_object(r.record))
                return bad(&r, "`record` is no object", CURE_SHAPE);
        r.row = json_object_get(r.record, "journal_time") != NULL;
        return record_read(&r);
}
