#include "command/schema.h"

const struct schema_kind schema_kinds[] = {
        { "rules", "files of rules", schema_rules },
        { "sensors", "files of sensor types", schema_sensors },
        { "site", "files of the site model", schema_site },
        { "response", "files of the response: procedures, dispositions, escalations", schema_response },
        { "records", "files of kinds of records", schema_records },
        { "config", "the configuration", schema_config },
};
const size_t schema_kinds_n = sizeof schema_kinds / sizeof *schema_kinds;

json_t *schema_root(const char *title, json_t *body) {
        json_t *root = json_pack("{s:s, s:s}", "$schema", "https://json-schema.org/draft/2020-12/schema", "title",
                                 title);

        (void)json_object_update(root, body);
        json_decref(body);
        return root;
}

json_t *schema_object(json_t *properties) {
        return json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties, "additionalProperties", 0);
}

json_t *schema_list_of(json_t *items) {
        return json_pack("{s:s, s:o}", "type", "array", "items", items);
}

json_t *schema_one_or_list(json_t *one) {
        json_t *list = schema_list_of(json_incref(one));

        return json_pack("{s:[o, o]}", "anyOf", one, list);
}

json_t *schema_pattern(const char *regex) {
        return json_pack("{s:s, s:s}", "type", "string", "pattern", regex);
}

json_t *schema_enum(const char *const *names, size_t n) {
        json_t *list = json_array();

        for (size_t i = 0; i < n; i++)
                (void)json_array_append_new(list, json_string(names[i]));
        return json_pack("{s:o}", "enum", list);
}

json_t *schema_ref(const char *definition) {
        return json_pack("{s:o}", "$ref", json_sprintf("#/$defs/%s", definition));
}

json_t *schema_described(json_t *schema, const char *help) {
        (void)json_object_set_new(schema, "description", json_string(help));
        return schema;
}

json_t *schema_span(void) {
        return schema_pattern("^[0-9]+(\\.[0-9]+)?(us|ms|s|m|h|d)$");
}
