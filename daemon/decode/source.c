#include "decode/source.h"

#include "decode/number.h"

const char *const source_as_names[] = { "is", "number", "boolean", "string" };
const size_t source_as_names_n = sizeof source_as_names / sizeof *source_as_names;

static void put_text(struct ww_value *to, struct ww_str s) {
        to->type = s.p ? WW_STRING : WW_MISSING;
        to->string = document_cut(s, DOCUMENT_STRING_MAX);
}

const struct ww_value *source_field(struct source_context *x, uint32_t index) {
        if (!(x->known & (1u << index))) {
                source_read(x->fields[index], x, &x->values[index]);
                x->known |= 1u << index;
        }
        return &x->values[index];
}

static void read_bytes(struct source_context *x) {
        struct ww_str bytes = x->doc ? x->doc->bytes : WW_STR_NONE;
        const struct path *from = x->reader->from;

        x->bytes_known = true;
        x->bytes.there = 0;
        if (from) {
                struct ww_str text = source_path_text(from, x);

                /* a longer one was cut */
                if (!text.p || text.n >= DOCUMENT_STRING_MAX || byte_text_read(x->arena, text, x->reader->as, &bytes))
                        return;
        }
        if (bytes.p)
                byte_reader_read(x->reader, bytes, x->arena, &x->bytes);
}

/* NULL: it is missing. */
static const struct byte_value *byte_value(struct source_context *x, uint32_t number) {
        if (!x->bytes_known)
                read_bytes(x);
        return x->bytes.there >> number & 1 ? &x->bytes.values[number] : NULL;
}

/* Where a path into the payload leads. */
static uint32_t path_node(const struct path *p, struct source_context *x) {
        if (!x->doc || x->doc->n == 0)
                return DOCUMENT_NONE;
        if (p->first == PATH_KEY_NONE)
                return path_follow(p, 0, x->doc, p->root == PATH_ITEM ? x->items[p->index] : 0);
        if (!x->found)
                path_keys_find(x->keys, x->doc, x->nodes);
        x->found = true;
        return p->n == 1 ? x->nodes[p->first] : path_follow(p, 1, x->doc, x->nodes[p->first]);
}

/* True if the path leads to something. *ret_node: the place in the payload, if it leads into that. */
static bool find(const struct path *p, struct source_context *x, uint32_t *ret_node) {
        *ret_node = DOCUMENT_NONE;
        switch (p->root) {
        case PATH_TOPIC:
                return x->topic.p;
        case PATH_CAPTURE:
                return x->captures[p->index].p;
        case PATH_FIELD:
                return source_field(x, p->index)->type != WW_MISSING;
        case PATH_BYTES:
                return byte_value(x, p->index);
        case PATH_KEY:
                return x->keys_of[p->index].p;
        case PATH_PAYLOAD:
        case PATH_ITEM:
                break;
        }
        *ret_node = path_node(p, x);
        return *ret_node != DOCUMENT_NONE;
}

static void value_at(const struct path *p, struct source_context *x, uint32_t node, struct ww_value *ret) {
        switch (p->root) {
        case PATH_TOPIC:
                put_text(ret, x->topic);
                return;
        case PATH_CAPTURE:
                put_text(ret, x->captures[p->index]);
                return;
        case PATH_FIELD:
                *ret = *source_field(x, p->index);
                return;
        case PATH_BYTES:
                *ret = byte_value(x, p->index)->value;
                return;
        case PATH_KEY:
                put_text(ret, x->keys_of[p->index]);
                return;
        case PATH_PAYLOAD:
        case PATH_ITEM:
                break;
        }
        document_value(x->doc, node, ret);
}

void source_path_value(const struct path *p, struct source_context *x, struct ww_value *ret) {
        uint32_t node;

        if (find(p, x, &node))
                value_at(p, x, node, ret);
        else
                ret->type = WW_MISSING;
}

bool source_path_present(const struct path *p, struct source_context *x) {
        uint32_t node;

        return find(p, x, &node);
}

static struct ww_str number_text(struct source_context *x, double v) {
        const char *text = arena_printf(x->arena, "%.15g", v);

        return ww_str(text);
}

static struct ww_str value_text(struct source_context *x, const struct ww_value *v) {
        if (v->type == WW_NUMBER)
                return number_text(x, v->number);
        if (v->type == WW_BOOL)
                return v->boolean ? WW_STR("true") : WW_STR("false");
        return v->type == WW_STRING ? v->string : WW_STR_NONE;
}

static struct ww_str byte_text(struct source_context *x, uint32_t index) {
        const struct byte_value *v = byte_value(x, index);

        return v->digits.p ? v->digits : value_text(x, &v->value);
}

