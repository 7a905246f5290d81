/* What refers to what, once all files are read: states, fields, other kinds; and twice the same name. */
#include "records/kinds_load.h"

#include "records/records.h"

#define NAMES_MAX 128

static void unknown(struct rules_loader *l, struct diag_pos pos, const char *what, struct ww_str name,
                    const char *const *names, size_t n) {
        l->result = diag_error(l->d, pos, n ? diag_suggest(name, names, n) : "there is none yet",
                               "there is no %s `%.*s`", what, WW_STR_ARG(name));
}

#define COLLECT(k, member, names, n)                                                                                   \
        for (n = 0; n < (k)->n_##member && n < NAMES_MAX; n++)                                                         \
        names[n] = (k)->member[n].name.p ? (k)->member[n].name.p : ""

static size_t link_state(struct rules_loader *l, const struct record_kind *k, struct diag_pos pos, struct ww_str name) {
        size_t at = record_kind_state(k, name), n;
        const char *names[NAMES_MAX];

        if (at != SIZE_MAX)
                return at;
        COLLECT(k, states, names, n);
        unknown(l, pos, "state", name, names, n);
        return 0;
}

static size_t link_field(struct rules_loader *l, const struct record_kind *k, struct diag_pos pos, struct ww_str name) {
        size_t at = record_kind_field(k, name), n;
        const char *names[NAMES_MAX];

        if (at != SIZE_MAX)
                return at;
        COLLECT(k, fields, names, n);
        unknown(l, pos, "field", name, names, n);
        return 0;
}

static void link_typed(struct rules_loader *l, const struct record_kind *k, struct diag_pos pos, struct ww_str name,
                       enum record_type type) {
        size_t at = record_kind_field(k, name);

        if (name.n && at == SIZE_MAX)
                (void)link_field(l, k, pos, name);
        else if (name.n && k->fields[at].type != type)
                l->result = diag_error(l->d, pos, "name a field of that type", "`%.*s` is no %s", WW_STR_ARG(name),
                                       record_types[type].name);
}

static uint32_t all_open(const struct record_kind *k) {
        uint32_t set = 0;

        for (size_t i = 0; i < k->n_states; i++)
                set |= k->states[i].over ? 0 : 1U << i;
        return set;
}

static uint32_t link_states(struct rules_loader *l, const struct record_kind *k, struct diag_pos pos,
                            const struct ww_str *names, size_t n) {
        uint32_t set = 0;

        for (size_t i = 0; i < n; i++)
                set |= 1U << link_state(l, k, pos, names[i]);
        return n ? set : all_open(k);
}

static const struct record_kind *link_kind(struct rules_loader *l, const struct record_kinds *kinds,
                                           struct diag_pos pos, struct ww_str name) {
        const struct record_kind *k = record_kind_find(kinds, name);
        const char *names[KINDS_MAX];
        size_t n;

        if (k)
                return k;
        for (n = 0; n < kinds->n_kinds && n < KINDS_MAX; n++)
                names[n] = kinds->kinds[n].name.p ? kinds->kinds[n].name.p : "";
        unknown(l, pos, "kind of records", name, names, n);
        return NULL;
}

static void link_pairs(struct rules_loader *l, const struct record_kind *k, struct diag_pos pos,
                       struct record_pairs *pairs) {
        for (size_t i = 0; i < pairs->n; i++)
                pairs->pairs[i].field = link_field(l, k, pos, pairs->pairs[i].name);
}

static void link_names(struct rules_loader *l, const struct record_kind *k, struct diag_pos pos,
                       const struct ww_str *names, size_t n) {
        for (size_t i = 0; i < n; i++)
                (void)link_field(l, k, pos, names[i]);
}

/* What an event is held against: fields, and the record's own number. */
static void link_match(struct rules_loader *l, const struct record_kind *k, struct diag_pos pos,
                       struct record_pairs *pairs) {
        for (size_t i = 0; i < pairs->n; i++)
                if (!ww_str_is(pairs->pairs[i].name, "number") || record_kind_field(k, WW_STR("number")) != SIZE_MAX)
                        pairs->pairs[i].field = link_field(l, k, pos, pairs->pairs[i].name);
}

/* --- by parts --- */

/* What is sent stands in the notification, which everybody may read. */
static void link_notify(struct rules_loader *l, const struct record_kind *k, struct record_notify *n) {
        if (n->n_by && k->read)
                l->result = diag_error(l->d, n->pos, "leave out `read` of the kind, or use `send` instead of `notify`",
                                       "`%.*s` is restricted, and its notifications would not be", WW_STR_ARG(k->name));
        if (!n->whom.n)
                return;
        link_typed(l, k, n->pos, n->whom, RECORD_CHOICE);
        n->field = record_kind_field(k, n->whom);
}

static void link_act(struct rules_loader *l, struct record_kinds *kinds, const struct record_kind *k,
                     struct record_act *a) {
        const char *names[NAMES_MAX];
        size_t n;

        a->from = a->opens ? 0 : link_states(l, k, a->pos, a->from_names, a->n_from);
        a->to = a->to_name.n ? link_state(l, k, a->pos, a->to_name) : a->opens ? 0 : SIZE_MAX;
        a->done = a->done_name.n ? link_state(l, k, a->pos, a->done_name) : SIZE_MAX;
        link_names(l, k, a->pos, a->takes, a->n_takes);
        link_names(l, k, a->pos, a->must, a->n_must);
        link_names(l, k, a->pos, a->brings, a->n_brings);
        link_typed(l, k, a->pos, a->sign, RECORD_SIGNATURE);
        link_typed(l, k, a->pos, a->log, RECORD_LOG);
        link_typed(l, k, a->pos, a->ticks, RECORD_CHECKLIST);
        link_match(l, k, a->pos, &a->on.match);
        link_match(l, k, a->pos, &a->on.unless);
        link_notify(l, k, &a->notify);
        if (!a->log.n && !a->ticks.n)
                link_pairs(l, k, a->pos, &a->fields);
        for (size_t i = 0; i < a->n_other_than; i++)
                if (!record_kind_act(k, a->other_than[i])) {
                        COLLECT(k, acts, names, n);
                        unknown(l, a->pos, "act", a->other_than[i], names, n);
                }
        if (!a->makes.name.n)
                return;
        a->makes.kind = link_kind(l, kinds, a->pos, a->makes.name);
        if (!a->makes.kind)
                return;
        link_pairs(l, a->makes.kind, a->pos, &a->makes.fields);
        link_names(l, a->makes.kind, a->pos, a->makes.given, a->makes.n_given);
}

static void link_clock(struct rules_loader *l, const struct record_kind *k, struct record_clock *c) {
        c->in = link_states(l, k, c->pos, c->in_names, c->n_in);
        c->to = c->to_name.n ? link_state(l, k, c->pos, c->to_name) : SIZE_MAX;
        c->field = c->at.n ? link_field(l, k, c->pos, c->at) : SIZE_MAX;
        if (c->field != SIZE_MAX && k->n_fields && k->fields[c->field].type != RECORD_TIME &&
            k->fields[c->field].type != RECORD_DATE)
                l->result = diag_error(l->d, c->pos, "name a field of type `time` or `date`", "`%.*s` is no instant",
                                       WW_STR_ARG(c->at));
}

static void link_opens(struct rules_loader *l, struct record_kinds *kinds, const struct record_kind *k,
                       struct record_opens *o) {
        o->to = o->to_name.n ? link_state(l, k, o->pos, o->to_name) : 0;
        link_pairs(l, k, o->pos, &o->fields);
        if (!o->plan.n)
                return;
        o->plan_kind = link_kind(l, kinds, o->pos, o->plan);
        if (!o->plan_kind)
                return;
        o->while_in = link_states(l, o->plan_kind, o->pos, o->while_names, o->n_while);
        link_typed(l, o->plan_kind, o->pos, o->schedule, RECORD_SCHEDULE);
        link_typed(l, o->plan_kind, o->pos, o->every, RECORD_SPAN);
        link_typed(l, o->plan_kind, o->pos, o->begin, RECORD_TIME);
}

static void link_lists(struct rules_loader *l, const struct record_kind *k, const struct record_state *s) {
        for (size_t i = 0; i < s->n_lists; i++) {
                struct record_membership *m = &s->lists[i];

                m->member_field = link_field(l, k, s->pos, m->member);
                if (m->only_if.n) {
                        link_typed(l, k, s->pos, m->only_if, RECORD_BOOL);
                        m->if_field = record_kind_field(k, m->only_if);
                }
        }
}

static void link_kind_parts(struct rules_loader *l, struct record_kinds *kinds, struct record_kind *k) {
        if (k->label.n)
                k->label_field = link_field(l, k, k->pos, k->label);
        for (size_t i = 0; i < k->n_fields && k->label_field == SIZE_MAX; i++)
                if (k->fields[i].type == RECORD_TEXT)
                        k->label_field = i;
        for (size_t i = 0; i < k->n_fields; i++) {
                struct record_field *f = &k->fields[i];

                f->in = f->n_states ? link_states(l, k, f->pos, f->states, f->n_states) : 0;
                if (f->type == RECORD_MEMBER)
                        kinds_list(l, f->pos, f->of);
                else if (f->of.n)
                        (void)link_kind(l, kinds, f->pos, f->of);
        }
        for (size_t i = 0; i < k->n_states; i++)
                link_lists(l, k, &k->states[i]);
        for (size_t i = 0; i < k->n_acts; i++)
                link_act(l, kinds, k, &k->acts[i]);
        for (size_t i = 0; i < k->n_clocks; i++)
                link_clock(l, k, &k->clocks[i]);
        for (size_t i = 0; i < k->n_opens; i++)
                link_opens(l, kinds, k, &k->opens[i]);
}

/* --- twice --- */

/* A list of structs that begin with their name and their place. */
static void check_twice(struct rules_loader *l, const char *what, const void *list, size_t n, size_t size) {
        for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < i; j++) {
                        const char *a = (const char *)list + i * size, *b = (const char *)list + j * size;
                        const struct ww_str *name = (const struct ww_str *)(const void *)a;

                        if (name->n && ww_str_equal(*name, *(const struct ww_str *)(const void *)b))
                                l->result = diag_error(l->d, *(const struct diag_pos *)(const void *)(name + 1),
                                                       "give each its own name", "there are two of %s `%.*s`", what,
                                                       WW_STR_ARG(*name));
                }
}

