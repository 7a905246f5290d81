/*
 * A rule's examples, run by the very matcher on a virtual clock, with the alarm stage behind it. An example's event
 * goes straight to the selection and the key that it names: what is tried is the condition. Its device is `ALIAS@KEY`
 * unless it names one. Fields that it writes itself are judged by the selection: where one of them does not fit, the
 * event happens and is not selected. Other rules hear nothing; their alarms are there if a row raises them.
 */
#include "correlate/example.h"
#include "base/span.h"
#include "correlate/trace.h"

static struct ww_str attr_text(const struct example_row *row, const char *name) {
        for (size_t i = row->n_attrs; i--;)
                if (ww_str_is(row->attrs[i].name, name) && row->attrs[i].value.type == WW_STRING)
                        return row->attrs[i].value.string;
        return WW_STR_NONE;
}

/* where it happens: `zone=W1-r1`, or `ward=W1` if wards are a type of zone */
static struct ww_str zone_of(const struct site *site, const struct example_row *row) {
        struct ww_str zone = attr_text(row, "zone");

        for (size_t i = row->n_attrs; i-- && !zone.n;) {
                const struct ww_attr *a = &row->attrs[i];
                uint32_t index = a->value.type == WW_STRING ? site_zone_find(site, a->value.string) : SITE_NONE;

                if (index != SITE_NONE && ww_str_equal(site_zone(site, index)->type, a->name))
                        zone = a->value.string;
        }
        return zone;
}

static void event_make(struct example_runner *r, const struct example_row *row, uint64_t number,
                       struct ww_event *event) {
        const struct selection *s = &r->rule->aliases[row->alias];
        const struct kind_choice *kind = &s->kinds[0];
        struct ww_str device = attr_text(row, "device");

        if (!device.n)
                device = ww_str(arena_printf(r->arena, "%s@%.*s", s->alias.p, WW_STR_ARG(row->key)));
        *event = (struct ww_event){
                .seq = number,
                .time = r->e->start + row->time,
                .received = r->e->start + row->arrival,
                .device_time = WW_TIME_NONE,
                .family = kind->family,
                .state = s->level ? (kind->state == WW_STATE_UNKNOWN ? WW_STATE_ACTIVE : kind->state) : WW_STATE_PULSE,
                .flags = correlate_exercise(r->c) ? WW_EVENT_EXERCISE : 0,
                .device = device,
                .zone = zone_of(r->set->site, row),
                .asset = attr_text(row, "asset"),
                .attrs = row->attrs,
                .n_attrs = row->n_attrs,
        };
        if (row->act == EXAMPLE_END)
                event->state = event->state == WW_STATE_NORMAL ? WW_STATE_ACTIVE : WW_STATE_NORMAL;
        event->kind = ww_str(ww_kind_name(r->set->kinds, event->family, event->state));
        event->asset_index = site_asset_find(r->set->site, event->asset);
        for (size_t j = 0; j < row->n_attrs; j++)
                if (ww_str_is(row->attrs[j].name, "value"))
                        event->value = row->attrs[j].value;
}

/* `kind=door.held` in a row: it is of another kind than the selection wants */
static bool kind_allows(const struct selection *s, const struct example_row *row, const struct ww_kinds *kinds) {
        const struct selection_field *written = NULL;

        for (size_t i = 0; i < row->n_fields; i++)
                if (ww_str_is(row->fields[i].name, "kind"))
                        written = &row->fields[i];
        for (size_t i = 0; written && i < s->n_kinds; i++)
                if (ww_str_is(written->text, ww_kind_name(kinds, s->kinds[i].family, s->kinds[i].state)))
                        return true;
        return !written;
}

/* the key's place in c->held, if the event is selected */
static int hold(struct example_runner *r, const struct example_row *row, const struct ww_event *event) {
        struct correlate *c = r->c;
        struct lane_match held = { .mask = (uint16_t)(1u << row->alias) };
        bool exercise = event->flags & WW_EVENT_EXERCISE;
        int e = 0;

        c->n_held = c->skipped.n = 0;
        if (row->act != EXAMPLE_EVENT || !kind_allows(&r->rule->aliases[row->alias], row, r->set->kinds) ||
            !selection_allows(r->set, c->standing, &r->rule->aliases[row->alias], row->fields, row->n_fields,
                              event->time))
                return 0;
        if (r->rule->each)
                held.key = key_find(c, r->rule->number, exercise, row->key);
        else
                e = key_get(c, r->rule->number, exercise, row->key, &held.key);
        return e || !held.key ? e : held_add(c, held);
}

static int play_event(struct example_runner *r, const struct example_row *row, uint64_t number) {
        struct ww_event event;
        int e;

        event_make(r, row, number, &event);
        r->c->at = order_of(&event);
        e = hold(r, row, &event);
        if (!e && row->act != EXAMPLE_END)
                trace_row(r->c, &event, r->rule->aliases[row->alias].alias, r->c->n_held);
        if (!e)
                e = correlate_deliver(r->c, &event, r->rule->aliases[row->alias].level);
        return e ? e : derived_deliver(r->c);
}

static int play(struct example_runner *r, const struct example_row *row, uint64_t number) {
        int e = example_advance(r, r->e->start + row->arrival);

        if (e)
                return e;
        return row->act <= EXAMPLE_END ? play_event(r, row, number) : example_play_act(r, row, number);
}

/* ---- from the beginning to the end ---- */

static int enrol(struct example_runner *r, struct ww_str key) {
        struct ww_str id = r->rule->n_key ? key_part(r->arena, key, 0) : WW_STR_NONE;

        return key_enrol(r->c, r->rule->number, id, site_asset_find(r->set->site, id), r->e->start);
}

