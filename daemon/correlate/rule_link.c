/*
 * What rules read of each other, once all are there: selections over `alarm.raised` and `alarm.cleared`, `alarm(rule)`
 * in a guard, and `mute`. It must not go in a circle: what a rule concludes would depend on itself.
 *
 * A rule waits for those that it reads: its `wait` is its own and the largest of theirs. Its depth is one more than the
 * deepest of theirs, so that alarms stand behind the alarms that caused them.
 */
#include "correlate/rule_load.h"
#include "correlate/state.h"

#define DEPTH_MAX ((1 << (32 - ORDER_RULE_BITS - ORDER_NUMBER_BITS)) - 1)

struct linker {
        struct correlate_rules *set;
        struct diag *d;
        uint8_t *state; /* of each rule: 0 not seen, 1 on the way, 2 done */
        uint32_t *path;
        size_t n_path;
        int result;
};

/* ---- who reads whom ---- */

static bool over_alarms(const struct correlate_rules *set, const struct selection *s) {
        for (size_t i = 0; i < s->n_kinds; i++)
                if (s->kinds[i].family == set->alarm_family[0] || s->kinds[i].family == set->alarm_family[1])
                        return true;
        return false;
}

static const struct equality *rule_equality(const struct selection *s) {
        for (size_t i = 0; i < s->n_equalities; i++)
                if (ww_str_is(s->equalities[i].field->name, "rule"))
                        return &s->equalities[i];
        return NULL;
}

static void read_mark(struct correlate_rules *set) {
        for (size_t i = 0; i < set->n; i++) {
                struct rule *rule = &set->rules[i];

                for (size_t j = 0; j < rule->n_guards; j++)
                        rule->reads_alarms |= rule->guards[j].kind == GUARD_ALARM;
                for (size_t j = 0; j < rule->n_aliases; j++) {
                        struct selection *s = (struct selection *)&rule->aliases[j];

                        s->alarms_all = over_alarms(set, s) && !rule_equality(s);
                        rule->reads_alarms |= over_alarms(set, s);
                }
        }
}

static bool mute_matches(const struct ww_mute *m, const struct rule *rule) {
        bool named = !m->n_rules;

        for (size_t i = 0; i < m->n_rules; i++)
                named = named || ww_str_equal(m->rules[i], rule->name);
        return named && (!m->hazards || m->hazards & (1u << rule->hazard)) &&
               (!m->classes || m->classes & (1u << rule->klass)) && !ww_class_protected(rule->klass) &&
               !ww_str_equal(m->rule, rule->name);
}

static bool selection_reads(const struct correlate_rules *set, const struct selection *s, const struct rule *other) {
        const struct equality *e = rule_equality(s);

        if (!over_alarms(set, s))
                return false;
        if (!e)
                return !other->reads_alarms;
        for (size_t i = 0; i < e->n; i++)
                if (ww_str_equal(e->texts[i], other->name))
                        return true;
        return e->n_lists > 0;
}

/* what `rule` concludes depends on what `other` does */
static bool reads(const struct correlate_rules *set, const struct rule *rule, const struct rule *other) {
        for (size_t i = 0; i < rule->n_guards; i++)
                if (rule->guards[i].kind == GUARD_ALARM && rule->guards[i].index == other->number)
                        return true;
        for (size_t i = 0; i < rule->n_aliases; i++)
                if (selection_reads(set, &rule->aliases[i], other))
                        return true;
        return false;
}

/* ---- names of rules ---- */

static int unknown_rule(struct linker *k, const struct rule *rule, struct ww_str name, struct diag_pos pos) {
        const char *best = diag_has_room(k->d) ? correlate_rule_nearest(k->set, name) : NULL;

        k->result = DIAG_E_USER;
        return diag_error(k->d, pos,
                          best ? arena_printf(&k->set->arena, "did you mean `%s`?", best)
                               : "its name has to stand behind `- rule:` in one of the rules' files",
                          "rule `%s`: there is no rule `%.*s`", rule->name.p, WW_STR_ARG(name));
}

/* the place of a name in a list of them, or in a single one */
static struct diag_pos item_pos(const struct yaml_node *n, struct ww_str name, struct diag_pos otherwise) {
        for (const struct yaml_node *i = n ? items(n) : NULL; i; i = items_next(n, i))
                if (i->type == YAML_SCALAR && ww_str_equal(i->text, name))
                        return i->pos;
        return otherwise;
}

static struct diag_pos selected_pos(const struct rule *rule, const struct selection *s, struct ww_str name) {
        return item_pos(yaml_get(yaml_get(yaml_get(rule->node, "select"), s->alias.p), "rule"), name, s->pos);
}

static struct diag_pos muted_pos(const struct rule *rule, struct ww_str name) {
        return item_pos(yaml_get(yaml_get(yaml_get(rule->node, "mute"), "match"), "rule"), name, rule->mute_pos);
}

static int key_part_find(const struct rule *rule, struct ww_str name) {
        for (size_t i = 0; i < rule->n_key; i++)
                if (ww_str_equal(rule->key_names[i], name))
                        return (int)i;
        return -1;
}

