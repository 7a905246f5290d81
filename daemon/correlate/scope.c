/*
 * What names mean in a rule's expressions. In `where` a name is a field of the event, `alias.f` a field of the event
 * that took an earlier step. In `when`, `clear` and `regrade` only aggregates over aliases are names, and in `clear`
 * an alias itself: its level, or the instant at which it comes; `while` reads state selections, schedules, modes and
 * other rules' alarms.
 *
 * A `where` that reads another alias is compiled a second time, over captures: what it compares has to be kept with
 * the events, because it is decided when the step is taken.
 */
#include "correlate/rule_load.h"
#include "correlate/state.h"

struct scope {
        struct loader *l;
        const struct selection *self; /* of a `where` */
        bool cross;                   /* another alias was read */
        bool aliases;                 /* bare aliases are legal (`clear`, `while`) */
        bool guard;                   /* `while` */
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

static const char *scope_list_nearest(void *userdata, struct ww_str name) {
        struct scope *s = userdata;

        return site_nearest_list(s->l->set->site, name);
}

static int compile(struct scope *s, const struct yaml_node *node, const char *word, struct expr_scope *scope,
                   enum expr_type want, const struct expr **ret) {
        struct ww_str text;
        int r = yaml_string(node, rule_load_what(s->l, word), s->l->d, &text);

        if (r)
                return r;
        scope->userdata = s;
        scope->source = node->source;
        scope->list = scope_list;
        scope->list_nearest = scope_list_nearest;
        return expr_compile(&s->l->set->arena, text, rule_load_text_pos(node), scope, want, s->l->d, ret);
}

static bool call_counts(struct ww_str name) {
        static const char *const guards[] = { "schedule", "mode", "alarm" };

        for (size_t i = 0; i < sizeof guards / sizeof *guards; i++)
                if (ww_str_is(name, guards[i]))
                        return false;
        return true;
}

/* `count(…)` in `while`, `mode(…)` in `when`: there is such a function, but not here */
static int misplaced_call(struct scope *s, struct ww_str function, struct diag_pos pos) {
        return diag_error(s->l->d, pos,
                          call_counts(function) ? "what is counted belongs into `when`"
                                                : "schedules, modes and other rules' alarms belong into `while`",
                          "rule `%s`: `%.*s` cannot be asked here", s->l->rule->name.p, WW_STR_ARG(function));
}

/* ---- zones in a `where` ---- */

static int where_call(void *userdata, struct ww_str function, const struct expr_arg *args, size_t n,
                      struct diag_pos pos, struct diag *d, struct expr_ref *ret) {
        static const char *const usages[FIELD_CALLS] = { "write `adjacent(zone, other.zone)`",
                                                         "write `inside(zone, 'B1')`",
                                                         "write `steps(zone, other.zone)`" };
        struct scope *s = userdata;
        const char *usage;

