/* The schema of sensor types: the tables of keys, nested as messages, events and examples are. */
#include "command/schema.h"
#include "decode/load.h"

static json_t *keys_object(const struct load_key *keys, size_t n) {
        json_t *properties = json_object();

        for (size_t i = 0; i < n; i++)
                (void)json_object_set_new(properties, keys[i].name, json_pack("{s:s}", "description", keys[i].help));
        return schema_object(properties);
}

/* Gives a key of the object its form; the help stays. */
static void set(json_t *object, const char *name, json_t *form) {
        json_t *property = json_object_get(json_object_get(object, "properties"), name);

        (void)json_object_update(property, form);
        json_decref(form);
}

static json_t *texts(void) {
        return schema_one_or_list(json_pack("{s:s}", "type", "string"));
}

static json_t *mapping(void) {
        return json_pack("{s:s}", "type", "object");
}

/* A name, or a name with its words; a list of them. */
static json_t *formats(void) {
        json_t *words = json_object();

        (void)json_object_set_new(words, "pairs", keys_object(load_pairs_keys, load_pairs_keys_n));
        (void)json_object_set_new(words, "csv", keys_object(load_csv_keys, load_csv_keys_n));
        return schema_one_or_list(json_pack("{s:[{s:s}, o]}", "anyOf", "type", "string", schema_object(words)));
}

static json_t *bytes(void) {
        json_t *object = keys_object(load_bytes_keys, load_bytes_keys_n);
        json_t *records = keys_object(load_records_keys, load_records_keys_n);
        json_t *fields = mapping(), *row = mapping();

        (void)json_object_set_new(fields, "additionalProperties",
                                  keys_object(load_byte_field_keys, load_byte_field_keys_n));
        (void)json_object_set(row, "additionalProperties", fields);
        set(records, "rows", row);
        set(object, "fields", fields);
        set(object, "records", records);
        set(object, "order", json_pack("{s:[s, s]}", "enum", "big", "little"));
        set(object, "as", schema_enum(byte_text_names, byte_text_names_n));
        return object;
}

/* what a message has of its own, and the type for all */
static void set_common(json_t *object) {
        set(object, "topics", texts());
        set(object, "format", formats());
        set(object, "delay", schema_span());
        set(object, "attributes", json_pack("{s:s}", "type", "object"));
        set(object, "redact", texts());
        set(object, "number",
            json_pack("{s:[{s:s}, o]}", "anyOf", "type", "string", keys_object(load_number_keys, load_number_keys_n)));
        set(object, "time", json_pack("{s:[o, o]}", "anyOf", texts(), keys_object(load_time_keys, load_time_keys_n)));
}

static json_t *event(void) {
        json_t *object = keys_object(load_event_keys, load_event_keys_n);

        set(object, "kind_by_class", json_pack("{s:s}", "type", "object"));
        set(object, "momentary", json_pack("{s:s}", "type", "boolean"));
        set(object, "changes_with_value", json_pack("{s:s}", "type", "boolean"));
        set(object, "children", json_pack("{s:s}", "type", "boolean"));
        set(object, "required", json_pack("{s:s}", "type", "boolean"));
        set(object, "repeat_within", schema_span());
        set(object, "restores_after", schema_span());
        set(object, "attributes", json_pack("{s:s}", "type", "object"));
        (void)json_object_set_new(object, "required", json_pack("[s]", "kind"));
        return object;
}

static json_t *message(void) {
        json_t *object = keys_object(load_message_keys, load_message_keys_n);

        set_common(object);
        set(object, "bytes", bytes());
        set(object, "has", texts());
        set(object, "lacks", texts());
        set(object, "for_each", texts());
        set(object, "match", json_pack("{s:s}", "type", "object"));
        set(object, "fields", json_pack("{s:s}", "type", "object"));
        set(object, "ignore", json_pack("{s:s}", "type", "boolean"));
        set(object, "alive", json_pack("{s:s}", "type", "boolean"));
        set(object, "events", schema_list_of(event()));
        (void)json_object_set_new(object, "required", json_pack("[s]", "message"));
        return object;
}

static json_t *sensor(void) {
        json_t *object = keys_object(load_type_keys, load_type_keys_n);

        set_common(object);
        set(object, "sensor", schema_pattern("^[a-z0-9-]{1,64}$"));
        set(object, "version", json_pack("{s:s, s:i}", "type", "integer", "minimum", 1));
        set(object, "messages", schema_list_of(message()));
        set(object, "examples",
            schema_list_of(json_pack("{s:s, s:[s, s]}", "type", "object", "required", "given", "events")));
        (void)json_object_set_new(object, "required", json_pack("[s, s, s]", "sensor", "version", "messages"));
        return object;
}

json_t *schema_sensors(void) {
        json_t *one = schema_ref("sensor");
        json_t *body = schema_one_or_list(one);

        (void)json_object_set_new(body, "$defs", json_pack("{s:o}", "sensor", sensor()));
        return schema_root("Wardwatch sensor types", body);
}