#define CHECK_TWICE(l, what, of, member) check_twice(l, what, (of)->member, (of)->n_##member, sizeof *(of)->member)

static void check_whole(struct rules_loader *l, const struct record_kind *k) {
        bool opens = k->n_opens > 0;

        CHECK_TWICE(l, "the field", k, fields);
        CHECK_TWICE(l, "the state", k, states);
        CHECK_TWICE(l, "the act", k, acts);
        CHECK_TWICE(l, "the clock", k, clocks);
        for (size_t i = 0; i < k->n_acts; i++)
                opens = opens || k->acts[i].opens;
        if (!k->n_states)
                l->result = diag_error(l->d, k->pos, "name at least the state in which it begins",
                                       "`%.*s` has no states", WW_STR_ARG(k->name));
        else if (k->states[0].over)
                l->result = diag_error(l->d, k->states[0].pos, "put the state in which it begins first",
                                       "`%.*s` would be over when it begins", WW_STR_ARG(k->name));
        if (!opens)
                l->result = diag_error(l->d, k->pos, "give one act `from: []`, or say what `opens` it",
                                       "nothing makes a `%.*s`", WW_STR_ARG(k->name));
}

/* Two kinds that number alike would give one number twice. */
static void check_numbers(struct rules_loader *l, const struct record_kinds *kinds) {
        for (size_t i = 0; i < kinds->n_kinds; i++) {
                const struct record_kind *k = &kinds->kinds[i];
                struct ww_str form = k->number;
                bool counts = false;

                for (size_t at = 0; form.n >= 3 && at + 3 <= form.n; at++)
                        counts = counts || memcmp(form.p + at, "{n}", 3) == 0;
                if (form.n && (!counts || form.n > 32))
                        l->result = diag_error(l->d, k->pos, "write `number: HZ-{n}`, at most 32 bytes",
                                               "the numbers of `%.*s` would be all the same, or too long",
                                               WW_STR_ARG(k->name));
                for (size_t j = 0; form.n && j < i; j++)
                        if (ww_str_equal(form, kinds->kinds[j].number))
                                l->result = diag_error(l->d, k->pos, "give each kind its own numbers",
                                                       "`%.*s` numbers like `%.*s`", WW_STR_ARG(k->name),
                                                       WW_STR_ARG(kinds->kinds[j].name));
        }
}

