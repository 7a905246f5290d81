/*
 * From the patterns of sensor types to the topic filters of an ACL.
 *
 * A type says how a device's name comes out of topic or payload; here it is turned round: given the name, what must the
 * topic be? That has an answer where the name is a capture, or a template of captures. Where the payload has a say
 * there is none, and whoever may publish to the topic may speak for any device of it.
 */
#include "command/broker.h"

static bool known(const struct broker_captures *captures, uint8_t capture) {
        return capture != TOPIC_NO_CAPTURE && captures->values[capture].p;
}

/* Within a filter nothing of a name may be a wildcard. */
static bool plain(struct ww_str text, bool levels) {
        for (size_t i = 0; i < text.n; i++)
                if (text.p[i] == '+' || text.p[i] == '#' || text.p[i] == '\0' || text.p[i] == '\n' ||
                    (text.p[i] == '/' && !levels))
                        return false;
        return text.n > 0;
}

static void put(struct buf *out, struct ww_str text) {
        buf_put(out, text.p, text.n);
}

static bool put_partial(const struct topic_level *level, const struct broker_captures *captures, struct buf *out) {
        for (size_t i = 0; i < level->n_pieces; i++)
                if (level->pieces[i].capture != TOPIC_NO_CAPTURE && !known(captures, level->pieces[i].capture)) {
                        buf_puts(out, "+");
                        return true;
                }
        for (size_t i = 0; i < level->n_pieces; i++) {
                put(out, level->pieces[i].literal);
                if (level->pieces[i].capture == TOPIC_NO_CAPTURE)
                        continue;
                if (!plain(captures->values[level->pieces[i].capture], false))
                        return false;
                put(out, captures->values[level->pieces[i].capture]);
        }
        return true;
}

/* 1: go on; 0: the filter is at its end; -1: no such topic */
static int put_level(const struct topic_level *level, const struct broker_captures *captures, struct buf *out) {
        bool told = known(captures, level->capture);
        struct ww_str value = told ? captures->values[level->capture] : WW_STR_NONE;

        switch (level->kind) {
        case TOPIC_LITERAL:
                put(out, level->text);
                return told && !ww_str_equal(value, level->text) ? -1 : 1;
        case TOPIC_PARTIAL:
                return put_partial(level, captures, out) ? 1 : -1;
        case TOPIC_SINGLE:
        case TOPIC_MULTI:
                if (!told) {
                        buf_puts(out, level->kind == TOPIC_SINGLE ? "+" : "#");
                        return level->kind == TOPIC_SINGLE;
                }
                put(out, value);
                return plain(value, level->kind == TOPIC_MULTI) ? 1 : -1;
        }
        return -1;
}

bool broker_filter(const struct topic_pattern *pattern, const struct broker_captures *captures, struct buf *out) {
        int r = 1;

        for (size_t i = 0; i < pattern->n && r == 1; i++) {
                if (i)
                        buf_puts(out, "/");
                r = put_level(&pattern->levels[i], captures, out);
        }
        return r >= 0 && !out->error;
}

/* ---- a name turned round ---- */

static bool is_capture(const struct path *path) {
        return path->root == PATH_CAPTURE && path->n == 0;
}

static bool bind(struct broker_captures *captures, uint32_t capture, struct ww_str value) {
        struct ww_str *have = &captures->values[capture];

        if (have->p)
                return ww_str_equal(*have, value);
        *have = value;
        return value.n > 0;
}

static const char *find(struct ww_str text, size_t from, struct ww_str literal) {
        return from <= text.n ? memmem(text.p + from, text.n - from, literal.p, literal.n) : NULL;
}

/* Text, capture, text, capture …: each capture is as short as it can be, the last one takes the rest. */
static bool bind_template(const struct source *s, struct ww_str name, struct broker_captures *captures) {
        size_t at = 0;

        for (size_t i = 0; i < s->n_pieces; i++) {
                const struct source_piece *piece = &s->pieces[i], *next = i + 1 < s->n_pieces ? piece + 1 : NULL;
                size_t end = name.n;

                if (name.n - at < piece->text.n || memcmp(name.p + at, piece->text.p, piece->text.n) != 0)
                        return false;
                at += piece->text.n;
                if (!piece->path)
                        continue;
                if (next && next->text.n) {
                        const char *found = find(name, at + 1, next->text);

                        if (!found)
                                return false;
                        end = (size_t)(found - name.p);
                }
                if (!bind(captures, piece->path->index, (struct ww_str){ name.p + at, end - at }))
                        return false;
                at = end;
        }
        return at == name.n;
}

static enum broker_name name_of_template(const struct source *s, struct ww_str name, struct broker_captures *captures) {
        for (size_t i = 0; i < s->n_pieces; i++)
                if (s->pieces[i].path && !is_capture(s->pieces[i].path))
                        return BROKER_NAME_PAYLOAD;
        return bind_template(s, name, captures) ? BROKER_NAME_TOPIC : BROKER_NAME_OTHER;
}

enum broker_name broker_device(const struct source *s, struct ww_str device, struct broker_captures *captures) {
        if (s->extract || s->map || s->asset_field.p || s->join.p || s->invert)
                return BROKER_NAME_PAYLOAD;
        if (s->n_pieces)
                return name_of_template(s, device, captures);
        if (s->n_paths == 0)
                return s->constant.type == WW_STRING && ww_str_equal(s->constant.string, device) ? BROKER_NAME_TOPIC
                                                                                                 : BROKER_NAME_OTHER;
        if (s->n_paths > 1 || !is_capture(&s->paths[0]))
                return BROKER_NAME_PAYLOAD;
        return bind(captures, s->paths[0].index, device) ? BROKER_NAME_TOPIC : BROKER_NAME_OTHER;
}
