#pragma once
/* The loader of rules/records, in parts; it reads by the parts of the response's loader (response/rules_load.h). */
#include "records/kinds.h"
#include "response/rules_load.h"

struct kinds_loader {
        struct rules_loader base; /* first: its parts are handed this */
        struct record_kinds *kinds;
};

static inline struct arena *kinds_arena(struct rules_loader *l) {
        return &l->rules->arena;
}

/* clang-format off */
#define KINDS_KEYS(X) \
        X(file) X(record) X(field) X(state) X(act) X(clock) X(opens) X(on) X(makes) X(notify) X(incident) X(list) X(example) X(step)
/* clang-format on */
#define KINDS_KEYS_DECLARE(name)                                                                                       \
        extern const struct rules_key kinds_##name##_keys[];                                                           \
        extern const size_t kinds_##name##_keys_n;
KINDS_KEYS(KINDS_KEYS_DECLARE)

/** All tables, for the reference and the schema. */
extern const struct rules_keys kinds_keys[];
extern const size_t kinds_keys_n;

/** The names of roles, in the order of their bits in enum alarm_role. */
#define KINDS_ROLES 6
extern const char *const kinds_roles[KINDS_ROLES];
#define KINDS_WHENS 4
extern const char *const kinds_whens[KINDS_WHENS];

/** One text, or a list of them, in the arena. 0 or -ENOMEM. */
int kinds_texts(struct rules_loader *l, const struct yaml_node *n, const char *key, struct ww_str **ret, size_t *ret_n);
/** `name: source` pairs of a mapping. 0 or -ENOMEM. */
int kinds_pairs(struct rules_loader *l, const struct yaml_node *n, const char *key, struct record_pairs *ret);
/** Tells at `pos` if the site has no list of that name. */
void kinds_list(struct rules_loader *l, struct diag_pos pos, struct ww_str name);
unsigned kinds_role_set(struct rules_loader *l, const struct yaml_node *n, const char *key);
int kinds_on(struct rules_loader *l, const struct yaml_node *n, struct record_on *ret);
int kinds_load_act(struct rules_loader *l, const struct yaml_node *n, void *to);
int kinds_load_opens(struct rules_loader *l, const struct yaml_node *n, void *to);
/** Plays the `examples:` of the files, lists of `n` files; *ret_run: how many. What does not hold is told. 0 or -errno.
 */
int kinds_examples(struct kinds_loader *l, const struct yaml_node *const *examples, size_t n, size_t *ret_run);
/** What refers to what. 0, DIAG_E_USER or -ENOMEM. */
int kinds_link(struct rules_loader *l, struct record_kinds *kinds);
