/*
 * Selections are grouped by (family, value of the kind). Within a group a selection stands either in the list of those
 * that every event of the kind has to be shown to, or, if it asks for the text of a field, in that field's hash table
 * under each text that it accepts. Of several such fields the one is taken for which the group's selections ask for
 * the most different texts, because it tells the most apart. So an event costs one look-up for each field that its
 * group indexes (a handful, however many rules there are), and then what really could match.
 */
#include "correlate/index.h"
#include "correlate/meter.h"

#include <stdio.h>
#include <xxhash.h>

#define STATES 4

struct slot {
        uint64_t hash; /* 0 = empty */
        struct ww_str text;
        uint32_t first, n; /* in table.refs */
};

struct table {
        const struct field *field;
        struct slot *slots;
        size_t mask;
        struct match *refs;
};

struct group {
        struct match *always;
        size_t n_always;
        struct table *tables;
        size_t n_tables;
};

struct index {
        const struct correlate_rules *set;
        struct arena arena;
        struct group *groups;
        bool *levels; /* by family */
};

/* a selection in a group, while building */
struct candidate {
        struct match ref;
        const struct selection *selection;
        const struct equality *chosen;
};

/* a text asked of a field, while building */
struct asked {
        struct ww_str field, text;
        struct match ref;
};

static int asked_compare(const void *a, const void *b) {
        const struct asked *x = a, *y = b;
        int r = ww_str_compare(x->field, y->field);

        r = r ? r : ww_str_compare(x->text, y->text);
        r = r ? r : (x->ref.rule > y->ref.rule) - (x->ref.rule < y->ref.rule);
        return r ? r : (x->ref.alias > y->ref.alias) - (x->ref.alias < y->ref.alias);
}

static bool indexable(const struct equality *e) {
        return e->n && !e->n_lists;
}

/* every (field, text) that the group's selections ask for, sorted */
static struct asked *asked_all(const struct candidate *c, size_t n, bool chosen_only, size_t *ret_n) {
        struct asked *all;
        size_t count = 0, at = 0;

        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < c[i].selection->n_equalities; j++)
                        count += c[i].selection->equalities[j].n_marks;
        all = calloc(count + 1, sizeof *all);
        if (!all)
                return NULL;
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < c[i].selection->n_equalities; j++) {
                        const struct equality *e = &c[i].selection->equalities[j];

                        for (size_t k = 0; k < e->n_marks && (chosen_only ? e == c[i].chosen : indexable(e)); k++)
                                all[at++] = (struct asked){ e->field->name, e->marks[k], c[i].ref };
                }
        qsort(all, at, sizeof *all, asked_compare);
        *ret_n = at;
        return all;
}

static size_t texts_of(const struct asked *all, size_t n, struct ww_str field) {
        size_t texts = 0;

        for (size_t i = 0; i < n; i++)
                if (ww_str_equal(all[i].field, field) &&
                    (!i || !ww_str_equal(all[i - 1].field, field) || !ww_str_equal(all[i - 1].text, all[i].text)))
                        texts++;
        return texts;
}

/* number of different texts by field: fields are few, so a small table */
struct weight {
        struct ww_str field;
        size_t texts;
};
#define WEIGHTS_MAX 64

static size_t weights_make(const struct asked *all, size_t n, struct weight *w) {
        size_t n_weights = 0;

        for (size_t i = 0; i < n && n_weights < WEIGHTS_MAX; i++)
                if (!i || !ww_str_equal(all[i].field, all[i - 1].field))
                        w[n_weights++] = (struct weight){ all[i].field, texts_of(all, n, all[i].field) };
        return n_weights;
}

static int choose(struct candidate *c, size_t n) {
        struct weight weights[WEIGHTS_MAX];
        size_t n_asked, n_weights;
        struct asked *all = asked_all(c, n, false, &n_asked);

        if (!all)
                return -ENOMEM;
        n_weights = weights_make(all, n_asked, weights);
        for (size_t i = 0; i < n; i++) {
                size_t best = 0;

                for (size_t j = 0; j < c[i].selection->n_equalities; j++)
                        for (size_t k = 0; k < n_weights; k++) {
                                const struct equality *e = &c[i].selection->equalities[j];

                                if (indexable(e) && weights[k].texts > best &&
                                    ww_str_equal(e->field->name, weights[k].field)) {
                                        best = weights[k].texts;
                                        c[i].chosen = e;
                                }
                        }
        }
        free(all);
        return 0;
}