        for (uint32_t i = 0; i < FIELD_CALLS; i++) {
                if (!ww_str_is(function, field_calls[i].name))
                        continue;
                usage = usages[i];
                if (n != 2)
                        return diag_error(d, pos, usage, "`%s` takes two zones", field_calls[i].name);
                *ret = (struct expr_ref){ .slot = i,
                                          .type = i == FIELD_CALL_STEPS ? EXPR_NUMBER : EXPR_BOOL,
                                          .values = true };
                return 0;
        }
        return word_find(word_call, word_call_n, function.p, function.n) ? misplaced_call(s, function, pos)
                                                                         : EXPR_E_UNKNOWN;
}

int scope_compile_where(struct loader *l, struct selection *self, const struct yaml_node *node) {
        struct scope s = { .l = l, .self = self };
        struct expr_scope scope = { .name = where_name, .call = where_call };
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
                return diag_error(d, pos, arena_printf(&s->l->set->arena, "write `count(%.*s) >= 1`", WW_STR_ARG(name)),
                                  "`%.*s` is a selection, and no value to compare", WW_STR_ARG(name));
        if (s->guard && !s->l->rule->aliases[alias].level)
                return diag_error(d, pos, "a guard reads states; what comes before belongs into a `sequence`",
                                  "rule `%s`: `%.*s` selects a pulse, and has no state", s->l->rule->name.p,
                                  WW_STR_ARG(name));
        *ret = (struct expr_ref){ .slot = SLOT_ALIAS, .sub = (uint32_t)alias, .type = EXPR_BOOL };
        return 0;
}

/* a function of `when`, `clear` and `regrade`: what it reads, and of which tally */
struct call {
        const char *name;
        enum aggregate_kind kind;
        enum tally_kind tally;
        enum { ARGS_ALIAS, ARGS_FIELD, ARGS_FIELD_RANK, ARGS_ANY_HALF } args;
        const char *usage;
};

static const struct call calls[] = {
        { "count", AGGREGATE_COUNT, TALLY_COUNT, ARGS_ALIAS, "write `count(alias)`" },
        { "rate", AGGREGATE_RATE, TALLY_COUNT, ARGS_ALIAS, "write `rate(alias)`" },
        { "distinct", AGGREGATE_DISTINCT, TALLY_DISTINCT, ARGS_FIELD, "write `distinct(alias.field)`" },
        { "sum", AGGREGATE_SUM, TALLY_SUM, ARGS_FIELD, "write `sum(alias.field)`" },
        { "avg", AGGREGATE_AVG, TALLY_SUM, ARGS_FIELD, "write `avg(alias.field)`" },
        { "min", AGGREGATE_MIN, TALLY_ORDERED, ARGS_FIELD, "write `min(alias.field)`" },
        { "max", AGGREGATE_MAX, TALLY_ORDERED, ARGS_FIELD, "write `max(alias.field)`" },
        { "pct", AGGREGATE_PCT, TALLY_ORDERED, ARGS_FIELD_RANK, "write `pct(alias.field, 95)`, above 0 up to 100" },
        { "score", AGGREGATE_SCORE, TALLY_SCORE, ARGS_ANY_HALF,
          "write `score(alias.field, 30m)` or `score(alias, 30m)`: the time in which it halves" },
};

static const struct call *call_find(struct ww_str name) {
        for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
                if (ww_str_is(name, calls[i].name))
                        return &calls[i];
        return NULL;
}

static bool tally_is(const struct tally *a, const struct tally *b) {
        return a->kind == b->kind && a->alias == b->alias && a->capture == b->capture && a->half == b->half;
}

static size_t tally_add(struct rule *r, struct tally t) {
        struct tally *all = (struct tally *)r->tallies;
        size_t i = 0;

        while (i < r->n_tallies && !tally_is(&all[i], &t))
                i++;
        if (i < r->n_tallies)
                return i;
        t.offset = (uint32_t)r->tail_size;
        r->tail_size += tally_size(t.kind);
        all[r->n_tallies++] = t;
        return i;
}

static int aggregate_add(struct loader *l, enum aggregate_kind kind, struct tally t, double rank, struct diag_pos pos,
                         struct expr_ref *ret) {
        struct rule *r = l->rule;
        struct aggregate *all = (struct aggregate *)r->aggregates, a = { .kind = kind, .rank = rank };
        size_t i = 0;

        if (r->n_aggregates == RULE_AGGREGATES_MAX)
                return diag_error(l->d, pos, "split the rule", "more than %d different aggregates in one rule",
                                  RULE_AGGREGATES_MAX);
        a.tally = (uint8_t)tally_add(r, t);
        while (i < r->n_aggregates &&
               (all[i].kind != a.kind || all[i].tally != a.tally || all[i].rank < a.rank || all[i].rank > a.rank))
                i++;
        if (i == r->n_aggregates)
                all[r->n_aggregates++] = a;
        *ret = (struct expr_ref){ .slot = SLOT_AGGREGATE, .sub = (uint32_t)i, .type = EXPR_NUMBER };
        return 0;
}

/* `alias.field` → the alias, and the field as a capture */
static int field_arg(struct scope *s, const struct call *call, const struct expr_arg *arg, struct tally *t) {
        struct ww_str tail;
        const struct field *f;
        int alias = alias_of(s, arg->name, &tail), capture, r = 0;

        if (alias < 0)
                return diag_error(s->l->d, arg->pos, call->usage, "`%.*s` is no field of a selection",
                                  WW_STR_ARG(arg->name));
        f = rule_load_field(s->l, tail, arg->pos, &r);
        if (!f)
                return r;
        capture = rule_load_capture(s->l, (uint16_t)(1u << alias), f, arg->pos);
        if (capture < 0)
                return DIAG_E_USER;
        t->alias = (uint8_t)alias;
        t->capture = (uint8_t)capture;
        return 0;
}

static int alias_arg(struct scope *s, const struct expr_arg *arg, struct tally *t) {
        int alias = rule_load_alias(s->l, arg->name, arg->pos);

        t->alias = (uint8_t)alias;
        return alias < 0 ? DIAG_E_USER : 0;
}

/* the second argument of `pct` and `score` */
static bool second_arg(const struct call *call, const struct expr_arg *arg, struct tally *t, double *rank) {
        if (arg->form != EXPR_ARG_CONSTANT)
                return false;
        if (call->args == ARGS_FIELD_RANK) {
                *rank = arg->value.type == WW_NUMBER ? arg->value.number : 0;
                return *rank > 0 && *rank <= 100;
        }
        t->half = arg->value.type == WW_SPAN ? arg->value.usec : 0;
        return t->half >= WW_MSEC && t->half <= RULE_SPAN_MAX;
}

static int aggregate_call(struct scope *s, const struct call *call, const struct expr_arg *args, size_t n,
                          struct diag_pos pos, struct expr_ref *ret) {
        struct tally t = { .kind = call->tally, .capture = CAPTURE_NONE };
        bool two = call->args == ARGS_FIELD_RANK || call->args == ARGS_ANY_HALF;
        double rank = 0;
        int r;

