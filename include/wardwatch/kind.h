#pragma once
/*
 * The closed vocabulary of event kinds.
 *
 * A kind is a family and, for a state family, which of its values: `door.opened` and `door.closed` are the active
 * and the normal value of the one state `door`. A pulse family (`panic`, `access.denied`) has one name and no
 * normal value. A measurement family (`temperature`) carries a number each time and is a pulse to the correlation.
 *
 * The built-in table is `ww_kind_table` (base/kind.c); a site may extend it in YAML, so code that is handed a
 * `struct ww_kinds` uses that and never the table itself.
 */
#include <wardwatch/str.h>

/* the value of an event; also on disk: do not renumber */
enum ww_state {
        WW_STATE_UNKNOWN = 0,
        WW_STATE_NORMAL = 1,
        WW_STATE_ACTIVE = 2,
        WW_STATE_PULSE = 3,
};

enum ww_nature {
        WW_NATURE_STATE,
        WW_NATURE_PULSE,
        WW_NATURE_MEASUREMENT,
};

/* alarm class; on disk: do not renumber */
enum ww_class {
        WW_CLASS_GENERAL = 0,
        WW_CLASS_FIRE = 1,
        WW_CLASS_PANIC = 2,
        WW_CLASS_DURESS = 3,
        WW_CLASS_INFANT = 4,
        WW_CLASS_TAMPER = 5,
        WW_CLASS_MAX_ = 6,
};

typedef uint16_t ww_family; /* index into struct ww_kinds */
#define WW_FAMILY_NONE UINT16_MAX

struct ww_kind {
        const char *family; /* "door" */
        const char *active; /* "door.opened"; for a pulse or a measurement the only name */
        const char *normal; /* "door.closed"; NULL unless a state */
        enum ww_nature nature;
        enum ww_class implies; /* the alarm class that a rule selecting this kind must name; GENERAL = none */
        const char *unit;      /* of a measurement, canonical ("celsius"); NULL = none */
        const char *help;      /* one line for the reference */
};

struct ww_kinds {
        const struct ww_kind *rows;
        size_t n;
};

/** The built-in vocabulary, static. */
const struct ww_kinds *ww_kinds_builtin(void);

/** Finds `name` as a family or as a value's name. Family name: *ret_state = UNKNOWN (any value).
 *  Returns false if there is none. */
bool ww_kind_find(const struct ww_kinds *kinds, struct ww_str name, ww_family *ret_family, enum ww_state *ret_state);

/** The name of (family, state): "door.opened"; for UNKNOWN of a state family the family's name. Static string. */
const char *ww_kind_name(const struct ww_kinds *kinds, ww_family family, enum ww_state state);

const char *ww_state_name(enum ww_state state);             /* "active" */
const char *ww_class_name(enum ww_class klass);             /* "fire" */
bool ww_class_find(struct ww_str name, enum ww_class *ret); /* false if there is none */

/** Fire, panic, duress, infant and tamper can be neither muted nor shelved. */
static inline bool ww_class_protected(enum ww_class klass) {
        return klass != WW_CLASS_GENERAL;
}
