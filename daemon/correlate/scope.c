/*
 * What names mean in a rule's expressions. In `where` a name is a field of the event, `alias.f` a field of the event
 * that took an earlier step. In `when`, `clear` and `regrade` only aggregates over aliases are names, and in `clear`
 * an alias itself: its level, or the instant at which it comes.
 *
 * A `where` that reads another alias is compiled a second time, over captures: what it compares has to be kept with
 * the events, because it is decided when the step is taken.
 */
#include "correlate/rule_load.h"

struct scope {
        struct loader *l;
        const struct selection *self; /* of a `where` */
        bool cross;                   /* another alias was read */
        bool aliases;                 /* bare aliases are legal (`clear`) */
};

static bool split(struct ww_str name, struct ww_str *head, struct ww_str *tail) {
        const char *dot = memchr(name.p, '.', name.n);

        if (!dot)
                return false;
        *head = (struct ww_str){ name.p, (size_t)(dot - name.p) };
        *tail = (struct ww_str){ dot + 1, name.n - head->n - 1 };
        return true;
}

/* the alias before the dot, or -1 */
static int alias_of(const struct scope *s, struct ww_str name, struct ww_str *ret_field) {
        struct ww_str head;

        return split(name, &head, ret_field) ? rule_load_alias_find(s->l->rule, head) : -1;
}

static int slot_add(struct correlate_rules *set, const struct field *f, struct expr_ref *ret) {
        if (set->n_fields == set->fields_capacity) {
                size_t capacity = set->fields_capacity ? set->fields_capacity * 2 : 64;
                const struct field **fields = realloc(set->fields, capacity * sizeof *fields);

                if (!fields)
                        return -ENOMEM;
                set->fields = fields;
                set->fields_capacity = capacity;
        }
        set->fields[set->n_fields] = f;
        *ret = (struct expr_ref){ .slot = (uint32_t)set->n_fields++, .type = EXPR_ANY };
        return 0;
}

static int where_name(void *userdata, struct ww_str name, struct diag_pos pos, struct diag *d, struct expr_ref *ret) {
        struct scope *s = userdata;
        struct ww_str tail;
        const struct field *f;
        int alias, r = 0;

        alias = alias_of(s, name, &tail);
        if (alias >= 0 && &s->l->rule->aliases[alias] != s->self) {
                s->cross = true;
                *ret = (struct expr_ref){ .type = EXPR_ANY };
                return 0;
        }
        f = rule_load_field(s->l, alias >= 0 ? tail : name, pos, &r);
        return f ? slot_add(s->l->set, f, ret) : r;
}

static int cross_name(void *userdata, struct ww_str name, struct diag_pos pos, struct diag *d, struct expr_ref *ret) {
        struct scope *s = userdata;
        struct ww_str tail;
        const struct field *f;
        int alias, capture, r = 0;

        alias = alias_of(s, name, &tail);
        f = rule_load_field(s->l, alias >= 0 ? tail : name, pos, &r);
        if (!f)
                return r;
        if (alias < 0)
                alias = (int)(s->self - s->l->rule->aliases);
        capture = rule_load_capture(s->l, (uint16_t)(1u << alias), f, pos);
        if (capture < 0)
                return DIAG_E_USER;
        *ret = (struct expr_ref){ .slot = (uint32_t)capture, .sub = (uint32_t)alias, .type = EXPR_ANY };
        return 0;
}

static uint32_t scope_list(void *userdata, struct ww_str name) {
        struct scope *s = userdata;

        return site_list_find(s->l->set->site, name);
}

static int compile(struct scope *s, const struct yaml_node *node, const char *word, struct expr_scope *scope,
                   enum expr_type want, const struct expr **ret) {
        struct ww_str text;
        int r = yaml_string(node, rule_load_what(s->l, word), s->l->d, &text);

        if (r)
                return r;
        scope->userdata = s;
        scope->list = scope_list;
        return expr_compile(&s->l->set->arena, text, rule_load_text_pos(node), scope, want, s->l->d, ret);
}

int scope_compile_where(struct loader *l, struct selection *self, const struct yaml_node *node) {
        struct scope s = { .l = l, .self = self };
        struct expr_scope scope = { .name = where_name };
        int r = compile(&s, node, "where", &scope, EXPR_ANY, &self->where);

        if (r || !s.cross)
                return r;
        self->where = NULL;
        scope.name = cross_name;
        return compile(&s, node, "where", &scope, EXPR_ANY, &self->cross);
}

static int when_name(void *userdata, struct ww_str name, struct diag_pos pos, struct diag *d, struct expr_ref *ret) {
        struct scope *s = userdata;
        int alias = rule_load_alias_find(s->l->rule, name);

        if (alias < 0)
                return EXPR_E_UNKNOWN;
        if (!s->aliases)
                return diag_error(d, pos, "write `count(…) >= 1`", "a selection is no value here: `%.*s`",
                                  WW_STR_ARG(name));
        *ret = (struct expr_ref){ .slot = SLOT_ALIAS, .sub = (uint32_t)alias, .type = EXPR_BOOL };
        return 0;
}

static bool aggregate_is(const struct aggregate *a, const struct aggregate *b) {
        return a->kind == b->kind && a->alias == b->alias && a->capture == b->capture;
}

