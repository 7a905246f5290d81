#include "decode/source.h"

const char *const source_as_names[] = { "is", "number", "boolean", "string" };
const size_t source_as_names_n = sizeof source_as_names / sizeof *source_as_names;

static struct ww_value text_value(struct ww_str s) {
        return s.p ? ww_string(document_cut(s, DOCUMENT_STRING_MAX)) : ww_missing();
}

static struct ww_value field_value(struct source_context *x, uint32_t index) {
        if (!(x->known & (1u << index))) {
                struct ww_value v;

                source_read(x->fields[index], x, &v);
                x->values[index] = v;
                x->known |= 1u << index;
        }
        return x->values[index];
}

static uint32_t path_node(const struct path *p, const struct source_context *x) {
        if (!x->doc || x->doc->n == 0)
                return DOCUMENT_NONE;
        return path_follow(p, x->doc, p->root == PATH_ITEM ? x->item : 0);
}

struct ww_value source_path_value(const struct path *p, struct source_context *x) {
        switch (p->root) {
        case PATH_TOPIC:
                return text_value(x->topic);
        case PATH_CAPTURE:
                return text_value(x->captures[p->index]);
        case PATH_FIELD:
                return field_value(x, p->index);
        case PATH_KEY:
                return text_value(x->key);
        case PATH_PAYLOAD:
        case PATH_ITEM:
                break;
        }
        return x->doc ? document_value(x->doc, path_node(p, x)) : ww_missing();
}

bool source_path_present(const struct path *p, struct source_context *x) {
        if (p->root == PATH_PAYLOAD || p->root == PATH_ITEM)
                return path_node(p, x) != DOCUMENT_NONE;
        return source_path_value(p, x).type != WW_MISSING;
}

static struct ww_str number_text(struct source_context *x, double v) {
        const char *text = arena_printf(x->arena, "%.15g", v);

        return ww_str(text);
}

/* The text of what a path leads to; .p NULL if it has none. */
static struct ww_str path_text(const struct path *p, struct source_context *x) {
        struct ww_value v;

        if (p->root == PATH_PAYLOAD || p->root == PATH_ITEM) {
                uint32_t node = path_node(p, x);

                /* a number's own digits: an identity of 16 of them does not survive a double */
                if (node == DOCUMENT_NONE || x->doc->nodes[node].type == DOCUMENT_NULL)
                        return WW_STR_NONE;
                return document_text(x->doc, node);
        }
        v = source_path_value(p, x);
        if (v.type == WW_NUMBER)
                return number_text(x, v.number);
        if (v.type == WW_BOOL)
                return v.boolean ? WW_STR("true") : WW_STR("false");
        return v.type == WW_STRING ? v.string : WW_STR_NONE;
}

static struct ww_str template_text(const struct source *s, struct source_context *x) {
        struct ww_str texts[SOURCE_PIECES_MAX];
        size_t n = 0;
        char *to;

        for (size_t i = 0; i < s->n_pieces; i++) {
                texts[i] = s->pieces[i].path ? path_text(s->pieces[i].path, x) : WW_STR("");
                if (!texts[i].p)
                        return WW_STR_NONE;
                n += s->pieces[i].text.n + texts[i].n;
        }
        to = arena_alloc(x->arena, n + 1);
        if (!to)
                return WW_STR_NONE;
        n = 0;
        for (size_t i = 0; i < s->n_pieces; i++) {
                if (s->pieces[i].text.n)
                        memcpy(to + n, s->pieces[i].text.p, s->pieces[i].text.n);
                n += s->pieces[i].text.n;
                if (texts[i].n)
                        memcpy(to + n, texts[i].p, texts[i].n);
                n += texts[i].n;
        }
        return document_cut((struct ww_str){ to, n }, DOCUMENT_STRING_MAX);
}

/* As it stands in the message, or the default. `node_there`: told apart from a missing one, a number no double holds.
 */
static struct ww_value raw_value(const struct source *s, struct source_context *x, bool *ret_there) {
        *ret_there = true;
        if (s->n_pieces) {
                struct ww_value v = text_value(template_text(s, x));

                *ret_there = v.type != WW_MISSING;
                return *ret_there ? v : s->fallback;
        }
        for (size_t i = 0; i < s->n_paths; i++)
                if (source_path_present(&s->paths[i], x))
                        return source_path_value(&s->paths[i], x);
        *ret_there = false;
        return s->n_paths ? s->fallback : s->constant;
}

