/* The schema of rules: each table of words is an object, each word's shape a schema of its own. */
#include "command/schema.h"
#include "correlate/rule_load.h"
#include "correlate/word.h"

#define COUNT_MAX 10000000 /* of `limits` */

static json_t *shape_of(enum word_shape shape);

static json_t *word_schema(const struct word *word) {
        json_t *schema = shape_of(word->shape);

        if (!word->standard || strncmp(word->standard, "must", 4) == 0)
                return schema_described(schema, word->help);
        (void)json_object_set_new(schema, "description",
                                  json_sprintf("%s. Without it: %s", word->help, word->standard));
        return schema;
}

static json_t *words_object(const struct word *words, size_t n, json_t *required) {
        json_t *properties = json_object(), *object;

        for (size_t i = 0; i < n; i++)
                if (words[i].supported)
                        (void)json_object_set_new(properties, words[i].name, word_schema(&words[i]));
        object = schema_object(properties);
        if (required)
                (void)json_object_set_new(object, "required", required);
        return object;
}

static json_t *text(void) {
        return json_pack("{s:[s, s, s]}", "type", "string", "number", "boolean");
}

/* ---- vocabularies ---- */

static json_t *kinds(void) {
        const struct ww_kinds *all = ww_kinds_builtin();
        json_t *names = json_array();

        for (size_t i = 0; i < all->n; i++) {
                const struct ww_kind *k = &all->rows[i];

                (void)json_array_append_new(names, json_string(k->family));
                if (strcmp(k->active, k->family) != 0)
                        (void)json_array_append_new(names, json_string(k->active));
                if (k->normal)
                        (void)json_array_append_new(names, json_string(k->normal));
        }
        /* an editor offers the built-in ones; those of a site are in its model, and `check` knows them */
        return json_pack("{s:[{s:o}, o]}", "anyOf", "enum", names, schema_pattern("^[a-z0-9_-]+([.][a-z0-9_-]+)*$"));
}

static json_t *flags(void) {
        size_t n;
        const char *const *names = rule_load_flag_names(&n);

        return schema_enum(names, n);
}

static json_t *hazards(void) {
        const char *names[WW_HAZARD_MAX_];

        return schema_enum(names, rule_load_hazards(names));
}

static json_t *classes(void) {
        const char *names[WW_CLASS_MAX_];

        return schema_enum(names, rule_load_classes(names));
}

static json_t *priorities(void) {
        const char *names[WW_PRIORITY_CRITICAL + 1];

        return schema_enum(names, rule_load_priorities(names));
}

/* ---- parts of a rule ---- */

/* beside `kind`, `where` and `flags` each key is a field, with a value or several */
static json_t *selection(void) {
        json_t *object = words_object(word_select, word_select_n, json_pack("[s]", "kind"));

        (void)json_object_set_new(object, "additionalProperties", schema_one_or_list(text()));
        return object;
}

static json_t *selections(void) {
        return json_pack("{s:s, s:i, s:i, s:{s:s}, s:o}", "type", "object", "minProperties", 1, "maxProperties",
                         RULE_ALIASES_MAX, "propertyNames", "pattern", "^[a-z_][a-z0-9_]*$", "additionalProperties",
                         schema_ref("selection"));
}

static json_t *key(void) {
        json_t *fields = json_pack("{s:s, s:{s:s}}", "type", "object", "additionalProperties", "type", "string");
        json_t *part = json_pack("{s:[{s:s}, o]}", "anyOf", "type", "string", fields);
        json_t *list = json_pack("{s:s, s:O, s:i}", "type", "array", "items", part, "maxItems", RULE_KEY_PARTS_MAX);

        return json_pack("{s:[o, o]}", "anyOf", part, list);
}

static json_t *sequence(void) {
        return json_pack("{s:s, s:{s:s}, s:i}", "type", "array", "items", "type", "string", "minItems", 1);
}

static json_t *clear(void) {
        json_t *quiet = words_object(word_clear, word_clear_n, json_pack("[s]", "quiet"));

        return json_pack("{s:[o, o]}", "anyOf", schema_ref("expression"), quiet);
}

static json_t *regrades(void) {
        json_t *row = words_object(word_regrade, word_regrade_n, json_pack("[s]", "priority"));

        (void)json_object_set_new(row, "oneOf", json_pack("[{s:[s]}, {s:[s]}]", "required", "if", "required", "after"));
        return json_pack("{s:s, s:o, s:i}", "type", "array", "items", row, "maxItems", RULE_GRADES_MAX);
}