/* The assets that are named, or what waits for a schedule. */
static int enrol_all(struct example_runner *r) {
        const struct rule *rule = r->rule;
        int e = 0;

        if (!rule->each)
                return rule->after_schedule == SITE_NONE ? 0 : enrol(r, WW_STR_NONE);
        for (size_t i = 0; i < r->e->n_given && !e; i++)
                if (r->e->given[i].rule == rule && r->e->given[i].key.n)
                        e = enrol(r, r->e->given[i].key);
        for (size_t i = 0; i < EXAMPLE_LISTS; i++)
                for (size_t j = 0; j < r->e->want[i].n && !e; j++)
                        if (r->e->want[i].rows[j].rule == rule)
                                e = enrol(r, r->e->want[i].rows[j].key);
        return e;
}

static int row_compare(const void *a, const void *b) {
        const struct example_row *x = *(const struct example_row *const *)a, *y = *(const struct example_row *const *)b;

        if (x->arrival != y->arrival)
                return x->arrival < y->arrival ? -1 : 1;
        return (x > y) - (x < y);
}

static int play_all(struct example_runner *r) {
        const struct example_row *rows[EXAMPLE_ROWS_MAX];
        int e = enrol_all(r);

        for (size_t i = 0; i < r->e->n_given; i++)
                rows[i] = &r->e->given[i];
        if (r->e->n_given)
                qsort(rows, r->e->n_given, sizeof *rows, row_compare);
        for (size_t i = 0; i < r->e->n_given && !e; i++)
                e = play(r, rows[i], i + 1);
        return e ? e : example_advance(r, r->e->start + r->e->until + r->rule->wait);
}

#define TOLD_BYTES 20000

/* a line of what happened: "9s  W3  `out` …" */
static void tell(void *userdata, const struct correlate_saying *saying) {
        const struct example_runner *r = userdata;
        char span[32];

        if (r->told->n > TOLD_BYTES)
                return;
        span_format(saying->time > r->e->start ? saying->time - r->e->start : 0, span);
        buf_printf(r->told, "%6s  ", span);
        if (saying->key.n)
                buf_printf(r->told, "[%.*s] ", WW_STR_ARG(saying->key));
        buf_put(r->told, saying->text.p, saying->text.n);
        buf_puts(r->told, r->told->n > TOLD_BYTES ? "\n…\n" : "\n");
}

static int stages_open(struct example_runner *r) {
        int e = correlate_make(&r->c, r->set, r->e->start, example_collect, r);

        if (e)
                return e;
        r->c->only = r->rule;
        if (r->options->failed)
                (void)correlate_trace_rule(r->c, r->rule->name, &r->trace);
        r->c->with = r->e->with;
        r->c->n_with = r->e->n_with;
        return r->stage ? r->stage->open(&r->alarms, r->set, r->set->site, r->e->start, example_collect_transition, r)
                        : 0;
}

static int run_one(struct example_runner *r, const struct yaml_node *node) {
        const struct example_parser p = { r->set, r->rule, r->arena, r->d, r->stage != NULL };
        int e = example_parse(&p, node, r->e);

        r->trace = (struct correlate_trace){ .userdata = r, .zero = r->e->start, .say = tell };
        buf_reset(r->told);
        if (!e)
                e = stages_open(r);
        if (!e)
                e = play_all(r);
        r->c = correlate_free(r->c);
        if (r->alarms)
                r->stage->close(r->alarms);
        if (!e)
                e = example_judge(r);
        if (e > 0 && r->options->failed)
                r->options->failed(r->options->userdata, buf_str(r->told));
        return e;
}

static int run_rule(const struct example_runner *base, struct diag *d, struct correlate_examples_result *result) {
        _cleanup_free_ struct example_runner *r = malloc(sizeof *r);
        _cleanup_free_ struct example *e = malloc(sizeof *e);
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        const struct rule *rule = base->rule;
        size_t number = 0;
        int worst = 0;

        if (!r || !e)
                return -ENOMEM;
        result->rules++;
        if (!rule->examples || rule->examples->type != YAML_SEQUENCE || !rule->examples->n)
                return diag_error(d, rule->pos, "add `examples: [{given: […], alarms: […]}]`",
                                  "rule `%s` has no example", rule->name.p);
        yaml_each(node, rule->examples) {
                int x;

                *r = *base;
                r->e = e;
                r->arena = &arena;
                r->number = ++number;
                x = run_one(r, node);
                arena_reset(&arena);
                if (x < 0)
                        return x;
                worst = x ? x : worst;
                result->failed += x != 0;
                result->run++;
        }
        return worst;
}

static bool is_wanted(const struct correlate_examples *examples, const struct rule *rule) {
        return !examples->wanted || examples->wanted(examples->userdata, rule->name, rule->pos.file);
}

int correlate_rules_examples(const struct correlate_rules *set, const struct correlate_examples *examples,
                             struct diag *d, struct correlate_examples_result *ret) {
        _cleanup_free_ struct example_runner *base = calloc(1, sizeof *base);
        _cleanup_buf_ struct buf told = BUF_INIT;
        int worst = 0;

        if (!base)
                return -ENOMEM;
        base->set = set;
        base->stage = examples->stage;
        base->d = d;
        base->match_time = WW_TIME_NONE;
        base->options = examples;
        base->told = &told;
        *ret = (struct correlate_examples_result){ 0 };
        for (size_t i = 0; i < set->n; i++) {
                int r;

                base->rule = &set->rules[i];
                r = is_wanted(examples, base->rule) ? run_rule(base, d, ret) : 0;
                if (r < 0)
                        return r;
                worst = r ? r : worst;
        }
        return worst;
}
