/* The schema of the files of records, from the tables that the loader reads by. */
#include "command/schema.h"
#include "records/kinds_load.h"

static json_t *text(void) {
        return json_pack("{s:[s, s, s]}", "type", "string", "number", "boolean");
}

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

static const char *type_at(size_t i) {
        return record_types[i].name;
}

static json_t *hazards(void) {
        return names_of(hazard_at, 0, WW_HAZARD_MAX_);
}

static json_t *priorities(void) {
        return names_of(priority_at, WW_PRIORITY_LOW, WW_PRIORITY_CRITICAL + 1);
}

static json_t *boolean(void) {
        return json_pack("{s:s}", "type", "boolean");
}

static json_t *number(void) {
        return json_pack("{s:s}", "type", "integer");
}

static json_t *decimal(void) {
        return json_pack("{s:s}", "type", "number");
}

static json_t *texts(void) {
        return schema_one_or_list(text());
}

static json_t *roles(void) {
        return schema_one_or_list(schema_enum(kinds_roles, KINDS_ROLES));
}

static json_t *whens(void) {
        return schema_enum(kinds_whens, KINDS_WHENS);
}

static json_t *types(void) {
        return names_of(type_at, 0, RECORD_TYPE_MAX_);
}

static json_t *pairs(void) {
        return json_pack("{s:s, s:o}", "type", "object", "additionalProperties", text());
}

static json_t *hazards_list(void) {
        return schema_one_or_list(hazards());
}

static json_t *priorities_list(void) {
        return schema_one_or_list(priorities());
}

static const struct {
        const char *form;
        json_t *(*make)(void);
} forms[] = {
        { "bool", boolean },        { "number", number },
        { "span", schema_span },    { "texts", texts },
        { "roles", roles },         { "when", whens },
        { "type", types },          { "pairs", pairs },
        { "hazard", hazards },      { "hazards", hazards_list },
        { "text", text },           { "name", text },
        { "priority", priorities }, { "priorities", priorities_list },
        { "decimal", decimal },
};

static json_t *object_of(const struct rules_keys *table);

/* Those that are written as lists of entries. */
static json_t *table_of(const char *name) {
        static const char *const lists[] = { "record", "field", "state", "act", "clock", "opens", "example", "step" };

        for (size_t i = 0; i < kinds_keys_n; i++) {
                bool list = false;

                if (strcmp(kinds_keys[i].name, name) != 0)
                        continue;
                for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
                        list = list || strcmp(name, lists[k]) == 0;
                if (strcmp(name, "list") == 0)
                        return schema_one_or_list(object_of(&kinds_keys[i]));
                return list ? schema_list_of(object_of(&kinds_keys[i])) : object_of(&kinds_keys[i]);
        }
        return NULL;
}

static json_t *value_of(const char *form) {
        for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
                if (strcmp(forms[i].form, form) == 0)
                        return forms[i].make();
        return table_of(form);
}

static json_t *object_of(const struct rules_keys *table) {
        json_t *properties = json_object(), *required = json_array(), *object;

        for (size_t i = 0; i < *table->n; i++) {
                const struct rules_key *key = &table->keys[i];

                (void)json_object_set_new(properties, key->name, schema_described(value_of(key->form), key->help));
                if (key->must)
                        (void)json_array_append_new(required, json_string(key->name));
        }
        object = schema_object(properties);
        if (json_array_size(required))
                (void)json_object_set(object, "required", required);
        json_decref(required);
        return object;
}

json_t *schema_records(void) {
        return schema_root("Wardwatch records", object_of(&kinds_keys[0]));
}
