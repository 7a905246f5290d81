/*
 * Messages. Topics and fields come first, because everything else names their captures and fields; then what says
 * whether a message is this one; then what it says. What stands at the type holds where the message does not say it
 * itself.
 */
#include "decode/load.h"

const struct load_key load_message_keys[] = {
        { "message", "its name, for reports" },
        { "topics", "as at the type" },
        { "format", "as at the type" },
        { "bytes", "what the bytes of the payload, or of a text in it, mean: paths then begin with `bytes.`" },
        { "has", "paths that must be there, be it null" },
        { "lacks", "paths that must not be there" },
        { "match", "{path: text} or {path: [text, text]}: the value's text is one of these" },
        { "where", "an expression that must be true; paths begin with `payload.`, `topic.` or a field" },
        { "check", "an expression; where it is not true the events are marked suspect. With for_each of each element" },
        { "ignore", "true: known, and no event" },
        { "alive", "false: does not show that the device lives (a bridge speaks about it). Default true" },
        { "for_each", "path of an array or object: its elements one by one, as `item`, with `key`; a list of up to 3 "
                      "paths, [zones, item.sensors]: one inside the other, the outer element is `parent`" },
        { "only", "with for_each: elements for which this expression is true" },
        { "fields", "names for values, for use in this message; a later one may use an earlier one" },
        { "device", "as at the type" },
        { "time", "as at the type" },
        { "delay", "as at the type" },
        { "number", "as at the type" },
        { "redact", "as at the type, added to it" },
        { "attributes", "as at the type, added to it" },
        { "events", "list; each that applies gives one event, in this order" },
};
const size_t load_message_keys_n = sizeof load_message_keys / sizeof *load_message_keys;

/* The message's own node for `key`, or the type's. */
static const struct yaml_node *own_or(const struct yaml_node *message, const struct yaml_node *type, const char *key) {
        const struct yaml_node *n = yaml_get(message, key);

        return n ? n : yaml_get(type, key);
}

static int load_topics(struct load *l, const struct yaml_node *n, const struct yaml_node *at, uint32_t message,
                       struct type_message *m) {
        uint32_t type = (uint32_t)l->types->n;
        struct type_topic *topics;
        int r, result = 0;

        if (!n)
                return diag_error(l->d, at->pos, "add `topics: [zigbee2mqtt/{device}]` here or at the type",
                                  "%s: no topics", l->what);
        topics = arena_array(l->arena, struct type_topic, n->type == YAML_SEQUENCE ? n->n + 1 : 1);
        if (!topics)
                return -ENOMEM;
        m->topics = topics;
        for (const struct yaml_node *item = n->type == YAML_SEQUENCE ? n->first : n; item; item = item->next) {
                struct topic_pattern *patterns;
                struct ww_str text;
                size_t count = 0;

                r = yaml_string(item, "topics", l->d, &text);
                r = r ? r : topic_pattern_parse(l->arena, text, item->pos, l->d, &l->type->captures, &patterns, &count);
                for (size_t i = 0; !r && i < count; i++) {
                        l->captures |= patterns[i].captures;
                        r = trie_add(l->types->trie, &patterns[i], type, message);
                }
                LOAD_MERGE(r, result);
                if (!r)
                        topics[m->n_topics++] = (struct type_topic){ item->pos, patterns, count };
                if (n->type != YAML_SEQUENCE)
                        break;
        }
        return result;
}

/* Expressions: a name is a slot of types->refs. */
static int scope_name(void *userdata, struct ww_str name, struct diag_pos pos, struct diag *d, struct expr_ref *ret) {
        struct load *l = userdata;
        struct decode_types *t = l->types;
        struct path *path = arena_new(l->arena, struct path);
        const struct path **refs = t->refs;
        int r;

        if (!path)
                return -ENOMEM;
        r = path_parse(l->arena, name, pos, d, &l->names, true, path);
        if (r)
                return r == PATH_E_UNKNOWN ? EXPR_E_UNKNOWN : r;
        if (path->root == PATH_CAPTURE && !(l->captures & (1u << path->index)))
                return EXPR_E_UNKNOWN;
        if (t->n_refs == t->refs_capacity) {
                t->refs_capacity = t->refs_capacity ? t->refs_capacity * 2 : 32;
                refs = realloc(t->refs, t->refs_capacity * sizeof(*refs));
                if (!refs)
                        return -ENOMEM;
                t->refs = refs;
        }
        t->refs[t->n_refs] = path;
        *ret = (struct expr_ref){ .slot = (uint32_t)t->n_refs++, .type = EXPR_ANY };
        return 0;
}

