/* The fields of a group's payloads, with the values that were seen in them. */
#include "command/sensors_draft.h"

#include <ctype.h>

#define DEPTH 4

/* ---- paths ---- */

static bool is_word(const char *key) {
        for (const char *p = key; *p; p++)
                if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-')
                        return false;
        return *key != 0;
}

/* Words that a path begins with for another reason. */
static bool is_taken(const char *key) {
        static const char *const words[] = { "topic", "payload", "item", "key", "parent", "bytes" };

        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                if (strcmp(key, words[i]) == 0)
                        return true;
        return false;
}

static char *path_of(const char *before, const char *key) {
        _cleanup_buf_ struct buf path = BUF_INIT;

        for (const char *p = key; *p; p++)
                if (*p == '"' || (unsigned char)*p < 0x20)
                        return NULL;
        if (*before)
                buf_printf(&path, "%s.", before);
        else if (is_taken(key) || !is_word(key))
                buf_puts(&path, "payload.");
        buf_printf(&path, is_word(key) ? "%s" : "\"%s\"", key);
        return path.error ? NULL : ww_str_copy(buf_str(&path));
}

/* ---- noting ---- */

static struct draft_field *field_of(struct draft_group *g, const char *path, const char *key) {
        struct draft_field *f = g->fields;
        char word[64];

        for (; f < g->fields + g->n_fields; f++)
                if (strcmp(f->path, path) == 0)
                        return f;
        if (g->n_fields == DRAFT_FIELDS_MAX)
                return NULL;
        draft_normalise(ww_str(key), word, sizeof word);
        f->path = strdup(path);
        f->key = strdup(word);
        f->values = json_array();
        g->n_fields++;
        return f;
}

static void note_value(struct draft_field *f, json_t *value) {
        const json_t *known;
        size_t i;

        json_array_foreach(f->values, i, known) {
                if (json_equal(known, value))
                        return;
        }
        if (json_array_size(f->values) < DRAFT_VALUES_MAX)
                (void)json_array_append(f->values, value);
}

static void note(struct draft_group *g, const char *path, const char *key, json_t *value, int depth);

static void note_members(struct draft_group *g, const char *before, json_t *object, int depth) {
        const char *key;
        json_t *value;

        json_object_foreach(object, key, value) {
                _cleanup_free_ char *path = path_of(before, key);
                bool told = !*before && g->match_key && strcmp(key, g->match_key) == 0;

                if (path && !told)
                        note(g, path, key, value, depth);
        }
}

static void note(struct draft_group *g, const char *path, const char *key, json_t *value, int depth) {
        struct draft_field *f;

        if (json_is_object(value)) {
                if (depth < DEPTH)
                        note_members(g, path, value, depth + 1);
                return;
        }
        f = field_of(g, path, key);
        if (!f)
                return;
        f->seen++;
        f->list |= json_is_array(value);
        if (!json_is_array(value))
                note_value(f, value);
}

/* A bare value is about what the topic's last word says. */
static void note_bare(struct draft_group *g, const struct draft_sample *s) {
        const char *slash = memrchr(s->topic.p, '/', s->topic.n);
        struct ww_str last = slash ? (struct ww_str){ slash + 1, s->topic.n - (size_t)(slash + 1 - s->topic.p) }
                                   : s->topic;
        _cleanup_free_ char *key = ww_str_copy(last);

        if (key)
                note(g, "payload", draft_word_known(last) ? key : "", s->body, DEPTH);
}

/* ---- lists ---- */

/* The list at a path of plain words. */
static const json_t *list_at(const json_t *value, const char *path) {
        if (strcmp(path, "payload") == 0)
                return value;
        for (; *path && value; path += *path == '.') {
                size_t n = strcspn(path, ".");

                value = json_object_getn(value, path, n);
                path += n;
        }
        return value;
}

static bool holds_objects(const struct draft_group *g, const char *path) {
        size_t n = 0, i;
        json_t *element;

        for (size_t k = 0; k < g->n; k++)
                json_array_foreach(list_at(g->samples[k]->body, path), i, element) {
                        if (!json_is_object(element))
                                return false;
                        n++;
                }
        return n > 0;
}

static bool is_event(const struct draft_field *f) {
        enum draft_role role = draft_guess(f).role;

        return role == DRAFT_STATE || role == DRAFT_MEASURE || role == DRAFT_PULSE;
}

/* Messages that tell nothing but in the elements of one list are about these. */
static const struct draft_field *the_list(const struct draft_group *g) {
        const struct draft_field *list = NULL;

        for (size_t i = 0; i < g->n_fields; i++) {
                const struct draft_field *f = &g->fields[i];

                if (is_event(f) || (list && f->list && holds_objects(g, f->path)))
                        return NULL;
                if (f->list && holds_objects(g, f->path))
                        list = f;
        }
        return list;
}

static void note_elements(struct draft_group *g) {
        const struct draft_field *list = the_list(g);
        json_t *element;
        size_t i;

        if (!list)
                return;
        g->list = list->path;
        for (size_t k = 0; k < g->n; k++)
                json_array_foreach(list_at(g->samples[k]->body, g->list), i, element)
                        note_members(g, "item", element, 1);
}

int draft_fields(struct draft_group *g) {
        for (size_t i = 0; i < g->n; i++) {
                struct draft_sample *s = g->samples[i];

                if (json_is_object(s->body))
                        note_members(g, "", s->body, 0);
                else if (json_is_array(s->body))
                        note(g, "payload", "payload", s->body, 0);
                else if (s->body)
                        note_bare(g, s);
        }
        if (g->format == DRAFT_JSON)
                note_elements(g);
        for (size_t i = 0; i < g->n_fields; i++)
                if (!g->fields[i].path || !g->fields[i].key || !g->fields[i].values)
                        return -ENOMEM;
        return 0;
}

const struct draft_field *draft_field_of(const struct draft_group *g, enum draft_role role) {
        const struct draft_field *found = NULL;

        for (size_t i = 0; i < g->n_fields; i++)
                if (draft_guess(&g->fields[i]).role == role && (!found || g->fields[i].seen > found->seen))
                        found = &g->fields[i];
        return found;
}