static uint64_t text_hash(struct ww_str text) {
        uint64_t h = XXH3_64bits(text.p ? text.p : "", text.n);

        return h ? h : 1;
}

static void table_put(struct table *t, struct ww_str text, uint32_t first, uint32_t n) {
        uint64_t hash = text_hash(text);
        size_t at = hash & t->mask;

        while (t->slots[at].hash)
                at = (at + 1) & t->mask;
        t->slots[at] = (struct slot){ hash, text, first, n };
}

static int table_make(struct index *x, struct table *t, const struct asked *asked, size_t n,
                      const struct field *field) {
        size_t size = 4, first = 0;

        while (size < n * 2)
                size *= 2;
        t->field = field;
        t->mask = size - 1;
        t->slots = arena_array(&x->arena, struct slot, size);
        t->refs = arena_array(&x->arena, struct match, n + 1);
        if (!t->slots || !t->refs)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                t->refs[i] = asked[i].ref;
                if (i + 1 < n && ww_str_equal(asked[i + 1].text, asked[i].text))
                        continue;
                table_put(t, asked[i].text, (uint32_t)first, (uint32_t)(i + 1 - first));
                first = i + 1;
        }
        return 0;
}

static const struct field *chosen_field(const struct candidate *c, size_t n, struct ww_str name) {
        for (size_t i = 0; i < n; i++)
                if (c[i].chosen && ww_str_equal(c[i].chosen->field->name, name))
                        return c[i].chosen->field;
        return NULL;
}

static int group_tables(struct index *x, struct group *g, const struct candidate *c, size_t n) {
        size_t n_asked, first = 0;
        struct asked *all = asked_all(c, n, true, &n_asked);
        int r = 0;

        g->tables = arena_array(&x->arena, struct table, WEIGHTS_MAX);
        if (!all || !g->tables)
                r = -ENOMEM;
        for (size_t i = 0; !r && i < n_asked; i++) {
                if (i + 1 < n_asked && ww_str_equal(all[i + 1].field, all[i].field))
                        continue;
                r = table_make(x, &g->tables[g->n_tables++], all + first, i + 1 - first,
                               chosen_field(c, n, all[i].field));
                first = i + 1;
        }
        free(all);
        return r;
}

static int group_make(struct index *x, struct group *g, struct candidate *c, size_t n) {
        int r = choose(c, n);

        if (r)
                return r;
        g->always = arena_array(&x->arena, struct match, n + 1);
        if (!g->always)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                if (!c[i].chosen)
                        g->always[g->n_always++] = c[i].ref;
        return group_tables(x, g, c, n);
}

static bool kind_in(const struct selection *s, size_t family, size_t state) {
        for (size_t i = 0; i < s->n_kinds; i++)
                if (s->kinds[i].family == family &&
                    (s->kinds[i].state == WW_STATE_UNKNOWN || s->kinds[i].state == state))
                        return true;
        return false;
}

/* how many selections look at each family, so that empty ones cost nothing */
static void families_mark(struct index *x, bool *used) {
        for (size_t i = 0; i < x->set->n; i++)
                for (size_t j = 0; j < x->set->rules[i].n_aliases; j++) {
                        const struct selection *s = &x->set->rules[i].aliases[j];

                        for (size_t k = 0; k < s->n_kinds; k++) {
                                used[s->kinds[k].family] = true;
                                x->levels[s->kinds[k].family] |= s->level;
                        }
                }
}

static size_t candidates_collect(const struct correlate_rules *set, size_t family, size_t state, struct candidate *c) {
        size_t n = 0;

        for (uint32_t i = 0; i < set->n; i++)
                for (uint32_t j = 0; j < set->rules[i].n_aliases; j++) {
                        const struct selection *s = &set->rules[i].aliases[j];

                        if (kind_in(s, family, state))
                                c[n++] = (struct candidate){ { i, j }, s, NULL };
                }
        return n;
}