static uint32_t scope_list(void *userdata, struct ww_str name) {
        struct load *l = userdata;

        return site_list_find(l->types->site, name);
}

static const char *scope_list_nearest(void *userdata, struct ww_str name) {
        struct load *l = userdata;

        return site_nearest_list(l->types->site, name);
}

/* in an expression a bare word on the left is no path */
static const char *scope_meant(void *userdata, struct ww_str name) {
        struct load *l = userdata;

        if (topic_name_find(&l->type->captures, name) >= 0)
                return arena_printf(l->arena, "write `topic.%.*s`", WW_STR_ARG(name));
        return memchr(name.p, '.', name.n)
                       ? NULL
                       : arena_printf(l->arena, "write `payload.%.*s` for the payload's own", WW_STR_ARG(name));
}

int load_condition(struct load *l, const struct yaml_node *n, const struct expr **ret) {
        const char *names[SOURCE_FIELDS_MAX + TOPIC_CAPTURES_MAX];
        struct expr_scope scope = { .userdata = l,
                                    .name = scope_name,
                                    .list = scope_list,
                                    .names = names,
                                    .list_nearest = scope_list_nearest,
                                    .meant = scope_meant };
        struct diag_pos pos = n->pos;
        struct ww_str text;
        int r = yaml_string(n, "expression", l->d, &text);

        if (r)
                return r;
        for (size_t i = 0; i < l->names.n_fields; i++)
                names[scope.n_names++] = l->field_names[i].p;
        for (size_t i = 0; i < l->type->captures.n; i++) {
                names[scope.n_names] = arena_printf(l->arena, "topic.%s", l->type->captures.names[i].p);
                if (!names[scope.n_names++])
                        return -ENOMEM;
        }
        scope.source = n->source;
        pos.column += !n->plain && !n->source.n; /* behind the quote */
        return expr_compile(l->arena, text, pos, &scope, EXPR_BOOL, l->d, ret);
}

static int load_texts(struct load *l, const struct yaml_node *n, struct type_match *match) {
        const struct yaml_node *item = n->type == YAML_SEQUENCE ? n->first : n;
        struct ww_str *texts;

        match->n = n->type == YAML_SEQUENCE ? n->n : 1;
        texts = arena_array(l->arena, struct ww_str, match->n + 1);
        if (!texts)
                return -ENOMEM;
        match->texts = texts;
        for (size_t i = 0; i < match->n; i++, item = item->next) {
                int r = yaml_string(item, "match", l->d, &texts[i]);

                if (r)
                        return r;
        }
        return 0;
}

static int load_matches(struct load *l, const struct yaml_node *n, struct type_message *m) {
        struct type_match *matches;
        int r;

        if (n->type != YAML_MAPPING)
                return diag_error(l->d, n->pos, "write match: {type: access}", "%s: match is a mapping", l->what);
        matches = arena_array(l->arena, struct type_match, n->n + 1);
        if (!matches)
                return -ENOMEM;
        m->matches = matches;
        yaml_each(item, n) {
                struct type_match *match = &matches[m->n_matches];

                r = path_parse(l->arena, item->key, item->key_pos, l->d, &l->names, false, &match->path);
                r = r ? r : load_texts(l, item, match);
                if (r)
                        return r;
                m->n_matches++;
        }
        return 0;
}

static int load_fields(struct load *l, const struct yaml_node *n, struct type_message *m) {
        const struct source **fields;
        int r, result = 0;

        if (n->type != YAML_MAPPING || n->n > SOURCE_FIELDS_MAX)
                return diag_error(l->d, n->pos, "write {code: payload.pin}",
                                  "%s: fields are at most 32 names with values", l->what);
        fields = arena_array(l->arena, const struct source *, n->n + 1);
        if (!fields)
                return -ENOMEM;
        m->fields = fields;
        l->names.levels = (uint8_t)m->n_for_each; /* they are read for each element anew */
        yaml_each(item, n) {
                r = load_source(l, item, LOAD_SECRET, &fields[m->n_fields]);
                LOAD_MERGE(r, result);
                if (fields[m->n_fields]->secret)
                        l->secret |= 1u << m->n_fields;
                /* known from here on: a field may use the ones before it, so there is no circle */
                l->field_names[m->n_fields] = item->key;
                l->names.n_fields = ++m->n_fields;
        }
        l->names.levels = 0;
        return result;
}

