/*
 * A rule's examples, run by the very matcher on a virtual clock. An example's event goes straight to the selection and
 * the key that it names: what is tried is the condition. Its device is `ALIAS@KEY` unless it names one. Fields that it
 * writes itself are judged by the selection: where one of them does not fit, the event happens and is not selected.
 */
#include "correlate/example.h"

#include "base/span.h"

struct outcome {
        int64_t time;
        char *key;
        enum ww_priority priority;
};

struct runner {
        const struct correlate_rules *set;
        const struct rule *rule;
        struct example *e;
        struct diag *d;
        struct arena *arena;
        struct correlate *c;
        struct outcome raised[EXAMPLE_ROWS_MAX], cleared[EXAMPLE_ROWS_MAX];
        size_t n_raised, n_cleared;
        size_t number;
};

static int collect(void *userdata, const struct ww_detection *d) {
        struct runner *r = userdata;
        bool raise = d->what == WW_DETECTION_RAISE;
        size_t *n = raise ? &r->n_raised : &r->n_cleared;

        if ((!raise && d->what != WW_DETECTION_CLEAR) || *n == EXAMPLE_ROWS_MAX)
                return 0;
        (raise ? r->raised : r->cleared)[(*n)++] =
                (struct outcome){ d->time - EXAMPLE_START, (char *)arena_copy(r->arena, d->key).p, d->priority };
        return 0;
}

static struct ww_str attr_text(const struct example_row *row, const char *name) {
        for (size_t i = row->n_attrs; i--;)
                if (ww_str_is(row->attrs[i].name, name) && row->attrs[i].value.type == WW_STRING)
                        return row->attrs[i].value.string;
        return WW_STR_NONE;
}