static void guard_link(struct linker *k, struct rule *rule, struct guard *g) {
        const struct rule *other = correlate_rule(k->set, g->name);

        if (!other) {
                (void)unknown_rule(k, rule, g->name, g->pos);
                return;
        }
        g->index = other->number;
        g->whole = true;
        for (size_t i = 0; i < other->n_key; i++) {
                g->part[i] = (int8_t)key_part_find(rule, other->key_names[i]);
                g->whole = g->whole && g->part[i] >= 0;
        }
}

static void names_link(struct linker *k, struct rule *rule) {
        for (size_t i = 0; i < rule->n_guards; i++)
                if (rule->guards[i].kind == GUARD_ALARM)
                        guard_link(k, rule, (struct guard *)&rule->guards[i]);
        for (size_t i = 0; i < rule->n_aliases; i++) {
                const struct selection *s = &rule->aliases[i];
                const struct equality *e = over_alarms(k->set, s) ? rule_equality(s) : NULL;

                for (size_t j = 0; e && j < e->n; j++)
                        if (!correlate_rule(k->set, e->texts[j]))
                                (void)unknown_rule(k, rule, e->texts[j], selected_pos(rule, s, e->texts[j]));
        }
        for (size_t i = 0; rule->mute && i < rule->mute->n_rules; i++) {
                const struct rule *other = correlate_rule(k->set, rule->mute->rules[i]);
                struct diag_pos pos = muted_pos(rule, rule->mute->rules[i]);

                if (!other)
                        (void)unknown_rule(k, rule, rule->mute->rules[i], pos);
                else if (ww_class_protected(other->klass))
                        k->result = diag_error(k->d, pos, "take it out of `match`",
                                               "rule `%s`: alarms of `%s` are of class %s, which is never muted",
                                               rule->name.p, other->name.p, ww_class_name(other->klass));
        }
}

/* ---- circles, depth and wait ---- */

static void tell_circle(struct linker *k, uint32_t again) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        size_t from = 0;

        while (k->path[from] != again)
                from++;
        for (size_t i = from; i < k->n_path; i++)
                buf_printf(&text, "%s → ", k->set->rules[k->path[i]].name.p);
        buf_printf(&text, "%s", k->set->rules[again].name.p);
        k->result = diag_error(k->d, k->set->rules[again].pos,
                               "let one of them read events instead of another's alarms",
                               "rules depend on each other in a circle: %.*s", WW_STR_ARG(buf_str(&text)));
}

static void visit(struct linker *k, uint32_t number);

static void depend(struct linker *k, struct rule *rule, struct rule *other, int64_t own) {
        if (k->state[other->number] == 1) {
                tell_circle(k, other->number);
                return;
        }
        visit(k, other->number);
        if (!reads(k->set, rule, other))
                return;
        other->read_by_others = true;
        if (rule->depth <= other->depth)
                rule->depth = other->depth + 1;
        if (rule->wait < own + other->wait)
                rule->wait = own + other->wait;
}

static void visit(struct linker *k, uint32_t number) {
        struct rule *rule = &k->set->rules[number];
        int64_t own = rule->wait;

        if (k->state[number] || k->result)
                return;
        k->state[number] = 1;
        k->path[k->n_path++] = number;
        for (size_t i = 0; i < k->set->n && !k->result; i++) {
                struct rule *other = &k->set->rules[i];

                if ((rule->reads_alarms && reads(k->set, rule, other)) ||
                    (other->mute && mute_matches(other->mute, rule)))
                        depend(k, rule, other, own);
        }
        k->n_path--;
        k->state[number] = 2;
        if (rule->depth > DEPTH_MAX && !k->result)
                k->result = diag_error(k->d, rule->pos, "let it read the events themselves",
                                       "rule `%s` stands on a chain of more than %d rules", rule->name.p, DEPTH_MAX);
}

/* ---- mutes ---- */

static int asset_compare(const void *a, const void *b) {
        uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

        return (x > y) - (x < y);
}

static int64_t span_for(const struct correlate_rules *set, const struct rule *rule, uint32_t asset) {
        struct ww_value v;

        if (!rule->span_for.field)
                return rule->span_for.usec;
        v = site_asset_field(set->site, asset, rule->span_for.field->tail);
        return v.type == WW_SPAN ? v.usec : 0;
}

/* a child that is known to be silent long before its parent is announced before the parent can mute it */
static void mute_advise(struct linker *k, const struct rule *rule, const struct rule *child) {
        const struct site *site = k->set->site;

        if (rule->condition != CONDITION_EXPECT || child->condition != CONDITION_EXPECT || !rule->each || !child->each)
                return;
        for (size_t i = 0; i < rule->n_assets; i++)
                for (size_t j = 0; j < child->n_assets; j++) {
                        uint32_t above = rule->assets[i], below = child->assets[j];
                        int64_t parent = span_for(k->set, rule, above), own = span_for(k->set, child, below);

                        if (!parent || !own || parent <= own + rule->mute->settle ||
                            !site_asset_under(site, below, above))
                                continue;
                        diag_warning(k->d, rule->mute_pos, "lengthen `settle`, or shorten the parent's time",
                                     "rule `%s`: `%.*s` is alarmed by `%s` before its parent `%.*s` can be known to be "
                                     "down",
                                     rule->name.p, WW_STR_ARG(site_asset(site, below)->id), child->name.p,
                                     WW_STR_ARG(site_asset(site, above)->id));
                        return;
                }
}

