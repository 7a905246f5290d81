/* The schema of the site model: its tables of keys. Values of most keys are words of the site's own. */
#include "command/schema.h"
#include "config/site_internal.h"

static json_t *text(void) {
        return json_pack("{s:[s, s, s]}", "type", "string", "number", "boolean");
}

/* What has another form than a text, by name; the tables have the names and the help. */
static json_t *value_of(struct ww_str name) {
        if (ww_str_is(name, "key_area") || ww_str_is(name, "initially") || ww_str_is(name, "exercise"))
                return json_pack("{s:s}", "type", "boolean");
        if (ww_str_is(name, "adjacent") || ww_str_is(name, "parent") || ww_str_is(name, "parents"))
                return schema_one_or_list(text());
        return ww_str_is(name, "supervision") ? schema_span() : text();
}

static json_t *keys_object(const struct site_key *keys, size_t n) {
        json_t *properties = json_object();

        for (size_t i = 0; i < n; i++)
                (void)json_object_set_new(properties, keys[i].name,
                                          schema_described(value_of(ww_str(keys[i].name)), keys[i].help));
        return schema_object(properties);
}

static json_t *required(json_t *object, const char *name) {
        (void)json_object_set_new(object, "required", json_pack("[s]", name));
        return object;
}

/* a group of named things, each of this form */
static json_t *named(json_t *value) {
        return json_pack("{s:[s, s], s:o}", "type", "object", "null", "additionalProperties", value);
}

static json_t *asset(void) {
        json_t *object = required(keys_object(site_asset_keys, site_asset_keys_n), "asset");

        (void)json_object_set_new(object, "additionalProperties", text()); /* fields of its own */
        return object;
}

static json_t *schedule(void) {
        json_t *hours = schema_one_or_list(json_pack("{s:s}", "type", "string"));

        return json_pack("{s:s, s:{s:{s:s}}, s:o}", "type", "object", "properties", "title", "type", "string",
                         "additionalProperties", hours);
}

static json_t *mode(void) {
        json_t *object = keys_object(site_mode_keys, site_mode_keys_n);

        (void)json_object_set_new(object, "type", json_pack("[s, s]", "object", "null"));
        return object;
}

/* one key for each priority, hazard or class that may be named */
static json_t *by_name(const char *(*name_of)(size_t), json_t *value, const char *help) {
        json_t *properties = json_object();

        for (size_t i = 0; name_of(i); i++)
                (void)json_object_set_new(properties, name_of(i), schema_described(json_copy(value), help));
        json_decref(value);
        return schema_object(properties);
}

static const char *priority_at(size_t i) {
        return i < WW_PRIORITY_CRITICAL ? ww_priority_name((enum ww_priority)(WW_PRIORITY_LOW + i)) : NULL;
}

/* the hazards; the classes that are never shelved and are no hazards; the rest */
static const char *shelve_at(size_t i) {
        static const char *const more[] = { "panic", "duress", "infant", "tamper", "default" };

        if (i < WW_HAZARD_MAX_)
                return ww_hazard_name((enum ww_hazard)i);
        i -= WW_HAZARD_MAX_;
        return i < sizeof more / sizeof *more ? more[i] : NULL;
}

static json_t *priorities(void) {
        const char *names[WW_PRIORITY_CRITICAL];

        for (size_t i = 0; i < WW_PRIORITY_CRITICAL; i++)
                names[i] = priority_at(i);
        return schema_list_of(schema_enum(names, WW_PRIORITY_CRITICAL));
}

static json_t *span_or_never(void) {
        return json_pack("{s:[o, {s:s}]}", "anyOf", schema_span(), "const", "never");
}

static json_t *alarms_part(struct ww_str name) {
        if (ww_str_is(name, "acknowledge_expires"))
                return by_name(priority_at, span_or_never(), "so long an acknowledgement of this priority holds");
        if (ww_str_is(name, "shelve_max"))
                return by_name(shelve_at, span_or_never(), "alarms of this hazard are shelved for at most so long");
        if (ww_str_is(name, "reason_required"))
                return priorities();
        return ww_str_is(name, "first_out_by") ? schema_list_of(text()) : schema_span();
}

static json_t *alarms(void) {
        json_t *properties = json_object();

        for (size_t i = 0; i < site_alarms_keys_n; i++)
                (void)json_object_set_new(
                        properties, site_alarms_keys[i].name,
                        schema_described(alarms_part(ww_str(site_alarms_keys[i].name)), site_alarms_keys[i].help));
        return schema_object(properties);
}

static json_t *kind(void) {
        json_t *object = keys_object(site_kind_keys, site_kind_keys_n);

        (void)json_object_update_new(json_object_get(json_object_get(object, "properties"), "nature"),
                                     json_pack("{s:[s, s, s]}", "enum", "state", "pulse", "measurement"));
        return object;
}

static json_t *plan(void) {
        json_t *object = keys_object(site_plan_keys, site_plan_keys_n);

        (void)json_object_set_new(object, "required", json_pack("[s, s]", "plan", "file"));
        (void)json_object_update_new(json_object_get(json_object_get(object, "properties"), "zones"),
                                     named(json_pack("{s:s}", "type", "string")));
        return object;
}

static json_t *client(void) {
        static const char *const lists[] = { "sensors", "assets", "under", "class", "publish", "subscribe" };
        json_t *object = required(keys_object(site_client_keys, site_client_keys_n), "client");
        json_t *properties = json_object_get(object, "properties");

        for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
                (void)json_object_set_new(
                        properties, lists[i],
                        schema_described(schema_one_or_list(text()),
                                         site_key_find(site_client_keys, site_client_keys_n, ww_str(lists[i]))->help));
        (void)json_object_update_new(json_object_get(properties, "topic"), named(text()));
        return object;
}

static json_t *part_of(struct ww_str name) {
        if (ww_str_is(name, "alarms"))
                return alarms();
        if (ww_str_is(name, "zones"))
                return schema_list_of(required(keys_object(site_zone_keys, site_zone_keys_n), "zone"));
        if (ww_str_is(name, "assets"))
                return schema_list_of(asset());
        if (ww_str_is(name, "plans"))
                return schema_list_of(plan());
        if (ww_str_is(name, "clients"))
                return schema_list_of(client());
        if (ww_str_is(name, "kinds"))
                return schema_list_of(required(kind(), "kind"));
        if (ww_str_is(name, "lists"))
                return named(schema_list_of(text()));
        if (ww_str_is(name, "holidays"))
                return named(text());
        if (ww_str_is(name, "schedules"))
                return named(schedule());
        return ww_str_is(name, "modes") ? named(mode()) : text();
}

json_t *schema_site(void) {
        json_t *properties = json_object(), *body;

        for (size_t i = 0; i < site_file_keys_n; i++)
                (void)json_object_set_new(
                        properties, site_file_keys[i].name,
                        schema_described(part_of(ww_str(site_file_keys[i].name)), site_file_keys[i].help));
        body = schema_object(properties);
        (void)json_object_set_new(body, "type", json_pack("[s, s]", "object", "null"));
        return schema_root("Wardwatch site model", body);
}