static json_t *examples(void) {
        json_t *example = words_object(word_example, word_example_n, json_pack("[s, s]", "given", "alarms"));

        return json_pack("{s:s, s:o, s:i}", "type", "array", "items", example, "minItems", 1);
}

static json_t *span_or_field(void) {
        return json_pack("{s:[o, o]}", "anyOf", schema_ref("span"), schema_pattern("^asset\\.[a-z0-9_]+$"));
}

static json_t *fields(void) {
        return json_pack("{s:s, s:o}", "type", "object", "additionalProperties", text());
}

static json_t *match(void) {
        json_t *object = words_object(word_match, word_match_n, NULL);

        (void)json_object_set_new(object, "minProperties", json_integer(1));
        return object;
}

static json_t *name(void) {
        return schema_pattern("^[a-z0-9-]{1,64}$");
}

static json_t *boolean(void) {
        return json_pack("{s:s}", "type", "boolean");
}

static json_t *number(void) {
        return json_pack("{s:s}", "type", "number");
}

static json_t *count(void) {
        return json_pack("{s:s, s:i, s:i}", "type", "integer", "minimum", 1, "maximum", COUNT_MAX);
}

static json_t *asset(void) {
        return json_pack("{s:s}", "const", "asset");
}

static json_t *assets(void) {
        return schema_pattern("^assets\\([^()]*\\)$");
}

static json_t *mute(void) {
        return words_object(word_mute, word_mute_n, json_pack("[s]", "match"));
}

static json_t *raise_(void) {
        return words_object(word_raise, word_raise_n, json_pack("[s, s]", "hazard", "priority"));
}

static json_t *limits(void) {
        return words_object(word_limits, word_limits_n, NULL);
}

static json_t *rows(void) {
        return json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "string");
}

static const struct {
        json_t *(*make)(void);
        const char *definition; /* instead: its name in $defs */
        bool list;              /* or a list of them */
} shapes[] = {
        [WORD_ANY] = { json_object },
        [WORD_NAME] = { name },
        [WORD_TEXT] = { text },
        [WORD_TEXTS] = { text, .list = true },
        [WORD_BOOL] = { boolean },
        [WORD_NUMBER] = { number },
        [WORD_COUNT] = { count },
        [WORD_SPAN] = { .definition = "span" },
        [WORD_SPAN_OR_FIELD] = { span_or_field },
        [WORD_EXPRESSION] = { .definition = "expression" },
        [WORD_KINDS] = { .definition = "kind", .list = true },
        [WORD_FLAGS] = { flags, .list = true },
        [WORD_HAZARD] = { .definition = "hazard" },
        [WORD_HAZARDS] = { .definition = "hazard", .list = true },
        [WORD_CLASS] = { .definition = "class" },
        [WORD_CLASSES] = { .definition = "class", .list = true },
        [WORD_PRIORITY] = { .definition = "priority" },
        [WORD_ASSET] = { asset },
        [WORD_ASSETS] = { assets },
        [WORD_SELECT] = { selections },
        [WORD_KEY] = { key },
        [WORD_SEQUENCE] = { sequence },
        [WORD_CLEAR] = { clear },
        [WORD_REGRADES] = { regrades },
        [WORD_MUTE] = { mute },
        [WORD_MATCH] = { match },
        [WORD_RAISE] = { raise_ },
        [WORD_LIMITS] = { limits },
        [WORD_EXAMPLES] = { examples },
        [WORD_ROWS] = { rows },
        [WORD_FIELDS] = { fields },
};

static json_t *shape_of(enum word_shape shape) {
        const char *definition = shapes[shape].definition;
        json_t *one = definition ? schema_ref(definition) : shapes[shape].make();

        return shapes[shape].list ? schema_one_or_list(one) : one;
}

json_t *schema_rules(void) {
        json_t *required = json_pack("[s, s, s, s]", "rule", "select", "raise", "examples");
        json_t *body = schema_list_of(words_object(word_rule, word_rule_n, required));

        (void)json_object_set_new(body, "$defs",
                                  json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "span", schema_span(), "expression",
                                            text(), "kind", kinds(), "hazard", hazards(), "class", classes(),
                                            "priority", priorities(), "selection", selection()));
        (void)json_object_set_new(body, "type", json_pack("[s, s]", "array", "null"));
        return schema_root("Wardwatch rules", body);
}