        if (n != (two ? 2 : 1) || args[0].form != EXPR_ARG_NAME || (two && !second_arg(call, &args[1], &t, &rank)))
                return diag_error(s->l->d, pos, call->usage, "`%s` takes something else, or more", call->name);
        if (call->args == ARGS_ALIAS || (call->args == ARGS_ANY_HALF && !memchr(args[0].name.p, '.', args[0].name.n)))
                r = alias_arg(s, &args[0], &t);
        else
                r = field_arg(s, call, &args[0], &t);
        if (!r && call->kind == AGGREGATE_RATE && s->l->rule->window == WINDOW_SESSION)
                return diag_error(s->l->d, pos, "count, or use `within` or `every`",
                                  "rule `%s`: a session has no length of its own for a rate", s->l->rule->name.p);
        return r ? r : aggregate_add(s->l, call->kind, t, rank, pos, ret);
}

/* ---- guards ---- */

static const struct {
        const char *name;
        enum guard_kind kind;
        uint32_t (*find)(const struct site *site, struct ww_str name);
        const char *(*nearest)(const struct site *site, struct ww_str name);
        const char *where;
} guard_calls[] = {
        { "schedule", GUARD_SCHEDULE, site_schedule_find, site_nearest_schedule,
          "schedules stand under `schedules:` in the site's files" },
        { "mode", GUARD_MODE, site_mode_find, site_nearest_mode, "modes stand under `modes:` in the site's files" },
        { "alarm", GUARD_ALARM, NULL, NULL, NULL }, /* rules are known when all are read */
};

int scope_site_name(struct loader *l, size_t call, struct ww_str name, struct diag_pos pos, uint32_t *ret) {
        const char *near, *help = guard_calls[call].where;

        *ret = guard_calls[call].find(l->set->site, name);
        if (*ret != SITE_NONE)
                return 0;
        near = guard_calls[call].nearest(l->set->site, name);
        if (near)
                help = arena_printf(&l->set->arena, "did you mean `%s(%s)`?", guard_calls[call].name, near);
        return diag_error(l->d, pos, help, "rule `%s`: unknown %s `%.*s`", l->rule->name.p, guard_calls[call].name,
                          WW_STR_ARG(name));
}

/* the guard that asks the same; n_guards = none yet */
static size_t guard_find(const struct rule *rule, enum guard_kind kind, struct ww_str name) {
        size_t i = 0;

        while (i < rule->n_guards && (rule->guards[i].kind != kind || !ww_str_equal(rule->guards[i].name, name)))
                i++;
        return i;
}

static int guard_add(struct scope *s, size_t call, const struct expr_arg *arg) {
        struct rule *rule = s->l->rule;
        struct guard *g = (struct guard *)&rule->guards[rule->n_guards];

        if (rule->n_guards == RULE_GUARDS_MAX)
                return diag_error(s->l->d, arg->pos, "split the rule", "rule `%s`: more than %d calls in `while`",
                                  rule->name.p, RULE_GUARDS_MAX);
        *g = (struct guard){ .kind = guard_calls[call].kind,
                             .name = arena_copy(&s->l->set->arena, arg->name),
                             .pos = arg->pos };
        rule->n_guards++;
        if (!g->name.p)
                return -ENOMEM;
        return guard_calls[call].find ? scope_site_name(s->l, call, arg->name, arg->pos, &g->index) : 0;
}

static int guard_call(struct scope *s, size_t call, const struct expr_arg *args, size_t n, struct diag_pos pos,
                      struct expr_ref *ret) {
        size_t at;

