/* What the files say, looked up. */
#include "records/kinds.h"

#include "records/records.h"

struct record_kinds *record_kinds_free(struct record_kinds *kinds) {
        if (!kinds)
                return NULL;
        for (size_t i = 0; i < kinds->n_kinds; i++) {
                free(kinds->kinds[i].fields);
                free(kinds->kinds[i].states);
                free(kinds->kinds[i].acts);
                free(kinds->kinds[i].clocks);
                free(kinds->kinds[i].opens);
        }
        free(kinds->kinds);
        free(kinds->examples);
        arena_deinit(&kinds->host.arena);
        free(kinds);
        return NULL;
}

size_t record_kinds_count(const struct record_kinds *kinds) {
        return kinds->n_kinds;
}

const struct record_kind *record_kind_find(const struct record_kinds *kinds, struct ww_str name) {
        for (size_t i = 0; i < kinds->n_kinds; i++)
                if (ww_str_equal(kinds->kinds[i].name, name))
                        return &kinds->kinds[i];
        return NULL;
}

#define FIND(what, list)                                                                                               \
        size_t record_kind_##what(const struct record_kind *kind, struct ww_str name) {                                \
                for (size_t i = 0; i < kind->n_##list; i++)                                                            \
                        if (ww_str_equal(kind->list[i].name, name))                                                    \
                                return i;                                                                              \
                return SIZE_MAX;                                                                                       \
        }

FIND(field, fields)
FIND(state, states)

const struct record_act *record_kind_act(const struct record_kind *kind, struct ww_str name) {
        for (size_t i = 0; i < kind->n_acts; i++)
                if (ww_str_equal(kind->acts[i].name, name))
                        return &kind->acts[i];
        return NULL;
}
