/*
 * A recording as a source: a file, or standard input, of JSON lines (replay_line.h). It is read once, line by line; a
 * line that cannot be understood ends the replay, because what comes of the rest without it would be believed.
 *
 * A dump of the journal has what was concluded among the inputs. Of that only the alarms' names are kept, so that an
 * operator's act on alarm 7 finds the same alarm where it has another number.
 */
#include "command/replay_line.h"
#include "command/replay_source.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX_BYTES (64u * 1024 * 1024) /* a reload with all its files is one line */
#define READ_BYTES     (256 * 1024)
#define ALARMS_MAX     (UINT64_C(1) << 20)
#define SHOWN          100 /* bytes of a line that is wrong */

struct name {
        char *rule, *key;
        bool exercise;
};

struct file {
        const char *name;
        int fd;
        struct buf buf;
        size_t at; /* in buf: the next line */
        bool ended;
        uint64_t line, seq;
        int64_t time, start, step, to;
        json_t *parsed;
        struct arena arena;
        struct name *names; /* by alarm */
        uint64_t n_names;
};

static void file_close(void *userdata) {
        struct file *f = userdata;

        for (uint64_t i = 0; i < f->n_names; i++) {
                free(f->names[i].rule);
                free(f->names[i].key);
        }
        free(f->names);
        json_decref(f->parsed);
        arena_deinit(&f->arena);
        buf_deinit(&f->buf);
        if (f->fd > STDIN_FILENO)
                (void)close(f->fd);
        free(f);
}

/* ---- lines ---- */

/* what a terminal could act on becomes a point */
static void put_shown(const char *p, size_t n) {
        for (size_t i = 0; i < n; i++)
                (void)fputc((unsigned char)p[i] < 0x20 || (unsigned char)p[i] >= 0x7f ? '.' : p[i], stderr);
}

/* file:line:column, the line around it, and the cure */
static int file_tell(const struct file *f, struct ww_str line, size_t at, const char *why, const char *cure) {
        size_t column = at < line.n ? at : line.n, from = column > SHOWN / 2 ? column - SHOWN / 2 : 0;
        size_t n = line.n - from < SHOWN ? line.n - from : SHOWN;

        (void)fprintf(stderr, "%s:%" PRIu64 ":%zu: error: %s\n    ", f->name, f->line, column + 1, why);
        put_shown(line.p + from, n);
        (void)fprintf(stderr, "\n    %*s^\n  help: %s\n", (int)(column - from), "", cure);
        return REPLAY_E_TOLD;
}

static int file_read_more(struct file *f) {
        void *to;
        ssize_t n;

        if (f->at)
                memmove(f->buf.p, f->buf.p + f->at, f->buf.n - f->at);
        f->buf.n -= f->at;
        f->at = 0;
        if (f->buf.n > LINE_MAX_BYTES)
                return -EFBIG;
        to = buf_reserve(&f->buf, READ_BYTES);
        if (!to)
                return -ENOMEM;
        do
                n = read(f->fd, to, READ_BYTES);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        f->buf.n += (size_t)n;
        f->ended = n == 0;
        return 0;
}

/* the next line that is not empty; 0, REPLAY_E_END, -errno */
static int file_line(struct file *f, struct ww_str *ret) {
        size_t looked = 0; /* bytes behind f->at that have no end of a line */

        for (;;) {
                const char *p = (const char *)f->buf.p + f->at;
                size_t left = f->buf.n - f->at;
                const char *end = left > looked ? memchr(p + looked, '\n', left - looked) : NULL;
                int r;

                if (!end && !f->ended) {
                        looked = left;
                        r = file_read_more(f);
                        if (r)
                                return r;
                        continue;
                }
                if (!left)
                        return REPLAY_E_END;
                *ret = (struct ww_str){ p, end ? (size_t)(end - p) : left };
                f->at += ret->n + (end != NULL);
                f->line++;
                looked = 0;
                if (ret->n)
                        return 0;
        }
}

/* ---- what was concluded ---- */

