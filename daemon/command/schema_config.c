/* The schema of the configuration: each key of the table in its group, with type, bounds, default and help. */
#include "command/command_internal.h"
#include "command/schema.h"
#include "config/config.h"

#include <string.h>

static json_t *choices(const char *text) {
        json_t *names = json_array();

        for (const char *p = text; *p;) {
                size_t n = strcspn(p, " ");

                (void)json_array_append_new(names, json_stringn(p, n));
                p += n + (p[n] == ' ');
        }
        return json_pack("{s:o}", "enum", names);
}

static json_t *string_of(const struct config_key *key) {
        json_t *schema = json_pack("{s:s}", "type", "string");

        if (key->max)
                (void)json_object_set_new(schema, "maxLength", json_integer(key->max));
        if (key->min)
                (void)json_object_set_new(schema, "minLength", json_integer(key->min));
        return schema;
}

static json_t *type_of(const struct config_key *key) {
        switch (key->type) {
        case CONFIG_STRING:
                return string_of(key);
        case CONFIG_PATH:
        case CONFIG_SECRET:
                return json_pack("{s:s}", "type", "string");
        case CONFIG_BOOL:
                return json_pack("{s:s}", "type", "boolean");
        case CONFIG_INTEGER:
                return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)key->min, "maximum",
                                 (json_int_t)key->max);
        case CONFIG_PORT: /* `off` is false to those who read YAML 1.1 */
                return json_pack("{s:[{s:s, s:I, s:I}, {s:[s, b]}]}", "anyOf", "type", "integer", "minimum",
                                 (json_int_t)key->min, "maximum", (json_int_t)key->max, "enum", "off", 0);
        case CONFIG_SPAN:
                return schema_span();
        case CONFIG_SIZE:
                return json_pack("{s:[s, s], s:s}", "type", "string", "integer", "pattern", "^[0-9]+([KMGT]iB)?$");
        case CONFIG_CHOICE:
                return choices(key->choices);
        case CONFIG_STRINGS:
        case CONFIG_PATHS:
                return schema_one_or_list(json_pack("{s:s}", "type", "string"));
        }
        return json_object();
}

static json_t *key_schema(const struct config_key *key) {
        _cleanup_buf_ struct buf help = BUF_INIT;

        command_key_text(key, &help);
        buf_put_u8(&help, 0);
        return schema_described(type_of(key), help.error ? key->help : (const char *)help.p);
}

/* "mqtt" of "mqtt.host": made when it is first met */
static json_t *group_of(json_t *groups, const char *name, size_t n) {
        json_t *group = json_object_getn(groups, name, n);

        if (!group) {
                group = schema_object(json_object());
                (void)json_object_setn_new(groups, name, n, group);
        }
        return group;
}

static void require(json_t *object, const char *name, size_t n) {
        json_t *required = json_object_get(object, "required");

        if (!required) {
                required = json_array();
                (void)json_object_set_new(object, "required", required);
        }
        (void)json_array_append_new(required, json_stringn(name, n));
}

json_t *schema_config(void) {
        json_t *groups = json_object(), *body = schema_object(groups);

        for (size_t i = 0; i < config_keys_n; i++) {
                const char *name = config_keys[i].name, *dot = strchr(name, '.');
                size_t n = (size_t)(dot - name);
                json_t *group = group_of(groups, name, n);

                (void)json_object_set_new(json_object_get(group, "properties"), dot + 1, key_schema(&config_keys[i]));
                if (config_keys[i].default_text)
                        continue;
                require(group, dot + 1, strlen(dot + 1));
                require(body, name, n);
        }
        return schema_root("Configuration of Wardwatch", body);
}
