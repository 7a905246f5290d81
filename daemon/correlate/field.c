#include "correlate/field.h"

const struct field_word field_words[] = {
        { "kind", FIELD_KIND, "the kind's name, `door.opened`" },
        { "state", FIELD_STATE, "active, normal, pulse" },
        { "value", FIELD_VALUE, "the number or text that the event carries" },
        { "unit", FIELD_UNIT, "the value's unit" },
        { "device", FIELD_DEVICE, "the device, as the sensor type names it" },
        { "asset", FIELD_ASSET, "the asset of the site model that the device is" },
        { "zone", FIELD_ZONE, "the zone that the asset is in" },
        { "site", FIELD_SITE, "the site's name" },
        { "sensor", FIELD_SENSOR, "the sensor type and its version" },
        { "time", FIELD_TIME, "the event's time" },
        { "received", FIELD_RECEIVED, "when the message came in" },
};
const size_t field_words_n = sizeof field_words / sizeof *field_words;

static const struct field_word *word_find(struct ww_str name) {
        for (size_t i = 0; i < field_words_n; i++)
                if (ww_str_is(name, field_words[i].name))
                        return &field_words[i];
        return NULL;
}

static bool resolve_bare(struct field *f, const struct site *site, struct symtab *symbols, bool *known) {
        const struct field_word *word = word_find(f->name);

        *known = true;
        if (word) {
                f->source = word->source;
                return true;
        }
        if (site_zone_type_known(site, f->name)) {
                f->source = FIELD_ZONE_TYPE;
                return true;
        }
        f->source = FIELD_NAMED;
        f->class_name = site_class_known(site, f->name);
        *known = f->class_name || symtab_find(symbols, f->name) != 0 || ww_str_is(f->name, "supervision");
        f->symbol = symtab_intern(symbols, f->name);
        return f->symbol != 0;
}

static bool resolve_dotted(struct field *f, struct arena *arena, const struct site *site, struct symtab *symbols,
                           size_t dot, bool *known) {
        struct ww_str head = { f->name.p, dot };

        f->tail = (struct ww_str){ f->name.p + dot + 1, f->name.n - dot - 1 };
        f->base = field_resolve(arena, site, symbols, head, known);
        if (!f->base)
                return false;
        f->source = f->base->source == FIELD_ZONE || f->base->source == FIELD_ZONE_TYPE ? FIELD_OF_ZONE
                                                                                        : FIELD_OF_ASSET;
        return true;
}

const struct field *field_resolve(struct arena *arena, const struct site *site, struct symtab *symbols,
                                  struct ww_str name, bool *ret_known) {
        struct field *f = arena_new(arena, struct field);
        const char *dot;
        bool ok;

        if (!f)
                return NULL;
        f->name = arena_copy(arena, name);
        if (!f->name.p)
                return NULL;
        dot = memchr(f->name.p, '.', f->name.n);
        ok = dot ? resolve_dotted(f, arena, site, symbols, (size_t)(dot - f->name.p), ret_known)
                 : resolve_bare(f, site, symbols, ret_known);
        return ok ? f : NULL;
}

static struct ww_value text(struct ww_str s) {
        return s.n ? ww_string(s) : ww_missing();
}

static uint32_t event_zone(const struct site *site, const struct ww_event *event) {
        if (event->asset_index != SITE_NONE && event->asset_index < site_asset_count(site))
                return site_asset(site, event->asset_index)->zone;
        return event->zone.n ? site_zone_find(site, event->zone) : SITE_NONE;
}

static struct ww_value zone_of_type(const struct site *site, const struct ww_event *event, struct ww_str type) {
        uint32_t zone = event_zone(site, event);

        if (zone != SITE_NONE)
                zone = site_zone_of_type(site, zone, type);
        return zone == SITE_NONE ? ww_missing() : text(site_zone(site, zone)->id);
}

static uint32_t asset_named(const struct site *site, struct ww_str name) {
        uint32_t asset = site_asset_find(site, name);

        return asset == SITE_NONE ? site_asset_of_device(site, name) : asset;
}

static const struct ww_attr *attribute(const struct ww_event *event, const struct field *f) {
        for (size_t i = 0; i < event->n_attrs; i++) {
                const struct ww_attr *a = &event->attrs[i];

                if (a->symbol ? a->symbol == f->symbol : ww_str_equal(a->name, f->name))
                        return a;
        }
        return NULL;
}

static struct ww_value load_named(const struct field *f, const struct site *site, const struct ww_event *event) {
        const struct ww_attr *a = attribute(event, f);
        const struct site_asset *own = event->asset_index < site_asset_count(site)
                                               ? site_asset(site, event->asset_index)
                                               : NULL;