static int index_build(struct index *x) {
        _cleanup_free_ struct candidate *c = NULL;
        _cleanup_free_ bool *used = NULL;
        size_t families = x->set->kinds->n, total = 0;
        int r = 0;

        for (size_t i = 0; i < x->set->n; i++)
                total += x->set->rules[i].n_aliases;
        c = calloc(total + 1, sizeof *c);
        used = calloc(families + 1, 1);
        x->groups = arena_array(&x->arena, struct group, families * STATES + 1);
        x->levels = arena_array(&x->arena, bool, families + 1);
        if (!c || !used || !x->groups || !x->levels)
                return -ENOMEM;
        families_mark(x, used);
        for (size_t i = 0; i < families * STATES && !r; i++) {
                size_t n = used[i / STATES] ? candidates_collect(x->set, i / STATES, i % STATES, c) : 0;

                if (n)
                        r = group_make(x, &x->groups[i], c, n);
        }
        return r;
}

int index_new(struct index **ret, const struct correlate_rules *set) {
        struct index *x = calloc(1, sizeof *x);
        int r;

        if (!x)
                return -ENOMEM;
        x->set = set;
        r = index_build(x);
        if (r) {
                index_free(x);
                return r;
        }
        *ret = x;
        return 0;
}

struct index *index_free(struct index *x) {
        if (!x)
                return NULL;
        arena_deinit(&x->arena);
        free(x);
        return NULL;
}

bool index_level_family(const struct index *x, ww_family family) {
        return family < x->set->kinds->n && x->levels[family];
}

int matches_add(struct matches *out, struct match m) {
        size_t at;

        if (out->n == out->capacity) {
                size_t capacity = out->capacity ? out->capacity * 2 : 64;
                struct match *p = realloc(out->p, capacity * sizeof *p);

                if (!p)
                        return -ENOMEM;
                out->p = p;
                out->capacity = capacity;
        }
        for (at = out->n; at; at--) { /* mostly in order already */
                const struct match *b = &out->p[at - 1];

                if (b->rule < m.rule || (b->rule == m.rule && b->alias <= m.alias))
                        break;
        }
        if (at && out->p[at - 1].rule == m.rule && out->p[at - 1].alias == m.alias)
                return 0;
        memmove(out->p + at + 1, out->p + at, (out->n - at) * sizeof *out->p);
        out->p[at] = m;
        out->n++;
        return 0;
}

static int matches_try(const struct index *x, const struct standing *standing, const struct ww_event *event,
                       const struct match *refs, size_t n, struct matches *out) {
        for (size_t i = 0; i < n; i++) {
                const struct rule *rule = &x->set->rules[refs[i].rule];
                int64_t began = out->meter ? meter_seen(out->meter, refs[i].rule) : 0;
                bool matches = selection_matches(x->set, standing, &rule->aliases[refs[i].alias], event);
                int r = matches ? matches_add(out, refs[i]) : 0;

                if (began)
                        meter_end(out->meter, refs[i].rule, began);
                if (r)
                        return r;
        }
        return 0;
}

static const struct slot *table_find(const struct table *t, struct ww_str text) {
        uint64_t hash = text_hash(text);

        for (size_t at = hash & t->mask; t->slots[at].hash; at = (at + 1) & t->mask)
                if (t->slots[at].hash == hash && ww_str_equal(t->slots[at].text, text))
                        return &t->slots[at];
        return NULL;
}

static struct ww_str value_mark(struct ww_value v, char buffer[static 40]) {
        if (v.type == WW_NUMBER)
                return (struct ww_str){ buffer, (size_t)snprintf(buffer, 40, "#%a", v.number) };
        if (v.type == WW_STRING)
                return v.string;
        if (v.type == WW_BOOL)
                return v.boolean ? WW_STR("true") : WW_STR("false");
        return WW_STR_NONE;
}

static int table_try(const struct index *x, const struct standing *standing, const struct table *t,
                     const struct ww_event *event, struct matches *out) {
        struct ww_value v = field_load(t->field, x->set->site, event);
        const struct slot *slot;
        struct ww_str text;
        char buffer[40];

        text = value_mark(v, buffer);
        slot = text.p ? table_find(t, text) : NULL;
        return slot ? matches_try(x, standing, event, t->refs + slot->first, slot->n, out) : 0;
}

int index_find(const struct index *x, const struct standing *standing, const struct ww_event *event,
               struct matches *out) {
        const struct group *g;
        int r;

        out->n = 0;
        if (event->family >= x->set->kinds->n || (unsigned)event->state >= STATES)
                return 0;
        g = &x->groups[event->family * STATES + event->state];
        r = matches_try(x, standing, event, g->always, g->n_always, out);
        for (size_t i = 0; i < g->n_tables && !r; i++)
                r = table_try(x, standing, &g->tables[i], event, out);
        return r;
}