/* So that an event costs one look-up unless some kind waits for its family. */
static int index_families(struct record_kinds *kinds, const struct ww_kinds *vocabulary) {
        kinds->families = arena_array(&kinds->host.arena, uint8_t, vocabulary->n + 1);
        if (!kinds->families)
                return -ENOMEM;
        kinds->n_families = vocabulary->n;
        for (size_t i = 0; i < kinds->n_kinds; i++) {
                const struct record_kind *k = &kinds->kinds[i];

                for (size_t j = 0; j < k->n_acts; j++)
                        if (k->acts[j].on.given)
                                kinds->families[k->acts[j].on.family] = 1;
                for (size_t j = 0; j < k->n_opens; j++)
                        if (k->opens[j].on.given)
                                kinds->families[k->opens[j].on.family] = 1;
        }
        return 0;
}

int kinds_link(struct rules_loader *l, struct record_kinds *kinds) {
        CHECK_TWICE(l, "the record", kinds, kinds);
        if (kinds->n_kinds > KINDS_MAX)
                l->result = diag_error(l->d, kinds->kinds[KINDS_MAX].pos, "join some", "more than %d kinds", KINDS_MAX);
        for (size_t i = 0; i < kinds->n_kinds; i++)
                check_whole(l, &kinds->kinds[i]);
        check_numbers(l, kinds);
        if (l->result)
                return l->result;
        for (size_t i = 0; i < kinds->n_kinds; i++)
                link_kind_parts(l, kinds, &kinds->kinds[i]);
        return l->result ? l->result : index_families(kinds, site_kinds(l->site));
}