        if (a && f->class_name && a->value.type == WW_STRING) {
                uint32_t asset = asset_named(site, a->value.string);

                return asset == SITE_NONE ? a->value : text(site_asset(site, asset)->id);
        }
        if (a)
                return a->value;
        if (!own)
                return ww_missing();
        if (f->class_name && ww_str_equal(own->class_name, f->name))
                return text(own->id);
        return site_asset_field(site, event->asset_index, f->name);
}

static struct ww_value load_of_asset(const struct field *f, const struct site *site, const struct ww_event *event) {
        uint32_t asset = event->asset_index;

        if (f->base->source != FIELD_ASSET && f->base->source != FIELD_DEVICE) {
                struct ww_value name = field_load(f->base, site, event);

                asset = name.type == WW_STRING ? asset_named(site, name.string) : SITE_NONE;
        }
        return asset < site_asset_count(site) ? site_asset_field(site, asset, f->tail) : ww_missing();
}

static struct ww_value load_of_zone(const struct field *f, const struct site *site, const struct ww_event *event) {
        uint32_t index = event_zone(site, event);
        const struct site_zone *zone;

        if (index != SITE_NONE && f->base->source == FIELD_ZONE_TYPE)
                index = site_zone_of_type(site, index, f->base->name);
        if (index == SITE_NONE)
                return ww_missing();
        zone = site_zone(site, index);
        if (ww_str_is(f->tail, "id"))
                return text(zone->id);
        if (ww_str_is(f->tail, "title"))
                return text(zone->title);
        if (ww_str_is(f->tail, "key_area"))
                return ww_bool(zone->key_area);
        return ww_str_is(f->tail, "type") ? text(zone->type) : ww_missing();
}

struct ww_value field_load(const struct field *f, const struct site *site, const struct ww_event *event) {
        switch (f->source) {
        case FIELD_KIND:
                return text(event->kind);
        case FIELD_STATE:
                return text(ww_str(ww_state_name(event->state)));
        case FIELD_VALUE:
                return event->value;
        case FIELD_UNIT:
                return text(event->unit);
        case FIELD_DEVICE:
                return text(event->device);
        case FIELD_ASSET:
                return text(event->asset);
        case FIELD_ZONE:
                return text(event->zone);
        case FIELD_SITE:
                return text(event->site);
        case FIELD_SENSOR:
                return text(event->sensor);
        case FIELD_TIME:
                return ww_instant(event->time);
        case FIELD_RECEIVED:
                return ww_instant(event->received);
        case FIELD_ZONE_TYPE:
                return zone_of_type(site, event, f->name);
        case FIELD_NAMED:
                return load_named(f, site, event);
        case FIELD_OF_ASSET:
                return load_of_asset(f, site, event);
        case FIELD_OF_ZONE:
                return load_of_zone(f, site, event);
        }
        return ww_missing();
}

const struct field_call_word field_calls[FIELD_CALLS] = {
        [FIELD_CALL_ADJACENT] = { "adjacent",
                                  "`adjacent(zone, other.zone)`: one step leads from the one to the other" },
        [FIELD_CALL_INSIDE] = { "inside", "`inside(zone, 'B1')`: the first is the second, or a part of it" },
        [FIELD_CALL_STEPS] = { "steps", "`steps(zone, other.zone)`: how many steps by `adjacent` lead from the one to "
                                        "the other, 0 "
                                        "within one; missing where none does" },
};

static uint32_t zone_arg(const struct site *site, struct ww_value v) {
        return v.type == WW_STRING ? site_zone_find(site, v.string) : SITE_NONE;
}

static struct ww_value steps(const struct site *site, uint32_t a, uint32_t b) {
        uint32_t n = a == SITE_NONE || b == SITE_NONE ? SITE_NONE : site_zones_steps(site, a, b);

        return n == SITE_NONE ? ww_missing() : ww_number(n);
}

struct ww_value field_call(enum field_call call, const struct site *site, const struct ww_value *args) {
        uint32_t a = zone_arg(site, args[0]), b = zone_arg(site, args[1]);

        if (call == FIELD_CALL_STEPS)
                return steps(site, a, b);
        if (a == SITE_NONE || b == SITE_NONE)
                return ww_bool(false);
        if (call == FIELD_CALL_ADJACENT)
                return ww_bool(site_zones_adjacent(site, a, b));
        while (a != SITE_NONE && a != b)
                a = site_zone(site, a)->parent;
        return ww_bool(a == b);
}