/* The first path begins in the payload, each further one at the element of the one before. */
static int load_for_each(struct load *l, const struct yaml_node *n, struct type_message *m) {
        const struct yaml_node *item = n->type == YAML_SEQUENCE ? n->first : n;
        size_t count = n->type == YAML_SEQUENCE ? n->n : 1;
        struct path *paths = arena_array(l->arena, struct path, PATH_LEVELS_MAX);
        int r = 0;

        if (!paths)
                return -ENOMEM;
        if (!count || count > PATH_LEVELS_MAX)
                return diag_error(l->d, n->pos, "write for_each: [zones, item.sensors]",
                                  "%s: for_each has between 1 and %d paths", l->what, PATH_LEVELS_MAX);
        m->for_each = paths;
        for (; !r && m->n_for_each < count; item = item->next) {
                struct path *path = &paths[m->n_for_each];

                r = load_path(l, item, path);
                if (!r && m->n_for_each && path->root != PATH_ITEM)
                        r = diag_error(l->d, item->pos, "begin it with `item.`",
                                       "%s: `%.*s` is not in the element "
                                       "before it",
                                       l->what, WW_STR_ARG(path->written));
                l->names.levels = (uint8_t)++m->n_for_each;
        }
        l->names.levels = 0;
        return r;
}

/* What says whether the message is this one. Fields come first: conditions may name them. */
static int load_guards(struct load *l, const struct yaml_node *n, struct type_message *m) {
        const struct yaml_node *x;
        int r, result = 0;

        if ((x = yaml_get(n, "has"))) {
                r = load_paths(l, x, &m->has, &m->n_has);
                LOAD_MERGE(r, result);
        }
        if ((x = yaml_get(n, "lacks"))) {
                r = load_paths(l, x, &m->lacks, &m->n_lacks);
                LOAD_MERGE(r, result);
        }
        if ((x = yaml_get(n, "match"))) {
                r = load_matches(l, x, m);
                LOAD_MERGE(r, result);
        }
        if ((x = yaml_get(n, "where"))) {
                r = load_condition(l, x, &m->where);
                LOAD_MERGE(r, result);
        }
        return result;
}

static int load_flags(struct load *l, const struct yaml_node *n, struct type_message *m) {
        const struct yaml_node *x;
        int r, result = 0;

        if ((x = yaml_get(n, "ignore"))) {
                r = yaml_bool(x, "ignore", l->d, &m->ignore);
                LOAD_MERGE(r, result);
        }
        if ((x = yaml_get(n, "alive"))) {
                r = yaml_bool(x, "alive", l->d, &m->alive);
                LOAD_MERGE(r, result);
        }
        if (!m->ignore == !yaml_get(n, "events"))
                return diag_error(l->d, n->pos, "list what happened under `events:`, or write `ignore: true`",
                                  "%s: either events or `ignore: true`", l->what);
        return result;
}

static int load_device(struct load *l, const struct yaml_node *n, const struct yaml_node *at, struct type_message *m) {
        struct yaml_node implied = { .type = YAML_SCALAR, .pos = at->pos, .text = WW_STR("topic.device") };
        int device = topic_name_find(&l->type->captures, WW_STR("device"));

        if (!n && (device < 0 || !(l->captures & (1u << device))))
                return diag_error(l->d, at->pos, "add `device: PATH`, or capture {device} in the topic",
                                  "%s: nothing says which device speaks", l->what);
        return load_source(l, n ? n : &implied, LOAD_VALUE, &m->device);
}

