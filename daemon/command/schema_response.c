/* The schema of the response's files, from the tables that the loader reads by. */
#include "command/schema.h"
#include "response/rules_load.h"

static json_t *names_of(const char *(*name)(size_t i), size_t first, size_t end) {
        json_t *list = json_array();

        for (size_t i = first; i < end; i++)
                (void)json_array_append_new(list, json_string(name(i)));
        return json_pack("{s:o}", "enum", list);
}

static const char *hazard_at(size_t i) {
        return ww_hazard_name((enum ww_hazard)i);
}

static const char *priority_at(size_t i) {
        return ww_priority_name((enum ww_priority)i);
}

static json_t *text(void) {
        return json_pack("{s:[s, s, s]}", "type", "string", "number", "boolean");
}

static json_t *words(const char *const *names, size_t n) {
        return schema_enum(names, n);
}

static json_t *simple(const char *form) {
        static const char *const outcomes[] = { "genuine", "nuisance", "false", "test", "drill", "duplicate" };
        static const char *const persons[] = { "never", "critical", "always" };
        static const char *const roles[] = { "operator", "supervisor", "maintenance" };
        static const char *const untils[] = { "acknowledged", "dispatched", "resolved" };
        struct ww_str f = ww_str(form);

        if (ww_str_is(f, "bool"))
                return json_pack("{s:s}", "type", "boolean");
        if (ww_str_is(f, "number"))
                return json_pack("{s:s}", "type", "integer");
        if (ww_str_is(f, "span"))
                return schema_span();
        if (ww_str_is(f, "texts"))
                return schema_one_or_list(text());
        if (ww_str_is(f, "priority"))
                return names_of(priority_at, WW_PRIORITY_LOW, WW_PRIORITY_CRITICAL + 1);
        if (ww_str_is(f, "priorities"))
                return schema_one_or_list(names_of(priority_at, WW_PRIORITY_LOW, WW_PRIORITY_CRITICAL + 1));
        if (ww_str_is(f, "hazards"))
                return schema_one_or_list(names_of(hazard_at, 0, WW_HAZARD_MAX_));
        if (ww_str_is(f, "outcome")) { /* false may stand without quotes */
                json_t *o = words(outcomes, 6);

                (void)json_array_append_new(json_object_get(o, "enum"), json_false());
                return o;
        }
        if (ww_str_is(f, "two_persons"))
                return words(persons, 3);
        if (ww_str_is(f, "role"))
                return words(roles, 3);
        if (ww_str_is(f, "until"))
                return words(untils, 3);
        if (ww_str_is(f, "addresses"))
                return json_pack("{s:s, s:o}", "type", "object", "additionalProperties", text());
        return text();
}

static const struct rules_keys *table_of(const char *name) {
        for (size_t i = 0; i < rules_keys_n; i++)
                if (strcmp(rules_keys[i].name, name) == 0)
                        return &rules_keys[i];
        return NULL;
}

static json_t *object_of(const struct rules_keys *table, unsigned depth);

/* Those that are written as lists of entries, each beginning with its name. */
static bool is_list(const char *form) {
        static const char *const lists[] = { "procedure", "disposition", "escalation", "channel",
                                             "recipient", "post",        "step",       "rung" };

        for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
                if (strcmp(form, lists[i]) == 0)
                        return true;
        return false;
}

static json_t *value_of(const char *form, unsigned depth) {
        const struct rules_keys *table = table_of(form);

        if (!table || depth > 6)
                return simple(form);
        return is_list(form) ? schema_list_of(object_of(table, depth + 1)) : object_of(table, depth + 1);
}

static json_t *object_of(const struct rules_keys *table, unsigned depth) {
        json_t *properties = json_object(), *required = json_array(), *object;

        for (size_t i = 0; i < *table->n; i++) {
                const struct rules_key *key = &table->keys[i];

                (void)json_object_set_new(properties, key->name,
                                          schema_described(value_of(key->form, depth), key->help));
                if (key->must)
                        (void)json_array_append_new(required, json_string(key->name));
        }
        object = schema_object(properties);
        if (json_array_size(required))
                (void)json_object_set(object, "required", required);
        json_decref(required);
        return object;
}

json_t *schema_response(void) {
        return schema_root("Wardwatch response", object_of(table_of("file"), 0));
}