        if (n != 1 || args[0].form != EXPR_ARG_NAME)
                return diag_error(s->l->d, pos,
                                  arena_printf(&s->l->set->arena, "write `%s(name)`", guard_calls[call].name),
                                  "`%s` takes one name", guard_calls[call].name);
        at = guard_find(s->l->rule, guard_calls[call].kind, args[0].name);
        *ret = (struct expr_ref){ .slot = SLOT_GUARD, .sub = (uint32_t)at, .type = EXPR_BOOL };
        return at < s->l->rule->n_guards ? 0 : guard_add(s, call, &args[0]);
}

static int unknown_call(const struct scope *s, struct ww_str function, struct diag_pos pos) {
        const char *names[32];
        size_t n = 0;

        for (size_t i = 0; i < word_call_n; i++)
                if (call_counts(ww_str(word_call[i].name)) != s->guard)
                        names[n++] = word_call[i].name;
        return diag_error(s->l->d, pos, diag_suggest(function, names, n), "unknown function `%.*s`",
                          WW_STR_ARG(function));
}

static int when_call(void *userdata, struct ww_str function, const struct expr_arg *args, size_t n, struct diag_pos pos,
                     struct diag *d, struct expr_ref *ret) {
        struct scope *s = userdata;
        const struct call *call = call_find(function);