static int names_put(struct file *f, uint64_t id, const json_t *alarm) {
        const char *rule = json_string_value(json_object_get(alarm, "rule"));
        const char *key = json_string_value(json_object_get(alarm, "key"));
        struct name *name;

        if (!id || id > ALARMS_MAX || !rule || !key)
                return 0;
        if (id > f->n_names) {
                uint64_t n = id < 64 ? 64 : id * 2 < ALARMS_MAX ? id * 2 : ALARMS_MAX;
                struct name *names = realloc(f->names, n * sizeof *names);

                if (!names)
                        return -ENOMEM;
                memset(names + f->n_names, 0, (n - f->n_names) * sizeof *names);
                f->names = names;
                f->n_names = n;
        }
        name = &f->names[id - 1];
        if (name->rule)
                return 0;
        *name = (struct name){ strdup(rule), strdup(key), json_is_true(json_object_get(alarm, "exercise")) };
        return name->rule && name->key ? 0 : -ENOMEM;
}

static int file_outcome(struct file *f, const json_t *record) {
        const json_t *alarm = json_object_get(json_object_get(record, "transition"), "alarm");

        return alarm ? names_put(f, (uint64_t)json_integer_value(json_object_get(alarm, "id")), alarm) : 0;
}

static int file_alarm(void *userdata, uint64_t id, struct replay_alarm *ret) {
        const struct file *f = userdata;
        const struct name *name = id && id <= f->n_names ? &f->names[id - 1] : NULL;

        if (!name || !name->rule)
                return REPLAY_E_END;
        *ret = (struct replay_alarm){ ww_str(name->rule), ww_str(name->key), name->exercise };
        return 0;
}

/* ---- inputs ---- */

static int file_parse(struct file *f, struct ww_str line, struct ww_input *ret, struct replay_line *ret_line) {
        json_error_t error;
        char why[JSON_ERROR_TEXT_LENGTH + 16];
        int r;

        json_decref(f->parsed);
        arena_reset(&f->arena);
        f->parsed = json_loadb(line.p, line.n, JSON_ALLOW_NUL, &error);
        if (!f->parsed) {
                (void)snprintf(why, sizeof why, "no JSON: %s", error.text);
                return file_tell(f, line, error.position > 0 ? (size_t)error.position - 1 : 0, why,
                                 "a line is one JSON object with `topic`, `payload` and `time`");
        }
        r = replay_line_input(f->parsed, &f->arena, ret, ret_line);
        if (r == REPLAY_LINE_BAD)
                return file_tell(f, line, 0, ret_line->why, ret_line->cure);
        return !r && ret_line->concluded ? file_outcome(f, ret_line->outcome) : r;
}

/* Numbers grow and time never runs back, as in the journal. */
static int file_place(struct file *f, struct ww_str line, const struct replay_line *parsed, struct ww_input *input) {
        if (!parsed->timed && f->start == WW_TIME_NONE)
                return file_tell(f, line, 0, "a line without `time`",
                                 "add one, or give --start TIME (and --step SPAN) for lines that have none");
        if (!parsed->timed)
                input->time = f->time == WW_TIME_NONE ? f->start : f->time + f->step;
        if (input->time < f->time)
                input->time = f->time;
        if (input->received == WW_TIME_NONE)
                input->received = input->time;
        if (input->seq <= f->seq)
                input->seq = f->seq + 1;
        if (input->time >= f->to)
                return REPLAY_E_END;
        f->seq = input->seq;
        f->time = input->time;
        return 0;
}

static int file_next(void *userdata, struct ww_input *ret) {
        struct file *f = userdata;
        struct replay_line parsed;
        struct ww_str line;
        int r;

        do {
                r = file_line(f, &line);
                if (r == -EFBIG) {
                        f->line++;
                        return file_tell(f, WW_STR(""), 0, "a line of more than 64 MiB", "is it JSON lines?");
                }
                if (!r)
                        r = file_parse(f, line, ret, &parsed);
        } while (!r && parsed.concluded);
        return r ? r : file_place(f, line, &parsed, ret);
}

int replay_file_open(struct replay_source *ret, const char *name, const struct replay_range *range, int64_t start,
                     int64_t step) {
        bool standard = strcmp(name, "-") == 0;
        int fd = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
        struct file *f;

        if (fd < 0) {
                (void)fprintf(stderr, "%s: error: %s\n  help: name a file of JSON lines, or - for standard input\n",
                              name, strerror(errno));
                return REPLAY_E_TOLD;
        }
        f = calloc(1, sizeof *f);
        if (!f) {
                if (!standard)
                        (void)close(fd);
                return -ENOMEM;
        }
        f->name = standard ? "standard input" : name;
        f->fd = fd;
        f->time = WW_TIME_NONE;
        f->start = start;
        f->step = step;
        f->to = range->to;
        *ret = (struct replay_source){ f, file_next, file_alarm, file_close, range->from, NULL };
        return 0;
}
