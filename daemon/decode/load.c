/*
 * Files and types. A file holds one sensor type (a mapping) or a list of them.
 */
#include "decode/load.h"
#include "base/hash.h"

const struct load_key load_type_keys[] = {
        { "sensor", "name of the type: a-z, 0-9, -; with the version it stands in every event" },
        { "version", "a whole number; raise it when the meaning changes" },
        { "title", "one line for people" },
        { "source", "where the format is documented" },
        { "topics", "topic patterns, for messages without their own" },
        { "format",
          "one of the formats below, some with words of their own; a list: the first that can read the payload. "
          "Default json" },
        { "device", "who speaks; without it `topic.device`" },
        { "time", "the device's own time; without it the time of arrival" },
        { "delay", "how old a message may honestly be, 0s to 7d; default 60s" },
        { "number", "the device's own counter: a message with a number that was here is a duplicate, and missing "
                    "numbers are a `gap`" },
        { "redact", "paths of what must not be stored: [pin, users.*.code]; `*` is each key, an array stands for its "
                    "elements" },
        { "attributes", "names with values, for all events" },
        { "messages", "list; the first that fits a payload is taken" },
        { "examples", "messages with the events that they must give; run by `wardwatch check`" },
};
const size_t load_type_keys_n = sizeof load_type_keys / sizeof *load_type_keys;

static int load_messages(struct load *l, const struct yaml_node *n) {
        const struct yaml_node *messages = yaml_get(n, "messages");
        struct type_message *array;
        uint32_t i = 0;
        int r, result = 0;

        if (!messages || messages->type != YAML_SEQUENCE || !messages->n || messages->n > TYPE_MESSAGES_MAX)
                return diag_error(l->d, messages ? messages->pos : n->pos, "write a list: `messages: [- message: …]`",
                                  "sensor `%s`: between 1 and 256 messages are needed", l->type->name.p);
        array = arena_array(l->arena, struct type_message, messages->n);
        if (!array)
                return -ENOMEM;
        yaml_each(item, messages) {
                if (item->type == YAML_MAPPING)
                        r = load_message(l, item, n, i, &array[i]);
                else
                        r = diag_error(l->d, item->pos, "write `- message: NAME`", "a message is a mapping");
                LOAD_MERGE(r, result);
                i++;
        }
        l->type->messages = array;
        l->type->n_messages = i;
        return result;
}

static bool type_name_valid(struct ww_str s) {
        for (size_t i = 0; i < s.n; i++)
                if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '-'))
                        return false;
        return s.n > 0 && s.n <= 64;
}

/* The number under which a type's states are kept: it must be its own. */
static int claim_owner(struct load *l, const struct yaml_node *name) {
        l->type->owner = (uint32_t)hash_text(l->type->name);
        for (size_t i = 0; i < l->types->n; i++)
                if (l->types->types[i].owner == l->type->owner)
                        return diag_error(l->d, name->pos, "give one of them another name",
                                          "sensor `%s` and `%s` share the number of their states", l->type->name.p,
                                          l->types->types[i].name.p);
        return 0;
}

static int load_head(struct load *l, const struct yaml_node *n) {
        const struct yaml_node *name = yaml_get(n, "sensor"), *version = yaml_get(n, "version"),
                               *title = yaml_get(n, "title");
        const char *sensor;
        int64_t number;
        int r;

        if (!name)
                return diag_error(l->d, n->pos, "a sensor type begins with `sensor: NAME`", "no sensor type");
        r = yaml_string(name, "sensor", l->d, &l->type->name);
        if (r)
                return r;
        l->type->pos = name->pos;
        if (!type_name_valid(l->type->name))
                return diag_error(l->d, name->pos, "a-z, 0-9 and -, at most 64 of them",
                                  "`%.*s` is no name of a sensor type", WW_STR_ARG(l->type->name));
        for (size_t i = 0; i < l->types->n; i++)
                if (ww_str_equal(l->types->types[i].name, l->type->name))
                        return diag_error(l->d, name->pos, "give it another name",
                                          "sensor `%s` is also in %.*s, line %u", l->type->name.p,
                                          WW_STR_ARG(l->types->types[i].pos.file), l->types->types[i].pos.line);
        if (title && title->type == YAML_SCALAR)
                l->type->title = title->text;
        if (!version)
                return diag_error(l->d, n->pos, "add `version: 1`", "sensor `%s` has no version", l->type->name.p);
        r = yaml_integer(version, "version", 1, 1000000, l->d, &number);
        if (r)
                return r;
        sensor = arena_printf(l->arena, "%s/%d", l->type->name.p, (int)number);
        l->type->sensor = ww_str(sensor);
        return sensor ? claim_owner(l, name) : -ENOMEM;
}

static int load_body(struct load *l, const struct yaml_node *n) {
        int r, result = 0;

        r = load_keys_check(l, n, "sensor type", load_type_keys, load_type_keys_n);
        LOAD_MERGE(r, result);
        r = load_redact(l, yaml_get(n, "redact"), NULL, 0, &l->type->secrets, &l->type->n_secrets);
        LOAD_MERGE(r, result);
        r = load_messages(l, n);
        LOAD_MERGE(r, result);
        l->type->examples = yaml_get(n, "examples");
        if (!l->type->examples && !result)
                diag_warning(l->d, l->type->pos, "add `examples:` with what real devices sent",
                             "sensor `%s` has no examples: nothing tests it", l->type->name.p);
        return result;
}

static int type_add(struct decode_types *t, const struct type *type) {
        if (t->n == t->capacity) {
                size_t capacity = t->capacity ? t->capacity * 2 : 16;
                struct type *types = realloc(t->types, capacity * sizeof(*types));

                if (!types)
                        return -ENOMEM;
                t->types = types;
                t->capacity = capacity;
        }
        t->types[t->n++] = *type;
        return 0;
}

/* A type with a name is kept although more is wrong with it: others may speak of it. */
static int load_type(struct load *l, const struct yaml_node *n) {
        struct type type = { 0 };
        int r;

        if (n->type != YAML_MAPPING)
                return diag_error(l->d, n->pos, "a file holds one type, or a list of types",
                                  "a sensor type is a mapping");
        l->type = &type;
        r = load_head(l, n);
        if (!r) {
                r = load_body(l, n);
                if (r >= 0 && type_add(l->types, &type) < 0)
                        r = -ENOMEM;
        }
        l->type = NULL;
        return r;
}

static int load_file(struct load *l, const struct bundle_file *file) {
        struct yaml_node *root;
        int r, result = 0;

        r = yaml_parse(l->arena, file->path, file->text, l->d, &root);
        if (r)
                return r;
        if (root->type != YAML_SEQUENCE)
                return load_type(l, root);
        yaml_each(item, root) {
                r = load_type(l, item);
                LOAD_MERGE(r, result);
        }
        return result;
}

int load_bundle(struct decode_types *types, const struct bundle *bundle, struct diag *d) {
        struct load l = { .types = types, .bundle = bundle, .arena = &types->arena, .d = d };
        int r, result = 0;

        for (size_t i = 0; i < bundle->n; i++)
                if (bundle->files[i].role == BUNDLE_SENSORS) {
                        r = load_file(&l, &bundle->files[i]);
                        LOAD_MERGE(r, result);
                }
        return result;
}
