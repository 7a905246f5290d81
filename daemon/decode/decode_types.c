#include "decode/examples.h"
#include "decode/load.h"

static int name_kinds(struct decode_types *t) {
        t->kind_names = calloc(t->kinds->n + 1, sizeof(*t->kind_names));
        t->family_states = calloc(t->kinds->n + 1, sizeof(*t->family_states));
        if (!t->kind_names || !t->family_states)
                return -ENOMEM;
        for (size_t i = 0; i < t->kinds->n; i++) {
                t->family_states[i] = states_kind(ww_str(t->kinds->rows[i].family));
                for (int state = WW_STATE_UNKNOWN; state <= WW_STATE_PULSE; state++)
                        t->kind_names[i][state] = ww_str(ww_kind_name(t->kinds, (ww_family)i, (enum ww_state)state));
        }
        return 0;
}

static ww_family family_of(const struct ww_kinds *kinds, const char *name) {
        ww_family family = WW_FAMILY_NONE;
        enum ww_state state;

        return ww_kind_find(kinds, ww_str(name), &family, &state) ? family : WW_FAMILY_NONE;
}

static int name_attributes(struct decode_types *t) {
        static const char *const names[TYPE_OWN_ATTRS] = {
                [TYPE_ATTR_FIRST] = "first", [TYPE_ATTR_LAST] = "last", [TYPE_ATTR_GATEWAY] = "gateway"
        };

        for (size_t i = 0; i < TYPE_OWN_ATTRS; i++) {
                t->own_attrs[i].name = ww_str(names[i]);
                t->own_attrs[i].symbol = symtab_intern(t->symbols, t->own_attrs[i].name);
                if (!t->own_attrs[i].symbol)
                        return -ENOMEM;
        }
        return 0;
}

int decode_types_compile(struct decode_types **ret, const struct bundle *bundle, const struct site *site,
                         struct symtab *symbols, const struct ww_kinds *kinds, bool run_examples, struct diag *d) {
        _cleanup_(decode_types_freep) struct decode_types *t = calloc(1, sizeof(*t));
        struct decode_examples_result ran;
        int r, told;

        if (!t)
                return -ENOMEM;
        t->site = site;
        t->symbols = symbols;
        t->kinds = kinds;
        t->heartbeat = family_of(kinds, "device.heartbeat");
        t->gap = family_of(kinds, "gap");
        t->link = family_of(kinds, "device.link");
        t->described = family_of(kinds, "device.described");
        t->drift_states = states_kind(WW_STR("#drift"));
        t->number_states = states_kind(WW_STR("#number")); /* no kind has such a name */
        r = name_attributes(t);
        if (r)
                return r;
        r = trie_new(&t->trie);
        r = r ? r : name_kinds(t);
        if (r)
                return r;
        told = placement_init(&t->placement, site, kinds, d);
        if (told < 0)
                return told;
        r = load_bundle(t, bundle, d);
        if (r || told)
                return r < 0 ? r : DIAG_E_USER;
        r = run_examples ? decode_types_examples(t, &(struct decode_examples){ .wanted = NULL }, d, &ran) : 0;
        if (r)
                return r;
        *ret = t;
        t = NULL;
        return 0;
}

struct decode_types *decode_types_free(struct decode_types *t) {
        if (t) {
                trie_free(t->trie);
                placement_deinit(&t->placement);
                for (size_t i = 0; i < t->n_zones; i++)
                        timezone_free(t->zones[i].table);
                free(t->zones);
                free(t->types);
                free(t->refs);
                free(t->kind_names);
                free(t->family_states);
                arena_deinit(&t->arena);
                free(t);
        }
        return NULL;
}

const char *decode_types_nearest(const struct decode_types *t, struct ww_str name) {
        const char **names = calloc(t->n + 1, sizeof *names);
        const char *nearest = NULL;

        for (size_t i = 0; names && i < t->n; i++)
                names[i] = t->types[i].name.p;
        if (names)
                nearest = diag_nearest(name, names, t->n);
        free(names);
        return nearest;
}

size_t decode_types_count(const struct decode_types *t) {
        return t->n;
}

uint32_t decode_types_asset(const struct decode_types *t, struct ww_str sensor, struct ww_str device) {
        const char *version = sensor.n ? memrchr(sensor.p, '/', sensor.n) : NULL;

        if (version)
                sensor.n = (size_t)(version - sensor.p);
        return placement_asset(&t->placement, sensor, device);
}
