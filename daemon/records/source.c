/*
 * What fills a field where no person does: `=text` is that text, `now` the time of it, and every other word a part of
 * the event, the record or the incident that it comes from.
 */
#include "records/records_internal.h"

#include "journal/record_json.h"

static json_t *source_common(struct ww_str source, int64_t now) {
        if (source.n && source.p[0] == '=')
                return json_stringn(source.p + 1, source.n - 1);
        return ww_str_is(source, "now") ? record_json_time(now) : NULL;
}

static json_t *text_or_none(struct ww_str text) {
        return text.n ? record_json_str(text) : NULL;
}

json_t *source_event(const struct ww_event *event, struct ww_str source, int64_t now) {
        const struct {
                const char *name;
                struct ww_str value;
        } parts[] = {
                { "kind", event->kind },     { "zone", event->zone }, { "asset", event->asset },
                { "device", event->device }, { "site", event->site }, { "sensor", event->sensor },
        };
        json_t *common = source_common(source, now);

        if (common)
                return common;
        for (size_t i = 0; i < event->n_attrs; i++)
                if (ww_str_equal(event->attrs[i].name, source))
                        return record_json_value(event->attrs[i].value);
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
                if (ww_str_is(source, parts[i].name))
                        return text_or_none(parts[i].value);
        if (ww_str_is(source, "time"))
                return record_json_time(event->time);
        if (ww_str_is(source, "value") && event->value.type != WW_MISSING)
                return record_json_value(event->value);
        return NULL;
}

json_t *source_record(const struct record *rec, struct ww_str source, int64_t now) {
        json_t *common = source_common(source, now), *value;

        if (common)
                return common;
        value = json_object_getn(record_fields(rec), source.p, source.n);
        if (value)
                return json_deep_copy(value);
        if (ww_str_is(source, "number") || ww_str_is(source, "title") || ww_str_is(source, "opened_by") ||
            ww_str_is(source, "opened_at") || ww_str_is(source, "state"))
                return json_string(record_text(rec, source.p));
        return NULL;
}

json_t *source_incident(const struct ww_change *incident, const json_t *body, struct ww_str source, int64_t now) {
        json_t *common = source_common(source, now);

        if (common)
                return common;
        if (ww_str_is(source, "incident"))
                return json_integer((json_int_t)incident->id);
        return json_deep_copy(json_object_getn(body, source.p, source.n));
}

/* A checklist that comes of another record is its items, to be answered anew. */
static json_t *items_of(json_t *list) {
        json_t *items = json_array(), *entry;
        size_t i;

        json_array_foreach(list, i, entry) {
                const json_t *item = json_is_object(entry) ? json_object_get(entry, "item") : entry;

                (void)json_array_append_new(items,
                                            json_string(json_string_value(item) ? json_string_value(item) : "?"));
        }
        json_decref(list);
        return items;
}

/* At most so many bytes, and no half character. */
static json_t *text_cut(json_t *value, size_t bytes) {
        const char *text = json_string_value(value);
        json_t *cut;

        if (!text || json_string_length(value) <= bytes)
                return value;
        while (bytes && ((unsigned char)text[bytes] & 0xc0) == 0x80)
                bytes--;
        cut = json_stringn(text, bytes);
        json_decref(value);
        return cut;
}

static json_t *number_text(json_t *value) {
        json_t *text = json_sprintf("%.15g", json_number_value(value));

        json_decref(value);
        return text;
}

int source_fill(const struct records *r, const struct record_kind *kind, json_t *fields, size_t field, json_t *value,
                int64_t now) {
        const struct record_field *f = &kind->fields[field];
        struct field_why why;
        json_t *canon = NULL;
        int e;

        if (!value)
                return 0;
        if (f->type == RECORD_CHECKLIST && json_is_array(value))
                value = items_of(value);
        if (f->type == RECORD_TEXT && json_is_number(value))
                value = number_text(value);
        if (f->type == RECORD_TEXT)
                value = text_cut(value, f->max ? (size_t)f->max : RECORD_TEXT_BYTES);
        e = value ? field_canon(r, f, value, now, &canon, &why) : -ENOMEM;
        json_decref(value);
        if (e > 0)
                return 0; /* what does not fit is left out */
        return e || json_object_set_new(fields, f->name.p, canon) ? -ENOMEM : 0;
}

bool source_equal(const json_t *a, const json_t *b) {
        size_t i;
        json_t *item;

        if (!a || !b || json_is_null(a) || json_is_null(b))
                return false;
        if (json_is_array(a)) {
                json_array_foreach(a, i, item) if (source_equal(item, b)) return true;
                return false;
        }
        return json_equal(a, b);
}
