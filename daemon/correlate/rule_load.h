#pragma once
/*
 * The loader of one rule, in parts. Every part tells what is wrong in loader.d and goes on, so that one run shows all
 * mistakes of a file; the rule set is refused at the end if anything was told.
 */
#include "correlate/rule.h"
#include "correlate/word.h"

struct loader {
        struct correlate_rules *set;
        struct diag *d;
        struct rule *rule;
        const struct yaml_node *node; /* of the rule */
        bool misspelt;                /* a word of the rule is unknown: what it lacks is not told */
};

/* each returns 0, DIAG_E_USER or -ENOMEM; load_errno() folds two */
int rule_load_select(struct loader *l);
int rule_load_key(struct loader *l);
int rule_load_condition(struct loader *l);
int rule_load_sequence(struct loader *l, const struct yaml_node *node);
int rule_load_expect(struct loader *l);
/** `assets(class)`: the rule has a key for each of them. */
int rule_load_each(struct loader *l, const struct yaml_node *node);
int rule_load_raise(struct loader *l);
int rule_load_mute(struct loader *l);
int rule_load_title(struct loader *l);
/** One word of the three, or DIAG_E_USER with the nearest. */
int rule_load_hazard(struct loader *l, const struct yaml_node *n, enum ww_hazard *ret);
int rule_load_priority(struct loader *l, const struct yaml_node *n, enum ww_priority *ret);
int rule_load_class(struct loader *l, const struct yaml_node *n, enum ww_class *ret);
/** All of them; return how many. */
size_t rule_load_hazards(const char *names[static WW_HAZARD_MAX_]);
size_t rule_load_priorities(const char *names[static WW_PRIORITY_CRITICAL + 1]);
size_t rule_load_classes(const char *names[static WW_CLASS_MAX_]);

/** "rule `NAME`: WORD", for the typed readers; lives in the rule set. */
const char *rule_load_what(struct loader *l, const char *word);
/** The worse of two results: -errno before DIAG_E_USER before 0. */
static inline int rule_load_worse(int a, int b) {
        return a < 0 ? a : b < 0 ? b : a ? a : b;
}
/** Refuses keys of `n` that are not among the words. 0 or DIAG_E_USER. */
int rule_load_words(struct loader *l, const struct yaml_node *n, const char *what, const struct word *words,
                    size_t n_words);
/** Flags of events that `flags` can name; *ret_n of them. */
const char *const *rule_load_flag_names(size_t *ret_n);
/** Alias number, or -1 after telling. */
int rule_load_alias(struct loader *l, struct ww_str name, struct diag_pos pos);
int rule_load_alias_find(const struct rule *r, struct ww_str name);
/** "a", "a or b" → mask; 0 after telling. */
int rule_load_alias_mask(struct loader *l, struct ww_str text, struct diag_pos pos, uint16_t *ret);
/** A capture of `field` for these aliases: its number, or -1 after telling (too many). */
int rule_load_capture(struct loader *l, uint16_t aliases, const struct field *field, struct diag_pos pos);
/** A span, or `asset.f` if `field_too`. */
int rule_load_span(struct loader *l, const struct yaml_node *n, const char *word, struct rule_span *ret);
/** Resolves a field; tells about a word that nothing is known to carry. NULL without memory or after telling
 *  (*ret_error). */
const struct field *rule_load_field(struct loader *l, struct ww_str name, struct diag_pos pos, int *ret_error);
/** A scalar is a list of one. */
static inline const struct yaml_node *items(const struct yaml_node *n) {
        return n->type == YAML_SEQUENCE ? n->first : n;
}
static inline const struct yaml_node *items_next(const struct yaml_node *list, const struct yaml_node *item) {
        return list->type == YAML_SEQUENCE ? item->next : NULL;
}
static inline size_t items_count(const struct yaml_node *n) {
        return n->type == YAML_SEQUENCE ? n->n : 1;
}
/** Where an expression in a scalar starts. */
static inline struct diag_pos rule_load_text_pos(const struct yaml_node *n) {
        struct diag_pos pos = n->pos;

        pos.column += !n->plain && !n->source.n;
        return pos;
}

/* rule_advise.c */
/** Warns about a rule that cannot be looked up, or whose state is not bounded by itself. */
void rule_advise(struct loader *l);

/* rule_link.c */
/** Once all rules are read and sorted: what they read of each other. 0, DIAG_E_USER, -ENOMEM. */
int rule_link(struct correlate_rules *set, struct diag *d);

/* scope.c: what names in expressions mean */
int scope_compile_where(struct loader *l, struct selection *s, const struct yaml_node *node);
int scope_compile_when(struct loader *l, const struct yaml_node *node, const struct expr **ret);
int scope_compile_clear(struct loader *l, const struct yaml_node *node, const struct expr **ret);
int scope_compile_while(struct loader *l, const struct yaml_node *node);
/** A schedule (call 0) or mode (call 1) of the site by its name: its number; tells if there is none. */
int scope_site_name(struct loader *l, size_t call, struct ww_str name, struct diag_pos pos, uint32_t *ret);
/** True if further events cannot make it false. */
bool scope_positive(const struct rule *rule, const struct expr *e);