static void event_make(struct runner *r, const struct example_row *row, size_t i, struct ww_event *event) {
        const struct selection *s = &r->rule->aliases[row->alias];
        const struct kind_choice *kind = &s->kinds[0];
        struct ww_str device = attr_text(row, "device");

        if (!device.n)
                device = ww_str(arena_printf(r->arena, "%s@%.*s", s->alias.p, WW_STR_ARG(row->key)));
        *event = (struct ww_event){
                .seq = i + 1,
                .time = EXAMPLE_START + row->time,
                .received = EXAMPLE_START + row->arrival,
                .device_time = WW_TIME_NONE,
                .family = kind->family,
                .state = s->level ? (kind->state == WW_STATE_UNKNOWN ? WW_STATE_ACTIVE : kind->state) : WW_STATE_PULSE,
                .device = device,
                .zone = attr_text(row, "zone"),
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

/* the key's place in c->held, if the event is selected */
static int hold(struct runner *r, const struct example_row *row) {
        struct correlate *c = r->c;
        struct lane_match held;
        int e;

        c->n_held = 0;
        if (row->act != EXAMPLE_EVENT ||
            !selection_allows(r->set, &r->rule->aliases[row->alias], row->fields, row->n_fields))
                return 0;
        e = key_get(c, r->rule->number, false, row->key, &held.key);
        if (e || !held.key)
                return e;
        held.mask = (uint16_t)(1u << row->alias);
        free(c->held);
        c->held = malloc(sizeof *c->held);
        c->held_capacity = c->held != NULL;
        if (!c->held)
                return -ENOMEM;
        c->held[c->n_held++] = held;
        return 0;
}

static int play(struct runner *r, const struct example_row *row, size_t i) {
        struct correlate *c = r->c;
        struct ww_event event;
        int e = correlate_time(c, EXAMPLE_START + row->arrival);

        if (e)
                return e;
        if (row->act == EXAMPLE_RESET)
                return correlate_reset(c, r->rule->name, row->key, false, EXAMPLE_START + row->arrival);
        event_make(r, row, i, &event);
        c->at = order_of(&event);
        e = hold(r, row);
        if (e)
                return e;
        return correlate_deliver(c, &event, r->rule->aliases[row->alias].level);
}

static int enrol(struct runner *r, const struct example_row *rows, size_t n) {
        for (size_t i = 0; i < n && r->rule->each; i++) {
                struct ww_str id = rows[i].attrs[0].value.string;
                int e = key_enrol(r->c, r->rule->number, id, site_asset_find(r->set->site, id), EXAMPLE_START);

                if (e)
                        return e;
        }
        return 0;
}

static int enrol_all(struct runner *r) {
        int e = enrol(r, r->e->given, r->e->n_given);

        e = e ? e : enrol(r, r->e->raised, r->e->n_raised);
        return e ? e : enrol(r, r->e->cleared, r->e->n_cleared);
}

static int row_compare(const void *a, const void *b) {
        const struct example_row *x = *(const struct example_row *const *)a, *y = *(const struct example_row *const *)b;

        if (x->arrival != y->arrival)
                return x->arrival < y->arrival ? -1 : 1;
        return (x > y) - (x < y);
}

static int play_all(struct runner *r) {
        const struct example_row *rows[EXAMPLE_ROWS_MAX];
        int e = enrol_all(r);

        for (size_t i = 0; i < r->e->n_given; i++)
                rows[i] = &r->e->given[i];
        qsort(rows, r->e->n_given, sizeof *rows, row_compare);
        for (size_t i = 0; i < r->e->n_given && !e; i++)
                e = play(r, rows[i], i);
        return e ? e : correlate_time(r->c, EXAMPLE_START + r->e->until + r->rule->wait);
}

/* ---- what was expected, and what came ---- */

static void print_row(struct runner *r, struct buf *out, int64_t time, struct ww_str key, enum ww_priority priority) {
        char span[32];

        span_format(time, span);
        buf_puts(out, out->n > 1 ? ", " : "");
        buf_puts(out, span);
        for (size_t i = 0; i < r->rule->n_key; i++) {
                struct ww_str part = key_part(r->arena, key, i);

                buf_printf(out, "%s%.*s", i ? "," : " ", WW_STR_ARG(part));
        }
        if (priority)
                buf_printf(out, " %s", ww_priority_name(priority));
}

static bool fits(const struct example_row *want, const struct outcome *got) {
        return want->time == got->time && ww_str_is(want->key, got->key) &&
               (!want->priority || want->priority == got->priority);
}

static bool all_fit(const struct example_row *want, size_t n_want, const struct outcome *got, size_t n_got) {
        bool used[EXAMPLE_ROWS_MAX] = { 0 };

        for (size_t i = 0; i < n_want; i++) {
                size_t j = 0;

                while (j < n_got && (used[j] || !fits(&want[i], &got[j])))
                        j++;
                if (j == n_got)
                        return false;
                used[j] = true;
        }
        return n_want == n_got;
}

static int tell(struct runner *r, const struct yaml_node *node, const char *what, const struct example_row *want,
                size_t n_want, const struct outcome *got, size_t n_got) {
        _cleanup_buf_ struct buf expected = BUF_INIT, came = BUF_INIT;

        if (all_fit(want, n_want, got, n_got))
                return 0;
        buf_puts(&expected, "[");
        buf_puts(&came, "[");
        for (size_t i = 0; i < n_want; i++)
                print_row(r, &expected, want[i].time, want[i].key, want[i].priority);
        for (size_t i = 0; i < n_got; i++)
                print_row(r, &came, got[i].time, ww_str(got[i].key), got[i].priority);
        return diag_error(r->d, node->pos, NULL, "rule `%s`: example %zu: expected %s %.*s], got %.*s]",
                          r->rule->name.p, r->number, what, WW_STR_ARG(buf_str(&expected)), WW_STR_ARG(buf_str(&came)));
}

static int run_one(struct runner *r, const struct yaml_node *node) {
        int e = example_parse(r->set, r->rule, node, r->arena, r->d, r->e);

        if (e)
                return e;
        e = correlate_make(&r->c, r->set, EXAMPLE_START, collect, r);
        if (e)
                return e;
        r->c->with = r->e->with;
        r->c->n_with = r->e->n_with;
        e = play_all(r);
        r->c = correlate_free(r->c);
        if (e)
                return e;
        e = tell(r, r->e->alarms, "alarms", r->e->raised, r->e->n_raised, r->raised, r->n_raised);
        if (r->e->clears && tell(r, r->e->clears, "clears", r->e->cleared, r->e->n_cleared, r->cleared, r->n_cleared))
                e = DIAG_E_USER;
        return e;
}

static int run_rule(const struct correlate_rules *set, const struct rule *rule, struct diag *d, size_t *run) {
        _cleanup_free_ struct runner *r = malloc(sizeof *r);
        _cleanup_free_ struct example *e = malloc(sizeof *e);
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        size_t number = 0;
        int worst = 0;

        if (!r || !e)
                return -ENOMEM;
        if (!rule->examples || rule->examples->type != YAML_SEQUENCE || !rule->examples->n)
                return diag_error(d, rule->pos, "add `examples: [{given: […], alarms: […]}]`",
                                  "rule `%s` has no example", rule->name.p);
        yaml_each(node, rule->examples) {
                int x;

                memset(r, 0, sizeof *r);
                *r = (struct runner){ .set = set, .rule = rule, .e = e, .d = d, .arena = &arena, .number = ++number };
                x = run_one(r, node);
                if (x < 0)
                        return x;
                worst = x ? x : worst;
                ++*run;
        }
        return worst;
}

int correlate_rules_examples(const struct correlate_rules *set, struct diag *d, size_t *ret_run) {
        int worst = 0;

        *ret_run = 0;
        for (size_t i = 0; i < set->n; i++) {
                int r = run_rule(set, &set->rules[i], d, ret_run);

                if (r < 0)
                        return r;
                worst = r ? r : worst;
        }
        return worst;
}