        if (!word_find(word_call, word_call_n, function.p, function.n))
                return unknown_call(s, function, pos);
        if (s->guard == (call != NULL))
                return misplaced_call(s, function, pos);
        if (call)
                return aggregate_call(s, call, args, n, pos, ret);
        for (size_t i = 0; i < sizeof guard_calls / sizeof *guard_calls; i++)
                if (ww_str_is(function, guard_calls[i].name))
                        return guard_call(s, i, args, n, pos, ret);
        return unknown_call(s, function, pos);
}

/* `armed` in a guard: the site has a mode, or a schedule, or the rules one of that name */
static const char *when_meant(void *userdata, struct ww_str name) {
        struct scope *s = userdata;

        for (size_t i = 0; s->guard && i < sizeof guard_calls / sizeof *guard_calls; i++)
                if (guard_calls[i].find && guard_calls[i].find(s->l->set->site, name) != SITE_NONE)
                        return arena_printf(&s->l->set->arena, "write `%s(%.*s)`", guard_calls[i].name,
                                            WW_STR_ARG(name));
        return NULL;
}

static int compile_aggregates(struct loader *l, const struct yaml_node *node, const char *word, bool aliases,
                              bool guard, const struct expr **ret) {
        struct scope s = { .l = l, .aliases = aliases, .guard = guard };
        const char *names[RULE_ALIASES_MAX + 1];
        struct expr_scope scope = { .name = when_name, .call = when_call, .names = names, .meant = when_meant };

        for (size_t i = 0; i < l->rule->n_aliases; i++)
                names[scope.n_names++] = l->rule->aliases[i].alias.p;
        if (aliases && !guard)
                names[scope.n_names++] = "manual"; /* of `clear`: stands alone, and is no expression */
        return compile(&s, node, word, &scope, EXPR_BOOL, ret);
}

/* ---- scores are compared with constants: then it is known when they fall ---- */

static bool is_score(const struct rule *rule, const struct expr *e) {
        return e && expr_op_of(e) == EXPR_OP_CALL && expr_ref_of(e).slot == SLOT_AGGREGATE &&
               rule->aggregates[expr_ref_of(e).sub].kind == AGGREGATE_SCORE;
}

static bool score_test_of(const struct rule *rule, const struct expr *e, struct score_test *ret) {
        int op = (int)expr_op_of(e);
        const struct expr *left = expr_child(e, 0), *right = expr_child(e, 1);
        bool turned = is_score(rule, right);
        struct ww_value bound = expr_constant(turned ? left : right);

        if (op < EXPR_OP_LT || op > EXPR_OP_GE || bound.type != WW_NUMBER)
                return false;
        ret->bound = bound.number;
        ret->tally = rule->aggregates[expr_ref_of(turned ? right : left).sub].tally;
        ret->strict = turned ? op == EXPR_OP_LT || op == EXPR_OP_GE : op == EXPR_OP_GT || op == EXPR_OP_LE;
        return true;
}

static int scores_collect(struct loader *l, const struct yaml_node *node, const struct expr *e) {
        struct rule *rule = l->rule;
        struct score_test *tests = (struct score_test *)rule->score_tests;
        const struct expr *child;
        int r = 0;

        if (is_score(rule, expr_child(e, 0)) || is_score(rule, expr_child(e, 1))) {
                if (rule->n_score_tests == RULE_AGGREGATES_MAX || !score_test_of(rule, e, &tests[rule->n_score_tests]))
                        return diag_error(
                                l->d, node->pos, "write `score(alias.field, 30m) >= 100`",
                                "rule `%s`: a score is compared with a constant, by <, <=, > or >=", rule->name.p);
                rule->n_score_tests++;
                return 0;
        }
        for (size_t i = 0; (child = expr_child(e, i)); i++)
                r = rule_load_worse(r, scores_collect(l, node, child));
        return r;
}

static int compile_counting(struct loader *l, const struct yaml_node *node, const char *word, bool aliases,
                            const struct expr **ret) {
        int r = compile_aggregates(l, node, word, aliases, false, ret);

        return r ? r : scores_collect(l, node, *ret);
}

int scope_compile_when(struct loader *l, const struct yaml_node *node, const struct expr **ret) {
        return compile_counting(l, node, "when", false, ret);
}

int scope_compile_clear(struct loader *l, const struct yaml_node *node, const struct expr **ret) {
        return compile_counting(l, node, "clear", true, ret);
}

int scope_compile_while(struct loader *l, const struct yaml_node *node) {
        return compile_aggregates(l, node, "while", true, true, &l->rule->guard);
}

/* with each further event it grows, or stays (1), or becomes less, or stays (−1); 0 = nobody knows */
static int trend(const struct rule *rule, const struct expr *e) {
        int op = (int)expr_op_of(e);

        if (op == EXPR_OP_CONSTANT)
                return 1;
        if (op == EXPR_OP_ADD)
                return trend(rule, expr_child(e, 0)) == 1 && trend(rule, expr_child(e, 1)) == 1;
        if (op != EXPR_OP_CALL)
                return 0;
        switch (rule->aggregates[expr_ref_of(e).sub].kind) {
        case AGGREGATE_COUNT:
        case AGGREGATE_DISTINCT:
        case AGGREGATE_RATE:
        case AGGREGATE_MAX:
        case AGGREGATE_SCORE:
                return 1;
        case AGGREGATE_MIN:
                return -1;
        case AGGREGATE_SUM:
        case AGGREGATE_AVG:
        case AGGREGATE_PCT:
                return 0;
        }
        return 0;
}

/* has a value even where nothing is counted */
static bool always(const struct rule *rule, const struct expr *e) {
        int op = (int)expr_op_of(e);

        if (op == EXPR_OP_ADD)
                return always(rule, expr_child(e, 0)) && always(rule, expr_child(e, 1));
        return op != EXPR_OP_CALL || (rule->aggregates[expr_ref_of(e).sub].kind != AGGREGATE_MIN &&
                                      rule->aggregates[expr_ref_of(e).sub].kind != AGGREGATE_MAX);
}

static bool constant(const struct expr *e) {
        return expr_op_of(e) == EXPR_OP_CONSTANT;
}

/* true if further events can only make it true (`up`), or only false */
static bool only(const struct rule *rule, const struct expr *e, bool up) {
        const struct expr *left = expr_child(e, 0), *right = expr_child(e, 1);
        int op = (int)expr_op_of(e), grows;

        if (op == EXPR_OP_OR || op == EXPR_OP_AND)
                return only(rule, left, up) && only(rule, right, up);
        if (op == EXPR_OP_NOT)
                return only(rule, left, !up);
        if (op < EXPR_OP_LT || op > EXPR_OP_GE || constant(left) == constant(right))
                return false;
        grows = trend(rule, constant(left) ? right : left);
        if (constant(left))
                grows = -grows;
        if (op == EXPR_OP_LT || op == EXPR_OP_LE)
                grows = -grows;
        /* what may be missing begins as false, whatever the comparison: that only ever rises */
        return grows == (up ? 1 : -1) && (up || always(rule, constant(left) ? right : left));
}

bool scope_positive(const struct rule *rule, const struct expr *e) {
        return only(rule, e, true);
}