static struct ww_str text_at(const struct path *p, struct source_context *x, uint32_t node) {
        switch (p->root) {
        case PATH_TOPIC:
                return document_cut(x->topic, DOCUMENT_STRING_MAX);
        case PATH_CAPTURE:
                return document_cut(x->captures[p->index], DOCUMENT_STRING_MAX);
        case PATH_FIELD:
                return value_text(x, source_field(x, p->index));
        case PATH_BYTES:
                return byte_text(x, p->index);
        case PATH_KEY:
                return document_cut(x->keys_of[p->index], DOCUMENT_STRING_MAX);
        case PATH_PAYLOAD:
        case PATH_ITEM:
                break;
        }
        /* a number's own digits: an identity of 16 of them does not survive a double */
        return x->doc->nodes[node].type == DOCUMENT_NULL ? WW_STR_NONE : document_text(x->doc, node);
}

struct ww_str source_path_text(const struct path *p, struct source_context *x) {
        uint32_t node;

        return find(p, x, &node) ? text_at(p, x, node) : WW_STR_NONE;
}

static struct ww_str template_text(const struct source *s, struct source_context *x) {
        struct ww_str texts[SOURCE_PIECES_MAX];
        size_t n = 0;
        char *to;

        for (size_t i = 0; i < s->n_pieces; i++) {
                texts[i] = s->pieces[i].path ? source_path_text(s->pieces[i].path, x) : WW_STR("");
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

/* The first of the paths that leads to something; NULL = none. */
static const struct path *find_first(const struct source *s, struct source_context *x, uint32_t *ret_node) {
        for (size_t i = 0; i < s->n_paths; i++)
                if (find(&s->paths[i], x, ret_node))
                        return &s->paths[i];
        return NULL;
}

/* The scalars of a list with `between` between them. .p NULL: it has none. */
static struct ww_str joined(const struct document *doc, uint32_t list, struct ww_str between, struct arena *arena) {
        size_t n = 0;
        char *to = arena_alloc(arena, DOCUMENT_STRING_MAX);

        if (!to)
                return WW_STR_NONE;
        for (uint32_t i = list + 1; i < doc->nodes[list].next; i = doc->nodes[i].next) {
                struct ww_str text = doc->nodes[i].type == DOCUMENT_NULL ? WW_STR_NONE : document_text(doc, i);
                struct ww_str gap = n ? between : WW_STR("");

                if (!text.p)
                        continue;
                if (n + gap.n + text.n > DOCUMENT_STRING_MAX)
                        break;
                mempcpy(mempcpy(to + n, gap.p, gap.n), text.p, text.n);
                n += gap.n + text.n;
        }
        return n ? (struct ww_str){ to, n } : WW_STR_NONE;
}

static bool template_value(const struct source *s, struct source_context *x, struct ww_value *ret) {
        put_text(ret, template_text(s, x));
        if (ret->type != WW_MISSING)
                return true;
        *ret = s->fallback;
        return false;
}

static struct ww_str written(const struct source *s, struct source_context *x, const struct path *path,
                             const struct ww_value *v) {
        return path ? source_path_text(path, x) : value_text(x, v);
}

/* A part of what was found; `there` as raw_value has it. */
static bool take_part(const struct source *s, struct source_context *x, const struct path *path, struct ww_value *v) {
        if (extract_value(s->extract, written(s, x, path, v), v) != EXTRACT_MISSING)
                return true;
        *v = s->fallback;
        return false;
}

/* As it stands in the message, or the default. False: nothing is there; told apart from what is there and is no value,
 * as a number that no double holds. *ret_path: what led to it. */
static bool whole_value(const struct source *s, struct source_context *x, const struct path **ret_path,
                        struct ww_value *ret) {
        uint32_t node;

        *ret_path = find_first(s, x, &node);
        if (*ret_path && s->join.p && node != DOCUMENT_NONE && x->doc->nodes[node].type == DOCUMENT_ARRAY) {
                put_text(ret, joined(x->doc, node, s->join, x->arena));
                if (ret->type == WW_MISSING)
                        *ret = s->fallback;
                return ret->type != WW_MISSING;
        }
        if (*ret_path) {
                value_at(*ret_path, x, node, ret);
                return true;
        }
        if (s->n_pieces)
                return template_value(s, x, ret);
        *ret = s->n_paths ? s->fallback : s->constant;
        return false;
}

static bool raw_value(const struct source *s, struct source_context *x, const struct path **ret_path,
                      struct ww_value *ret) {
        bool there = whole_value(s, x, ret_path, ret);

        if (!s->extract || ret->type == WW_MISSING || !there)
                return there;
        return take_part(s, x, *ret_path, ret);
}

static bool to_number(const struct ww_value *v, double *ret) {
        if (v->type == WW_NUMBER)
                *ret = v->number;
        else if (v->type == WW_BOOL)
                *ret = v->boolean;
        else if (v->type != WW_STRING || !document_number(v->string, ret))
                return false;
        return true;
}

static bool convert_number(const struct source *s, struct ww_value *v) {
        double number;

        if (!to_number(v, &number))
                return false;
        v->type = WW_NUMBER;
        v->number = s->scaled ? number_tidy(number * s->scale + s->offset) : number;
        return true;
}

static bool convert_boolean(const struct source *s, struct ww_value *v) {
        bool boolean;

        if (!valuemap_boolean(v, &boolean))
                return false;
        v->type = WW_BOOL;
        v->boolean = boolean != s->invert;
        return true;
}

/* A number that is wanted as text is taken as it was written, unless a map made it. */
static void convert_string(const struct source *s, struct source_context *x, const struct path *path,
                           struct ww_value *v) {
        if (v->type == WW_BOOL)
                put_text(v, v->boolean ? WW_STR("true") : WW_STR("false"));
        else if (v->type == WW_NUMBER)
                put_text(v, path && !s->map && !s->extract ? source_path_text(path, x) : number_text(x, v->number));
}

static bool convert(const struct source *s, struct source_context *x, const struct path *path, struct ww_value *v) {
        switch (s->as) {
        case SOURCE_AS_IS:
                break;
        case SOURCE_AS_NUMBER:
                return convert_number(s, v);
        case SOURCE_AS_BOOLEAN:
                return convert_boolean(s, v);
        case SOURCE_AS_STRING:
                convert_string(s, x, path, v);
                break;
        }
        return true;
}

/* What most sources are: a text at one of the payload's own keys, and nothing to be done with it. */
static inline bool read_direct(const struct source *s, const struct source_context *x, struct ww_str *ret) {
        const struct document_node *node;

        if (!s->direct || !x->found || x->nodes[s->paths->first] == DOCUMENT_NONE)
                return false;
        node = &x->doc->nodes[x->nodes[s->paths->first]];
        if (node->type != DOCUMENT_STRING || node->escaped || node->n > DOCUMENT_STRING_MAX)
                return false;
        *ret = (struct ww_str){ node->p, node->n };
        return true;
}

/* Made in place: a value that is handed on by copies costs more than what it is made of. */
bool source_read(const struct source *s, struct source_context *x, struct ww_value *ret) {
        const struct path *path;
        bool there;

        if (read_direct(s, x, &ret->string)) {
                ret->type = WW_STRING;
                return true;
        }
        there = raw_value(s, x, &path, ret);
        if (ret->type == WW_MISSING)
                return !there; /* there, but no value: an object, or a number too large */
        if (s->map) {
                const struct valuemap_row *row = valuemap_find(s->map, ret);

                if (!row) {
                        there = ret->type == WW_NULL;
                        *ret = ww_missing();
                        return there;
                }
                *ret = row->result;
        }
        if (ret->type == WW_NULL)
                return true;
        if (!convert(s, x, path, ret)) {
                *ret = ww_missing();
                return false;
        }
        if (s->asset_field.p)
                *ret = ret->type == WW_STRING ? placement_field(x->placement, ret->string, s->asset_field)
                                              : ww_missing();
        return true;
}

bool source_text(const struct source *s, struct source_context *x, struct ww_str *ret) {
        bool plain = !s->map && !s->extract && !s->asset_field.p && !s->join.p && s->as == SOURCE_AS_IS;
        const struct path *path;
        struct ww_value v;
        uint32_t node;

        if (read_direct(s, x, ret))
                return true;
        path = plain ? find_first(s, x, &node) : NULL;
        if (path) {
                *ret = text_at(path, x, node);
                return ret->p != NULL;
        }
        if (!source_read(s, x, &v))
                return false;
        if (v.type == WW_NUMBER)
                put_text(&v, number_text(x, v.number));
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
        const struct path *path;
        struct ww_value v;
        bool there = raw_value(s, x, &path, &v), boolean;

        if (v.type == WW_MISSING)
                return there ? WW_STATE_UNKNOWN : VALUEMAP_IGNORE;
        if (s->map) {
                row = valuemap_find(s->map, &v);
                return row ? inverted(s, row->state) : WW_STATE_UNKNOWN;
        }
        if (!valuemap_boolean(&v, &boolean))
                return WW_STATE_UNKNOWN;
        return inverted(s, boolean ? WW_STATE_ACTIVE : WW_STATE_NORMAL);
}