static int aggregate_add(struct loader *l, struct aggregate a, struct diag_pos pos, struct expr_ref *ret) {
        struct rule *r = l->rule;
        struct aggregate *all = (struct aggregate *)r->aggregates;
        size_t i = 0;

        while (i < r->n_aggregates && !aggregate_is(&all[i], &a))
                i++;
        if (i == RULE_AGGREGATES_MAX)
                return diag_error(l->d, pos, NULL, "more than %d different aggregates in one rule",
                                  RULE_AGGREGATES_MAX);
        if (i == r->n_aggregates)
                all[r->n_aggregates++] = a;
        *ret = (struct expr_ref){ .slot = SLOT_AGGREGATE, .sub = (uint32_t)i, .type = EXPR_NUMBER };
        return 0;
}

static int distinct_call(struct scope *s, struct ww_str name, struct diag_pos pos, struct expr_ref *ret) {
        struct aggregate a;
        struct ww_str tail;
        const struct field *f;
        int alias = alias_of(s, name, &tail), capture, r = 0;

        if (alias < 0)
                return diag_error(s->l->d, pos, "write `distinct(alias.field)`", "`%.*s` is no field of a selection",
                                  WW_STR_ARG(name));
        f = rule_load_field(s->l, tail, pos, &r);
        if (!f)
                return r;
        capture = rule_load_capture(s->l, (uint16_t)(1u << alias), f, pos);
        if (capture < 0)
                return DIAG_E_USER;
        a = (struct aggregate){ AGGREGATE_DISTINCT, (uint8_t)alias, (uint8_t)capture };
        return aggregate_add(s->l, a, pos, ret);
}

static int count_call(struct scope *s, struct ww_str name, struct diag_pos pos, struct expr_ref *ret) {
        int alias = rule_load_alias(s->l, name, pos);

        if (alias < 0)
                return DIAG_E_USER;
        return aggregate_add(s->l, (struct aggregate){ .kind = AGGREGATE_COUNT, .alias = (uint8_t)alias }, pos, ret);
}

static int unknown_call(struct diag *d, struct ww_str function, struct diag_pos pos) {
        const char *names[32];

        for (size_t i = 0; i < word_call_n; i++)
                names[i] = word_call[i].name;
        return diag_error(d, pos, diag_suggest(function, names, word_call_n), "unknown function `%.*s`",
                          WW_STR_ARG(function));
}

static int when_call(void *userdata, struct ww_str function, const struct expr_arg *args, size_t n, struct diag_pos pos,
                     struct diag *d, struct expr_ref *ret) {
        struct scope *s = userdata;
        const struct word *w = word_find(word_call, word_call_n, function.p, function.n);

        if (!w)
                return unknown_call(d, function, pos);
        if (!w->supported)
                return diag_error(d, pos, NULL, "`%s()` is not supported by this version", w->name);
        if (n != 1 || args[0].form != EXPR_ARG_NAME)
                return diag_error(d, pos, "write `count(alias)` or `distinct(alias.field)`",
                                  "`%s()` takes one selection", w->name);
        return ww_str_is(function, "count") ? count_call(s, args[0].name, args[0].pos, ret)
                                            : distinct_call(s, args[0].name, args[0].pos, ret);
}

static int compile_aggregates(struct loader *l, const struct yaml_node *node, const char *word, bool aliases,
                              const struct expr **ret) {
        struct scope s = { .l = l, .aliases = aliases };
        const char *names[RULE_ALIASES_MAX];
        struct expr_scope scope = { .name = when_name, .call = when_call, .names = names };

        for (size_t i = 0; i < l->rule->n_aliases; i++)
                names[scope.n_names++] = l->rule->aliases[i].alias.p;
        return compile(&s, node, word, &scope, EXPR_BOOL, ret);
}

int scope_compile_when(struct loader *l, const struct yaml_node *node, const struct expr **ret) {
        return compile_aggregates(l, node, "when", false, ret);
}

int scope_compile_clear(struct loader *l, const struct yaml_node *node, const struct expr **ret) {
        return compile_aggregates(l, node, "clear", true, ret);
}

/* grows, or stays, with each further event */
static bool growing(const struct expr *e) {
        switch ((int)expr_op_of(e)) {
        case EXPR_OP_CONSTANT:
        case EXPR_OP_CALL:
                return true;
        case EXPR_OP_ADD:
                return growing(expr_child(e, 0)) && growing(expr_child(e, 1));
        default:
                return false;
        }
}

static bool constant(const struct expr *e) {
        return expr_op_of(e) == EXPR_OP_CONSTANT;
}

bool scope_positive(const struct expr *e) {
        switch ((int)expr_op_of(e)) {
        case EXPR_OP_OR:
        case EXPR_OP_AND:
                return scope_positive(expr_child(e, 0)) && scope_positive(expr_child(e, 1));
        case EXPR_OP_GE:
        case EXPR_OP_GT:
                return growing(expr_child(e, 0)) && constant(expr_child(e, 1));
        case EXPR_OP_LE:
        case EXPR_OP_LT:
                return constant(expr_child(e, 0)) && growing(expr_child(e, 1));
        default:
                return false;
        }
}
