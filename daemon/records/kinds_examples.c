/*
 * Examples of the files of records: a day's acts, events and hours on a virtual clock, and what must come of them. Each
 * runs in a stage of its own that tells nobody anything.
 *
 *     examples:
 *       - example: who put it right does not recheck it
 *         steps:
 *           - {at: 0s, record: hazard, act: open, fields: {what: loose rail, …, due_at: 2d}, state: open}
 *           - {at: 1d, record: hazard, act: rectify, by: bob, fields: {measure: new rail}, state: rectified}
 *           - {at: 1d, record: hazard, act: recheck, by: bob, refused: same-person}
 *           - {at: 9d, record: hazard, overdue: recheck}
 *           - {at: 9d, event: visitor.left, attributes: {badge: V-1}}
 */
#include "records/kinds_load.h"
#include "records/records_internal.h"

#include "alarm/alarm.h"

#define EXAMPLE_START (INT64_C(1767600000) * WW_SECOND) /* Monday, 2026-01-05T08:00:00Z */
#define ATTRS_MAX     16

struct example {
        struct rules_loader *l;
        const struct record_kinds *kinds;
        struct records *records;
        const struct yaml_node *step;
        int64_t now;
        uint64_t seq;
};

/* --- a stage that tells nobody --- */

static int example_change(void *userdata, const struct ww_change *change) {
        (void)userdata;
        (void)change;
        return 0;
}

static int example_event(void *userdata, struct ww_event *event) {
        (void)userdata;
        (void)event;
        return 0;
}

static int example_member(void *userdata, struct ww_str list, struct ww_str member, bool in) {
        (void)userdata;
        (void)list;
        (void)member;
        (void)in;
        return 0;
}

static int example_publish(void *userdata, struct ww_str topic, struct ww_str payload) {
        (void)userdata;
        (void)topic;
        (void)payload;
        return 0;
}

static int example_notify(void *userdata, const json_t *report) {
        (void)userdata;
        (void)report;
        return 0;
}

/* As the files have it: no command changes a list in an example. */
static bool example_listed(void *userdata, struct ww_str list, struct ww_str member, int64_t now) {
        const struct site *site = userdata;

        (void)now;
        return site_list_has(site, site_list_find(site, list), member);
}

/* --- reading --- */

static struct ww_str text_of(const struct example *x, const char *key) {
        struct ww_str text = WW_STR("");

        rules_text(x->l, x->step, key, &text);
        return text;
}

static struct diag_pos pos_of(const struct example *x, const char *key) {
        const struct yaml_node *n = yaml_get(x->step, key);

        return n ? n->pos : x->step->pos;
}

static json_t *json_of(const struct yaml_node *n) {
        json_t *o;

        if (n->type == YAML_SCALAR)
                return json_stringn(n->text.p ? n->text.p : "", n->text.n);
        o = n->type == YAML_SEQUENCE ? json_array() : json_object();
        yaml_each(item, n) {
                if (n->type == YAML_SEQUENCE)
                        (void)json_array_append_new(o, json_of(item));
                else
                        (void)json_object_setn_new(o, item->key.p, item->key.n, json_of(item));
        }
        return o;
}

/* The newest open record of the kind; NULL: none. */
static struct record *newest(const struct example *x, struct ww_str kind) {
        struct record *rec, *found = NULL;

        TAILQ_FOREACH(rec, &x->records->all, order)
        if (rec->kind && ww_str_equal(rec->kind->name, kind))
                found = rec;
        return found;
}

/* --- a step --- */

static int step_time(struct example *x) {
        int64_t at = x->now - EXAMPLE_START, to;

        if (yaml_get(x->step, "at") &&
            rules_told(x->l, yaml_span(yaml_get(x->step, "at"), "at", 0, 3660 * WW_DAY, x->l->d, &at)))
                return -ENOMEM;
        to = EXAMPLE_START + at;
        if (to < x->now) {
                x->l->result = diag_error(x->l->d, pos_of(x, "at"), "put the steps in their order", "time runs back");
                return 0;
        }
        while (records_deadline(x->records) <= to) {
                int e;

                if (records_deadline(x->records) > x->now)
                        x->now = records_deadline(x->records);
                e = records_time(x->records, x->now);
                if (e)
                        return e;
        }
        x->now = to;
        return 0;
}

static unsigned step_roles(const struct example *x) {
        return yaml_get(x->step, "roles") ? kinds_role_set(x->l, x->step, "roles")
                                          : ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR;
}

static void step_answered(struct example *x, const json_t *answer) {
        const json_t *error = json_object_get(answer, "error");
        const char *name = json_string_value(json_object_get(error, "name"));
        struct ww_str refused = text_of(x, "refused");

        if (!name && refused.n)
                x->l->result = diag_error(x->l->d, pos_of(x, "refused"),
                                          "say what may not be done in the kind, or take it out",
                                          "the act is not refused");
        else if (name && !ww_str_is(refused, name))
                x->l->result = diag_error(x->l->d, pos_of(x, "act"), json_string_value(json_object_get(error, "cure")),
                                          "the act is refused (%s): %s", name,
                                          json_string_value(json_object_get(error, "text")));
}