static int mute_link(struct linker *k, const struct rule *rule) {
        struct ww_mute *m = (struct ww_mute *)rule->mute;
        uint32_t *assets = arena_array(&k->set->arena, uint32_t, rule->n_assets + 1);

        if (!assets)
                return -ENOMEM;
        if (rule->n_assets)
                memcpy(assets, rule->assets, rule->n_assets * sizeof *assets);
        qsort(assets, rule->n_assets, sizeof *assets, asset_compare);
        m->wait = rule->wait;
        m->assets = assets;
        m->n_assets = rule->n_assets;
        m->any = !rule->each;
        k->set->mutes[k->set->n_mutes++] = *m;
        for (size_t i = 0; i < k->set->n; i++)
                if (m->under && mute_matches(m, &k->set->rules[i]))
                        mute_advise(k, rule, &k->set->rules[i]);
        return 0;
}

static int mutes_link(struct linker *k) {
        size_t n = 0;
        int r = 0;

        for (size_t i = 0; i < k->set->n; i++)
                n += k->set->rules[i].mute != NULL;
        k->set->mutes = arena_array(&k->set->arena, struct ww_mute, n + 1);
        if (!k->set->mutes)
                return -ENOMEM;
        for (size_t i = 0; i < k->set->n && !r; i++)
                if (k->set->rules[i].mute)
                        r = mute_link(k, &k->set->rules[i]);
        return r;
}

const struct ww_mute *correlate_rules_mutes(const struct correlate_rules *set, size_t *ret_n) {
        *ret_n = set->n_mutes;
        return set->mutes;
}

struct ww_str correlate_rule_procedure(const struct correlate_rules *set, size_t rule, struct ww_str *ret_name,
                                       struct diag_pos *ret_pos) {
        const struct rule *of = &set->rules[rule];
        const struct yaml_node *raise = yaml_get(of->node, "raise");
        const struct yaml_node *n = raise && raise->type == YAML_MAPPING ? yaml_get(raise, "procedure") : NULL;

        *ret_name = of->name;
        *ret_pos = n ? n->pos : of->pos;
        return of->procedure;
}

/* the rule that a guard asks for; NULL */
static struct rule *asked_by(struct correlate_rules *set, const struct guard *g) {
        return g->kind == GUARD_ALARM ? &set->rules[g->index] : NULL;
}

static int askers_link(struct correlate_rules *set) {
        for (int pass = 0; pass < 2; pass++) {
                for (uint32_t i = 0; i < set->n; i++)
                        for (size_t j = 0; j < set->rules[i].n_guards; j++) {
                                struct rule *asked = asked_by(set, &set->rules[i].guards[j]);

                                if (asked && pass)
                                        asked->askers[asked->n_askers] = i;
                                if (asked)
                                        asked->n_askers++;
                        }
                for (size_t i = 0; i < set->n && !pass; i++) {
                        struct rule *rule = &set->rules[i];

                        rule->askers = arena_array(&set->arena, uint32_t, rule->n_askers + 1);
                        if (!rule->askers)
                                return -ENOMEM;
                        rule->n_askers = 0;
                }
        }
        return 0;
}

static void waits_link(struct correlate_rules *set) {
        set->wait_min = set->n ? set->rules[0].wait : 0;
        for (size_t i = 0; i < set->n; i++) {
                int64_t wait = set->rules[i].wait;

                set->wait_min = time_earlier(set->wait_min, wait);
                set->wait_max = wait > set->wait_max ? wait : set->wait_max;
        }
}

int rule_link(struct correlate_rules *set, struct diag *d) {
        _cleanup_free_ uint8_t *state = calloc(set->n + 1, 1);
        _cleanup_free_ uint32_t *path = calloc(set->n + 1, sizeof *path);
        struct linker k = { .set = set, .d = d, .state = state, .path = path };

        if (!state || !path)
                return -ENOMEM;
        if (set->n >= 1u << ORDER_RULE_BITS)
                return diag_error(d, set->rules[set->n - 1].pos, "split the site over several daemons",
                                  "more than %u rules", (1u << ORDER_RULE_BITS) - 1);
        read_mark(set);
        for (size_t i = 0; i < set->n; i++) {
                set->rules[i].depth = 1;
                names_link(&k, &set->rules[i]);
        }
        for (uint32_t i = 0; i < set->n && !k.result; i++)
                visit(&k, i);
        waits_link(set);
        if (!k.result)
                k.result = askers_link(set);
        return k.result ? k.result : mutes_link(&k);
}
