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
        return json_pack("{s:o}", "enum", names);
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

static json_t *shape_of(enum word_shape shape) {
        switch (shape) {
        case WORD_ANY:
                return json_object();
        case WORD_NAME:
                return schema_pattern("^[a-z0-9-]{1,64}$");
        case WORD_TEXT:
                return text();
        case WORD_TEXTS:
                return schema_one_or_list(text());
        case WORD_BOOL:
                return json_pack("{s:s}", "type", "boolean");
        case WORD_NUMBER:
                return json_pack("{s:s}", "type", "number");
        case WORD_COUNT:
                return json_pack("{s:s, s:i, s:i}", "type", "integer", "minimum", 1, "maximum", COUNT_MAX);
        case WORD_SPAN:
                return schema_ref("span");
        case WORD_SPAN_OR_FIELD:
                return span_or_field();
        case WORD_EXPRESSION:
                return schema_ref("expression");
        case WORD_KINDS:
                return schema_one_or_list(schema_ref("kind"));
        case WORD_FLAGS:
                return schema_one_or_list(flags());
        case WORD_HAZARD:
                return schema_ref("hazard");
        case WORD_HAZARDS:
                return schema_one_or_list(schema_ref("hazard"));
        case WORD_CLASS:
                return schema_ref("class");
        case WORD_CLASSES:
                return schema_one_or_list(schema_ref("class"));
        case WORD_PRIORITY:
                return schema_ref("priority");
        case WORD_ASSET:
                return json_pack("{s:s}", "const", "asset");
        case WORD_ASSETS:
                return schema_pattern("^assets\\([^()]*\\)$");
        case WORD_SELECT:
                return selections();
        case WORD_KEY:
                return key();
        case WORD_SEQUENCE:
                return sequence();
        case WORD_CLEAR:
                return clear();
        case WORD_REGRADES:
                return regrades();
        case WORD_MUTE:
                return words_object(word_mute, word_mute_n, json_pack("[s]", "match"));
        case WORD_MATCH:
                return match();
        case WORD_RAISE:
                return words_object(word_raise, word_raise_n, json_pack("[s, s]", "hazard", "priority"));
        case WORD_LIMITS:
                return words_object(word_limits, word_limits_n, NULL);
        case WORD_EXAMPLES:
                return examples();
        case WORD_ROWS:
                return json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "string");
        case WORD_FIELDS:
                return fields();
        }
        return NULL;
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