static int step_act(struct example *x) {
        struct ww_str kind = text_of(x, "record"), act = text_of(x, "act"), by = text_of(x, "by"),
                      reason = text_of(x, "reason");
        const struct yaml_node *fields = yaml_get(x->step, "fields");
        const struct records_who who = { by.n ? by : WW_STR("example"), step_roles(x), false, x->now };
        struct record *rec = newest(x, kind);
        json_t *request, *answer = NULL;
        int e;

        request = json_pack("{s:s, s:s%, s:s%, s:o}", "cmd", "record", "kind", kind.p ? kind.p : "", kind.n, "act",
                            act.p, act.n, "fields", fields ? json_of(fields) : json_object());
        if (request && rec)
                (void)json_object_set_new(request, "record", json_string(rec->number));
        if (request && reason.n)
                (void)json_object_set_new(request, "reason", json_stringn(reason.p, reason.n));
        e = request ? records_command(x->records, request, &who, &answer) : -ENOMEM;
        if (!e)
                step_answered(x, answer);
        json_decref(request);
        json_decref(answer);
        return e ? e : records_tell(x->records, x->now);
}

static int step_event(struct example *x) {
        const struct yaml_node *attributes = yaml_get(x->step, "attributes"), *value = yaml_get(x->step, "value");
        struct ww_attr attrs[ATTRS_MAX];
        struct ww_event event = { .seq = ++x->seq,
                                  .time = x->now,
                                  .received = x->now,
                                  .device_time = WW_TIME_NONE,
                                  .kind = text_of(x, "event"),
                                  .device = text_of(x, "device"),
                                  .asset = text_of(x, "asset"),
                                  .zone = text_of(x, "zone"),
                                  .sensor = WW_STR("example"),
                                  .attrs = attrs };
        int e;

        if (value)
                event.value = ww_string(value->text);
        yaml_each(item, attributes) {
                if (event.n_attrs < ATTRS_MAX)
                        attrs[event.n_attrs++] = (struct ww_attr){ item->key, 0, ww_string(item->text) };
        }
        if (!ww_kind_find(site_kinds(x->l->site), event.kind, &event.family, &event.state)) {
                x->l->result = diag_error(x->l->d, pos_of(x, "event"), "the reference in rules/README.md lists them",
                                          "there is no kind of event `%.*s`", WW_STR_ARG(event.kind));
                return 0;
        }
        e = records_event(x->records, &event, x->now);
        return e ? e : records_tell(x->records, x->now);
}

static void step_wrong(struct example *x, const char *key, const char *is) {
        x->l->result = diag_error(x->l->d, pos_of(x, key), "mend the kind, or the example", "it is `%s`", is);
}

/* What is over is not open any more: `state: over`. */
static void step_state(struct example *x) {
        struct ww_str wanted = text_of(x, "state");
        const struct record *rec = newest(x, text_of(x, "record"));
        const char *is = rec ? record_text(rec, "state") : "over";

        if (wanted.n && !ww_str_is(wanted, is))
                step_wrong(x, "state", is);
}

static void step_overdue(struct example *x) {
        struct ww_str wanted = text_of(x, "overdue");
        const struct record *rec = newest(x, text_of(x, "record"));
        const json_t *clocks = rec ? json_object_get(rec->body, "clocks") : NULL;
        const char *name, *is = "none";
        json_t *clock;

        json_object_foreach((json_t *)(uintptr_t)clocks, name,
                            clock) if (json_is_true(json_object_get(clock, "overdue")) && !ww_str_is(wanted, is))
                is = name;
        if (wanted.n && !ww_str_is(wanted, is))
                step_wrong(x, "overdue", is);
}

static int step_run(struct example *x) {
        int e = 0;

        if (!rules_mapping(x->l, x->step, "a step", kinds_step_keys, kinds_step_keys_n))
                return 0;
        e = step_time(x);
        if (!e && yaml_get(x->step, "act"))
                e = step_act(x);
        if (!e && yaml_get(x->step, "event"))
                e = step_event(x);
        if (!e)
                step_state(x);
        if (!e)
                step_overdue(x);
        return e;
}

static int example_run(struct rules_loader *l, const struct record_kinds *kinds, const struct yaml_node *n) {
        const struct records_sink sink = { (struct site *)(uintptr_t)l->site,
                                           example_change,
                                           example_event,
                                           example_member,
                                           example_publish,
                                           example_notify,
                                           example_listed };
        struct example x = { .l = l, .kinds = kinds, .now = EXAMPLE_START };
        int e;

        if (!rules_mapping(l, n, "an example", kinds_example_keys, kinds_example_keys_n))
                return 0;
        e = records_new(&x.records, kinds, l->site, &sink);
        yaml_each(step, yaml_get(n, "steps")) {
                x.step = step;
                e = e ? e : step_run(&x);
        }
        records_free(x.records);
        return e;
}

int kinds_examples(struct kinds_loader *l, const struct yaml_node *const *examples, size_t n, size_t *ret_run) {
        int e = 0;

        *ret_run = 0;
        for (size_t i = 0; i < n; i++)
                yaml_each(example, examples[i]) {
                        e = e ? e : example_run(&l->base, l->kinds, example);
                        ++*ret_run;
                }
        return e;
}
