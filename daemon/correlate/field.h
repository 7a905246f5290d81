#pragma once
/*
 * Fields: what a word in a rule (`badge`, `ward`, `door.exit`) means for an event.
 *
 * A bare word is, in this order: a field of the event (kind, device, value …), a type of zone of the site (`ward`:
 * the nearest zone of that type at or above the event's), an attribute of the event, a class of the site's assets
 * (`door`: the event's own asset if it is one), a field of the event's asset. `x.f` is the field f of the asset
 * that x names; an attribute may name it by its id or by its device.
 */
#include "base/arena.h"
#include "config/site.h"
#include <wardwatch/event.h>

enum field_source {
        FIELD_KIND,
        FIELD_STATE,
        FIELD_VALUE,
        FIELD_UNIT,
        FIELD_DEVICE,
        FIELD_ASSET,
        FIELD_ZONE,
        FIELD_SITE,
        FIELD_SENSOR,
        FIELD_TIME,
        FIELD_RECEIVED,
        FIELD_ZONE_TYPE,
        FIELD_NAMED,    /* attribute, else class of assets, else field of the asset */
        FIELD_OF_ASSET, /* `base.name` */
        FIELD_OF_ZONE,  /* `zone.title` */
};

struct field {
        enum field_source source;
        bool class_name;          /* NAMED: also a class of the site's assets */
        uint32_t symbol;          /* NAMED: of the name */
        struct ww_str name;       /* as written, whole */
        struct ww_str tail;       /* OF_ASSET, OF_ZONE: what stands behind the dot */
        const struct field *base; /* OF_ASSET */
};

/** Resolves `name`, which is copied. NULL only without memory. *ret_known = false where neither the event, the site nor
 * a sensor type is known to carry it. */
const struct field *field_resolve(struct arena *arena, const struct site *site, struct symtab *symbols,
                                  struct ww_str name, bool *ret_known);

/** The field's value for `event`; missing if it has none. Borrows from the event and the site. */
struct ww_value field_load(const struct field *f, const struct site *site, const struct ww_event *event);

/* what a `where` can ask of two zones */
enum field_call {
        FIELD_CALL_ADJACENT,
        FIELD_CALL_INSIDE,
        FIELD_CALL_STEPS,
        FIELD_CALLS,
};
struct field_call_word {
        const char *name, *help;
};
extern const struct field_call_word field_calls[FIELD_CALLS];
/** args: ids of two zones; what is no zone gives false. */
struct ww_value field_call(enum field_call call, const struct site *site, const struct ww_value *args);

/** The event's own words, for "did you mean" and the reference. */
struct field_word {
        const char *name;
        enum field_source source;
        const char *help;
};
extern const struct field_word field_words[];
extern const size_t field_words_n;
