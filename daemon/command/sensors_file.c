/*
 * Messages in a file, or on standard input, line by line:
 *
 *     {"topic": "tags/gw/1", "payload": "…", "retained": false}      JSON; `payload_base64` where it is no text
 *     {"in": "input", "record": {…}}                                 wardwatch journal dump --json
 *     tags/gw/1 …                                                    mosquitto_sub -v: the topic, a blank, the payload
 *
 * A line that begins with { is JSON. Of that only what says something of the message is looked at, so that a corpus may
 * carry whatever else its owner wants. Lines without a time come a second after the one before, from a fixed time on:
 * the same file gives the same events today and tomorrow.
 */
#include "command/replay_line.h"
#include "command/sensors.h"

#include <inttypes.h>
#include <stdio.h>

#define LINE_MAX_BYTES (4u * 1024 * 1024)
#define FIRST_LINE     (INT64_C(1769850000) * WW_SECOND) /* 2026-01-31T09:00:00Z, as in examples */

struct file {
        FILE *stream;
        const char *name;
        struct buf line;
        uint64_t number;
        int64_t time, from, to;
        json_t *parsed;
        struct arena arena;
};

static void file_close(void *userdata) {
        struct file *f = userdata;

        if (f->stream && f->stream != stdin)
                (void)fclose(f->stream);
        buf_deinit(&f->line);
        json_decref(f->parsed);
        arena_deinit(&f->arena);
        free(f);
}

static int file_tell(const struct file *f, const char *why, const char *cure) {
        (void)fprintf(stderr, "%s:%" PRIu64 ": error: %s\n  help: %s\n", f->name, f->number, why, cure);
        return REPLAY_E_TOLD;
}

/* What a corpus may say of a message; the rest of its words are its own. */
static json_t *message_of(json_t *line) {
        static const char *const words[] = { "topic", "payload", "retain",      "retained", "dup",         "seq",
                                             "time",  "flags",   "received_at", "received", "journal_time" };
        json_t *base64 = json_object_get(line, "payload_base64"), *message;

        if (json_object_get(line, "in") || json_object_get(line, "type"))
                return json_incref(line);
        message = json_object();
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                (void)json_object_set(message, words[i], json_object_get(line, words[i]));
        if (base64)
                (void)json_object_set_new(message, "payload", json_pack("{s:O}", "base64", base64));
        return message;
}

static int read_json(struct file *f, struct ww_str line, struct ww_input *ret, bool *ret_there) {
        struct replay_line parsed = { 0 };
        json_error_t error;
        json_t *whole = json_loadb(line.p, line.n, JSON_ALLOW_NUL, &error);
        int r;

        if (!whole)
                return file_tell(f, error.text,
                                 "a line is one JSON object with `topic` and `payload`, or a topic, a "
                                 "blank and the payload");
        json_decref(f->parsed);
        f->parsed = message_of(whole);
        json_decref(whole);
        r = f->parsed ? replay_line_input(f->parsed, &f->arena, ret, &parsed) : -ENOMEM;
        *ret_there = !parsed.concluded;
        return r == REPLAY_LINE_BAD ? file_tell(f, parsed.why, parsed.cure) : r;
}

static int read_text(struct file *f, struct ww_str line, struct ww_input *ret) {
        const char *blank = memchr(line.p, ' ', line.n);
        size_t n = blank ? (size_t)(blank - line.p) : line.n, payload = blank ? n + 1 : n;

        *ret = (struct ww_input){ .type = WW_INPUT_MESSAGE,
                                  .time = WW_TIME_NONE,
                                  .received = WW_TIME_NONE,
                                  .topic = { line.p, n },
                                  .payload = { line.p + payload, line.n - payload } };
        return n ? 0 : file_tell(f, "a line without a topic", "write what `mosquitto_sub -v` writes, or JSON lines");
}

/* One line into f->line, with its end if it has one. */
static int fill_line(struct file *f) {
        int c = 0;

        buf_reset(&f->line);
        while (c != '\n' && (c = getc_unlocked(f->stream)) != EOF && f->line.n <= LINE_MAX_BYTES)
                buf_put_u8(&f->line, (uint8_t)c);
        if (ferror(f->stream) || f->line.error)
                return f->line.error ? f->line.error : -EIO;
        return f->line.n ? 0 : REPLAY_E_END;
}

/* The next line that is not empty. */
static int read_line(struct file *f, struct ww_str *ret) {
        do {
                int r = fill_line(f);

                if (r)
                        return r;
                f->number++;
                if (f->line.n > LINE_MAX_BYTES)
                        return file_tell(f, "a line of more than 4 MiB", "is it a file of messages?");
                *ret = buf_str(&f->line);
                while (ret->n && (ret->p[ret->n - 1] == '\n' || ret->p[ret->n - 1] == '\r'))
                        ret->n--;
        } while (!ret->n);
        return 0;
}

static void place(struct file *f, struct ww_input *input) {
        if (input->time == WW_TIME_NONE)
                input->time = f->time == WW_TIME_NONE ? FIRST_LINE : f->time + WW_SECOND;
        if (input->received == WW_TIME_NONE)
                input->received = input->time;
        f->time = input->time;
        input->seq = f->number;
}

static int file_next(void *userdata, struct ww_input *ret) {
        struct file *f = userdata;
        struct ww_str line;
        bool there;
        int r;

        do {
                there = true;
                r = read_line(f, &line);
                if (r)
                        return r;
                arena_reset(&f->arena);
                r = line.p[0] == '{' ? read_json(f, line, ret, &there) : read_text(f, line, ret);
                if (!r && there)
                        place(f, ret);
        } while (!r && (!there || ret->time < f->from || ret->time >= f->to));
        return r;
}

int sensors_file_open(struct replay_source *ret, const char *name, int64_t from, int64_t to) {
        bool standard = strcmp(name, "-") == 0;
        struct file *f = calloc(1, sizeof *f);

        if (!f)
                return -ENOMEM;
        f->stream = standard ? stdin : fopen(name, "re");
        if (!f->stream) {
                (void)fprintf(
                        stderr,
                        "%s: error: %s\n  help: name a file of JSON lines or of what `mosquitto_sub -v` wrote, or "
                        "- for standard input\n",
                        name, strerror(errno));
                free(f);
                return REPLAY_E_TOLD;
        }
        f->name = standard ? "standard input" : name;
        f->time = WW_TIME_NONE;
        f->from = from;
        f->to = to;
        *ret = (struct replay_source){ f, file_next, NULL, file_close, from, NULL };
        return 0;
}
