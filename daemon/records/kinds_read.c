/* Typed readers of what only the files of records have. */
#include "records/kinds_load.h"

static const struct yaml_node *first_of(const struct yaml_node *value) {
        return value->type == YAML_SEQUENCE ? value->first : value;
}

static const struct yaml_node *next_of(const struct yaml_node *value, const struct yaml_node *item) {
        return value->type == YAML_SEQUENCE ? item->next : NULL;
}

int kinds_texts(struct rules_loader *l, const struct yaml_node *n, const char *key, struct ww_str **ret,
                size_t *ret_n) {
        const struct yaml_node *value = yaml_get(n, key);
        size_t room = !value ? 0 : value->type == YAML_SEQUENCE ? value->n : 1;

        *ret_n = 0;
        if (!room)
                return 0;
        *ret = arena_array(kinds_arena(l), struct ww_str, room);
        if (!*ret)
                return -ENOMEM;
        for (const struct yaml_node *item = first_of(value); item; item = next_of(value, item)) {
                if (!yaml_string(item, key, l->d, &(*ret)[*ret_n]))
                        ++*ret_n;
                else
                        l->result = DIAG_E_USER;
        }
        return 0;
}

int kinds_pairs(struct rules_loader *l, const struct yaml_node *n, const char *key, struct record_pairs *ret) {
        const struct yaml_node *value = yaml_get(n, key);

        *ret = (struct record_pairs){ 0 };
        if (!value)
                return 0;
        if (value->type != YAML_MAPPING) {
                l->result = diag_error(l->d, value->pos, "write `FIELD: SOURCE`, one below the other",
                                       "`%s` must be a group of sources", key);
                return 0;
        }
        ret->pairs = arena_array(kinds_arena(l), struct record_pair, value->n + 1);
        if (!ret->pairs)
                return -ENOMEM;
        yaml_each(item, value) {
                struct record_pair *p = &ret->pairs[ret->n];

                p->name = item->key;
                p->field = SIZE_MAX;
                if (!yaml_string(item, key, l->d, &p->source))
                        ret->n++;
                else
                        l->result = DIAG_E_USER;
        }
        return 0;
}

void kinds_list(struct rules_loader *l, struct diag_pos pos, struct ww_str name) {
        const char *near = site_nearest_list(l->site, name);

        if (site_list_find(l->site, name) != SITE_NONE)
                return;
        l->result = diag_error(l->d, pos,
                               near ? arena_printf(kinds_arena(l), "did you mean `%s`?", near)
                                    : "name it under `lists:` in a file of the site",
                               "the site has no list `%.*s`", WW_STR_ARG(name));
}

unsigned kinds_role_set(struct rules_loader *l, const struct yaml_node *n, const char *key) {
        const struct yaml_node *value = yaml_get(n, key);
        unsigned set = 0;

        for (const struct yaml_node *item = value ? first_of(value) : NULL; item; item = next_of(value, item)) {
                struct ww_str word = WW_STR("");
                unsigned role = 0;

                if (rules_told(l, yaml_string(item, key, l->d, &word)) || !word.n)
                        continue;
                for (unsigned i = 0; i < KINDS_ROLES; i++)
                        role |= ww_str_is(word, kinds_roles[i]) ? 1U << i : 0;
                if (!role)
                        l->result = diag_error(l->d, item->pos, diag_suggest(word, kinds_roles, KINDS_ROLES),
                                               "there is no role `%.*s`", WW_STR_ARG(word));
                set |= role;
        }
        return set;
}

#define NAMES_MAX 512

static void kind_unknown(struct rules_loader *l, const struct yaml_node *n, struct ww_str kind) {
        const struct ww_kinds *kinds = site_kinds(l->site);
        const char *names[NAMES_MAX];
        size_t count = 0;

        for (size_t i = 0; i < kinds->n && count + 2 < NAMES_MAX; i++) {
                names[count++] = kinds->rows[i].active;
                if (kinds->rows[i].normal)
                        names[count++] = kinds->rows[i].normal;
        }
        l->result = diag_error(l->d, n->pos, diag_suggest(kind, names, count), "there is no kind of event `%.*s`",
                               WW_STR_ARG(kind));
}

int kinds_on(struct rules_loader *l, const struct yaml_node *n, struct record_on *ret) {
        const struct yaml_node *on = yaml_get(n, "on");
        int r;

        if (!on || !rules_mapping(l, on, "`on`", kinds_on_keys, kinds_on_keys_n))
                return 0;
        rules_text(l, on, "kind", &ret->kind);
        if (!ww_kind_find(site_kinds(l->site), ret->kind, &ret->family, &ret->state) || ret->state == WW_STATE_UNKNOWN)
                kind_unknown(l, yaml_get(on, "kind"), ret->kind);
        else
                ret->given = true;
        r = kinds_pairs(l, on, "match", &ret->match);
        return r ? r : kinds_pairs(l, on, "unless", &ret->unless);
}