static bool to_number(struct ww_value v, double *ret) {
        if (v.type == WW_NUMBER)
                *ret = v.number;
        else if (v.type == WW_BOOL)
                *ret = v.boolean;
        else if (v.type != WW_STRING || !document_number(v.string, ret))
                return false;
        return true;
}

static bool convert(const struct source *s, struct source_context *x, struct ww_value *v) {
        double number;
        bool boolean;

        switch (s->as) {
        case SOURCE_AS_IS:
                return true;
        case SOURCE_AS_NUMBER:
                if (!to_number(*v, &number))
                        return false;
                *v = ww_number(number * s->scale + s->offset);
                return true;
        case SOURCE_AS_BOOLEAN:
                if (!valuemap_boolean(*v, &boolean))
                        return false;
                *v = ww_bool(boolean != s->invert);
                return true;
        case SOURCE_AS_STRING:
                break;
        }
        if (v->type == WW_BOOL)
                *v = ww_string(v->boolean ? WW_STR("true") : WW_STR("false"));
        else if (v->type == WW_NUMBER)
                *v = text_value(number_text(x, v->number));
        return true;
}

/* A number that is wanted as text is taken as it was written. */
static struct ww_value as_written(const struct source *s, struct source_context *x, struct ww_value v) {
        if (v.type == WW_NUMBER && s->as == SOURCE_AS_STRING && !s->map)
                for (size_t i = 0; i < s->n_paths; i++)
                        if (source_path_present(&s->paths[i], x))
                                return text_value(path_text(&s->paths[i], x));
        return v;
}

bool source_read(const struct source *s, struct source_context *x, struct ww_value *ret) {
        bool there;
        struct ww_value v = raw_value(s, x, &there);

        *ret = ww_missing();
        if (v.type == WW_MISSING)
                return !there; /* there, but no value: an object, or a number too large */
        if (s->map) {
                const struct valuemap_row *row = valuemap_find(s->map, v);

                if (!row)
                        return v.type == WW_NULL;
                v = row->result;
        }
        if (v.type == WW_NULL) {
                *ret = v;
                return true;
        }
        v = as_written(s, x, v);
        if (!convert(s, x, &v))
                return false;
        if (s->asset_field.p)
                v = v.type == WW_STRING ? placement_field(x->placement, v.string, s->asset_field) : ww_missing();
        *ret = v;
        return true;
}

bool source_text(const struct source *s, struct source_context *x, struct ww_str *ret) {
        struct ww_value v;

        if (!s->map && !s->asset_field.p && s->as == SOURCE_AS_IS)
                for (size_t i = 0; i < s->n_paths; i++)
                        if (source_path_present(&s->paths[i], x)) {
                                *ret = path_text(&s->paths[i], x);
                                return ret->p != NULL;
                        }
        if (!source_read(s, x, &v))
                return false;
        if (v.type == WW_NUMBER)
                v = text_value(number_text(x, v.number));
        if (v.type != WW_STRING)
                return false;
        *ret = v.string;
        return true;
}

static int inverted(const struct source *s, int state) {
        if (!s->invert)
                return state;
        return state == WW_STATE_ACTIVE ? WW_STATE_NORMAL : state == WW_STATE_NORMAL ? WW_STATE_ACTIVE : state;
}

int source_state(const struct source *s, struct source_context *x) {
        const struct valuemap_row *row;
        bool there, boolean;
        struct ww_value v = raw_value(s, x, &there);

        if (v.type == WW_MISSING)
                return there ? WW_STATE_UNKNOWN : VALUEMAP_IGNORE;
        if (s->map) {
                row = valuemap_find(s->map, v);
                return row ? inverted(s, row->state) : WW_STATE_UNKNOWN;
        }
        if (!valuemap_boolean(v, &boolean))
                return WW_STATE_UNKNOWN;
        return inverted(s, boolean ? WW_STATE_ACTIVE : WW_STATE_NORMAL);
}
