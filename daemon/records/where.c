#include "records/where.h"

#include "records/records_internal.h"

struct ww_str records_zone(const struct records *r, struct ww_str device) {
        const char *slash = device.n ? memchr(device.p, '/', device.n) : NULL;
        const struct ww_str number = { device.p, slash ? (size_t)(slash - device.p) : device.n };
        const struct record *rec = record_find_number(r, number);

        if (!rec || !rec->kind || json_is_true(json_object_get(rec->body, "restricted")))
                return WW_STR_NONE;
        for (size_t i = 0; i < rec->kind->n_fields; i++) {
                const struct record_field *f = &rec->kind->fields[i];
                const char *zone = json_string_value(json_object_get(record_fields(rec), f->name.p));

                if (f->type == RECORD_ZONE && zone)
                        return ww_str(zone);
        }
        return WW_STR_NONE;
}