/* What the message says, once it is known to be this one. */
static int load_body(struct load *l, const struct yaml_node *n, const struct yaml_node *type, struct type_message *m) {
        const struct yaml_node *x;
        struct type_attr *parent = NULL;
        size_t n_parent = 0;
        int r, result = 0;

        l->names.levels = (uint8_t)m->n_for_each;
        if ((x = yaml_get(n, "check"))) { /* of each element */
                r = load_condition(l, x, &m->check);
                LOAD_MERGE(r, result);
        }
        if ((x = yaml_get(n, "only"))) {
                r = load_condition(l, x, &m->only);
                LOAD_MERGE(r, result);
        }
        r = load_device(l, own_or(n, type, "device"), n, m);
        LOAD_MERGE(r, result);
        if ((x = own_or(n, type, "time"))) {
                r = load_time(l, x, &m->time);
                LOAD_MERGE(r, result);
        }
        if ((x = own_or(n, type, "delay"))) {
                r = yaml_span(x, "delay", 0, 7 * WW_DAY, l->d, &m->delay);
                LOAD_MERGE(r, result);
        }
        if ((x = own_or(n, type, "number"))) {
                r = load_number(l, x, &m->number);
                LOAD_MERGE(r, result);
        }
        r = load_attributes(l, yaml_get(type, "attributes"), NULL, 0, (const struct type_attr **)&parent, &n_parent);
        LOAD_MERGE(r, result);
        r = load_attributes(l, yaml_get(n, "attributes"), parent, n_parent, &m->attrs, &m->n_attrs);
        LOAD_MERGE(r, result);
        r = load_events(l, yaml_get(n, "events"), m);
        LOAD_MERGE(r, result);
        return result;
}

/* Nothing is said yet, and no name means anything. */
static int begin_message(struct load *l, const struct yaml_node *n, struct type_message *m) {
        const struct yaml_node *name = yaml_get(n, "message");

        *m = (struct type_message){ .delay = TYPE_DELAY,
                                    .alive = true,
                                    .name = name ? name->text : WW_STR(""),
                                    .pos = name ? name->pos : n->pos };
        l->what = arena_printf(l->arena, "sensor `%s`, message `%.*s`", l->type->name.p, WW_STR_ARG(m->name));
        if (!l->what)
                return -ENOMEM;
        l->names = (struct path_names){ .captures = &l->type->captures,
                                        .fields = l->field_names,
                                        .keys = arena_new(l->arena, struct path_keys) };
        m->keys = l->names.keys;
        if (!m->keys)
                return -ENOMEM;
        l->secret = 0;
        l->message = m;
        l->captures = 0;
        return 0;
}

int load_message(struct load *l, const struct yaml_node *n, const struct yaml_node *type, uint32_t index,
                 struct type_message *m) {
        const struct yaml_node *x;
        int r, topics, fields = 0, result = 0;

        r = begin_message(l, n, m);
        if (r)
                return r;
        r = load_keys_check(l, n, l->what, load_message_keys, load_message_keys_n);
        LOAD_MERGE(r, result);
        if (!yaml_get(n, "message"))
                result = diag_error(l->d, n->pos, "add `message: NAME`", "sensor `%s`: a message has no name",
                                    l->type->name.p);
        topics = load_topics(l, own_or(n, type, "topics"), n, index, m);
        LOAD_MERGE(topics, result);
        r = load_formats(l, own_or(n, type, "format"), m);
        LOAD_MERGE(r, result);
        r = load_redact(l, yaml_get(n, "redact"), l->type->secrets, l->type->n_secrets, &m->secrets, &m->n_secrets);
        LOAD_MERGE(r, result);
        if ((x = yaml_get(n, "for_each"))) {
                r = load_for_each(l, x, m);
                LOAD_MERGE(r, result);
        }
        if ((x = yaml_get(n, "bytes"))) {
                fields = load_bytes(l, x, m->n_for_each, m);
                LOAD_MERGE(fields, result);
        }
        if (!fields && (x = yaml_get(n, "fields"))) {
                fields = load_fields(l, x, m);
                LOAD_MERGE(fields, result);
        }
        r = load_redact_fields(l, m);
        LOAD_MERGE(r, result);
        l->types->secrets |= m->n_secrets != 0;
        /* without its topics, bytes or fields every other line would seem wrong too */
        if (topics || fields)
                return result;
        r = load_guards(l, n, m);
        LOAD_MERGE(r, result);
        r = load_flags(l, n, m);
        LOAD_MERGE(r, result);
        if (m->ignore || !yaml_get(n, "events"))
                return result;
        r = load_body(l, n, type, m);
        LOAD_MERGE(r, result);
        return result;
}
