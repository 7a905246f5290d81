/*
 * What happens to one rule, in words. Nothing here changes anything: where a text cannot be made for lack of memory,
 * nothing is said.
 */
#include "correlate/trace.h"

int correlate_trace_rule(struct correlate *c, struct ww_str name, const struct correlate_trace *trace) {
        c->traced = correlate_rule(c->rules, name);
        c->trace = c->traced ? trace : NULL;
        return c->traced ? 0 : CORRELATE_E_UNKNOWN;
}

static int64_t span_of(const struct rule *rule) {
        return rule_horizon(rule) + rule->hold.usec + rule->span_for.usec + rule->wait;
}

int64_t correlate_rules_span(const struct correlate_rules *r) {
        int64_t longest = 0;

        for (size_t i = 0; i < r->n; i++)
                longest = span_of(&r->rules[i]) > longest ? span_of(&r->rules[i]) : longest;
        return longest;
}

bool correlate_rule_about(const struct correlate_rules *r, struct ww_str name, struct correlate_rule_about *ret) {
        const struct rule *rule = correlate_rule(r, name);

        if (!rule)
                return false;
        *ret = (struct correlate_rule_about){
                .pos = rule->pos,
                .hash = rule->hash,
                .span = span_of(rule),
        };
        return true;
}

const char *correlate_rule_nearest(const struct correlate_rules *r, struct ww_str name) {
        _cleanup_free_ const char **names = calloc(r->n + 1, sizeof *names);

        for (size_t i = 0; names && i < r->n; i++)
                names[i] = r->rules[i].name.p;
        return names ? diag_nearest(name, names, r->n) : NULL;
}

void trace_say(const struct correlate *c, const struct correlate_saying *saying) {
        if (saying->text.n)
                c->trace->say(c->trace->userdata, saying);
}

static void say_of_key(const struct correlate *c, const struct key *k, enum correlate_said what, int64_t time,
                       struct buf *text) {
        const struct correlate_saying saying = {
                .what = what,
                .key = key_text(c, k),
                .exercise = k->flags & KEY_EXERCISE,
                .time = time,
                .text = text->error ? WW_STR_NONE : buf_str(text),
        };

        trace_say(c, &saying);
}

static void say_state(const struct correlate *c, const struct key *k, enum correlate_said what, int64_t time) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct correlate_saying saying = {
                .what = what, .key = key_text(c, k), .exercise = k->flags & KEY_EXERCISE, .time = time
        };

        trace_state(c, k, time, &text, &saying);
        saying.text = text.error ? WW_STR_NONE : buf_str(&text);
        trace_say(c, &saying);
}

/* ---- why an event is not selected ---- */

static void put_value(struct ww_value v, struct buf *out) {
        switch (v.type) {
        case WW_STRING:
                buf_printf(out, "%.*s", WW_STR_ARG(v.string));
                break;
        case WW_NUMBER:
                buf_printf(out, "%.6g", v.number);
                break;
        case WW_BOOL:
                buf_puts(out, v.boolean ? "true" : "false");
                break;
        case WW_MISSING:
        case WW_NULL:
        case WW_TIME:
        case WW_SPAN:
                buf_puts(out, "missing");
                break;
        }
}

static void put_wanted(const struct correlate *c, const struct equality *e, struct buf *out) {
        for (size_t i = 0; i < e->n; i++)
                buf_printf(out, "%s%.*s", i ? " or " : "", WW_STR_ARG(e->texts[i]));
        for (size_t i = 0; i < e->n_lists; i++)
                buf_printf(out, "%sin @%.*s", e->n || i ? " or " : "",
                           WW_STR_ARG(site_list_name(c->rules->site, e->lists[i])));
}

static void put_field(const struct correlate *c, const struct ww_event *event, const struct equality *e,
                      struct buf *out) {
        buf_printf(out, "its %.*s is ", WW_STR_ARG(e->field->name));
        put_value(field_load(e->field, c->rules->site, event), out);
        buf_puts(out, ", not ");
        put_wanted(c, e, out);
}

static void put_event(const struct ww_event *event, struct buf *out) {
        buf_printf(out, "%.*s of %.*s", WW_STR_ARG(event->kind), WW_STR_ARG(event->device));
        if (event->value.type == WW_NUMBER || event->value.type == WW_STRING || event->value.type == WW_BOOL) {
                buf_puts(out, " = ");
                put_value(event->value, out);
        }
}

static void put_miss(const struct correlate *c, const struct ww_event *event, enum selection_miss miss,
                     const struct selection *s, const struct equality *field, struct buf *out) {
        if (miss == SELECTION_FIELD) {
                put_field(c, event, field, out);
        } else if (miss == SELECTION_FLAGS) {
                buf_puts(out, s->flags ? "it has not the flag that the selection asks for"
                                       : "it is flagged duplicate or suspect, which no selection takes unasked");
        } else {
                buf_puts(out, "`where` does not hold: ");
                (void)expr_print(s->where, out);
        }
}

static void say_of_event(const struct correlate *c, enum correlate_said what, int64_t time, struct buf *text) {
        const struct correlate_saying saying = { .what = what,
                                                 .time = time,
                                                 .text = text->error ? WW_STR_NONE : buf_str(text) };

        trace_say(c, &saying);
}

/* A selected event speaks through its key (trace_taken); one without key has only this. */
static void event_keyless(const struct correlate *c, const struct ww_event *event, const struct selection *s) {
        const struct rule *rule = c->traced;
        _cleanup_buf_ struct buf text = BUF_INIT, key = BUF_INIT;

        if (key_format(c, rule, s, event, &key))
                return;
        put_event(event, &text);
        buf_printf(&text, " is `%.*s`, but has no ", WW_STR_ARG(s->alias));
        for (size_t i = 0; i < rule->n_key; i++)
                if (field_load(s->key[i], c->rules->site, event).type == WW_MISSING)
                        buf_printf(&text, "`%.*s` ", WW_STR_ARG(s->key[i]->name));
        buf_puts(&text, "to keep it under: the site says nothing of this device, or the message nothing of it");
        say_of_event(c, CORRELATE_SAID_KEYLESS, event->time, &text);
}

static void event_missed(const struct correlate *c, const struct ww_event *event, const struct selection *s,
                         enum selection_miss miss, const struct equality *field) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        put_event(event, &text);
        buf_printf(&text, " is not `%.*s`: ", WW_STR_ARG(s->alias));
        put_miss(c, event, miss, s, field, &text);
        say_of_event(c, CORRELATE_SAID_MISSED, event->time, &text);
}

void trace_event(const struct correlate *c, const struct ww_event *event) {
        for (size_t i = 0; i < c->traced->n_aliases; i++) {
                const struct selection *s = &c->traced->aliases[i];
                const struct equality *field = NULL;
                enum selection_miss miss = selection_miss(c->rules, c->standing, s, event, &field);

                if (miss == SELECTION_FITS)
                        event_keyless(c, event, s);
                else if (miss != SELECTION_KIND)
                        event_missed(c, event, s, miss, field);
        }
}

void trace_row(const struct correlate *c, const struct ww_event *event, struct ww_str alias, bool taken) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        if (!c->trace || taken) /* what is taken speaks through its key */
                return;
        put_event(event, &text);
        buf_printf(&text, " is not `%.*s`: the fields that the row gives do not fit its selection", WW_STR_ARG(alias));
        say_of_event(c, CORRELATE_SAID_MISSED, event->time, &text);
}

/* ---- what a key takes ---- */

/* the device's level is on since before: the event goes on with it */
static bool on_already(const struct correlate *c, const struct op *op) {
        struct span one;
        size_t n;
        const struct span *open = span_list(c, op->key, &one, &n);

        for (size_t i = 0; i < n; i++)
                if ((op->on & (1u << open[i].alias)) && open[i].device == op->device && open[i].family == op->family &&
                    open[i].start.time < op->at.time)
                        return true;
        return false;
}

static void put_op(const struct correlate *c, const struct op *op, struct buf *out) {
        const struct rule *rule = key_rule(c, op->key);
        struct ww_str device = texts_text(c->texts, op->device);

        buf_printf(out, "%s of %.*s ", ww_kind_name(c->rules->kinds, op->family, op->state), WW_STR_ARG(device));
        if (op->on) {
                buf_puts(out, op->flags & ENTRY_RETAINED ? "(retained: a level only) is " : "is ");
                trace_put_aliases(rule, op->on, out);
                if (on_already(c, op))
                        buf_puts(out, ", which was on already: it goes on, and begins nothing");
        }
        if (op->off) {
                buf_puts(out, op->on ? " and ends " : "ends ");
                trace_put_aliases(rule, op->off, out);
        }
}

void trace_taken(const struct correlate *c, const struct op *op) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        put_op(c, op, &text);
        say_of_key(c, op->key, CORRELATE_SAID_TAKEN, op->at.time, &text);
}

void trace_behind(const struct correlate *c, const struct op *op) {
        say_state(c, op->key, CORRELATE_SAID_STATE, op->at.time);
}

void trace_late(const struct correlate *c, const struct op *op) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        put_op(c, op, &text);
        buf_puts(&text, ", but came too late: what it could have changed is decided and forgotten");
        say_of_key(c, op->key, CORRELATE_SAID_LATE, op->at.time, &text);
}

void trace_time(const struct correlate *c, const struct key *k, int64_t time) {
        say_state(c, k, CORRELATE_SAID_TIME, time);
}

void trace_run(const struct correlate *c, const struct key *k, const struct run *run, const struct entry *e) {
        const struct rule *rule = key_rule(c, k);
        uint16_t forbidden = e->on & rule->sequence.forbidden[run_taken(run)];
        _cleanup_buf_ struct buf text = BUF_INIT;

        buf_puts(&text, "the sequence that began at ");
        trace_put_time(c, run->first.time, &text);
        buf_printf(&text, " and had taken %u of %u events is over: ", run_taken(run), rule->sequence.n);
        if (e->at.time >= run_deadline(c, rule, run)) {
                buf_puts(&text, "the next had to come before ");
                trace_put_time(c, run_deadline(c, rule, run), &text);
        } else {
                trace_put_aliases(rule, forbidden, &text);
                buf_puts(&text, " came, which must not");
        }
        say_of_key(c, k, CORRELATE_SAID_ENDED, e->at.time, &text);
}

/* ---- what comes of it ---- */

void trace_told(const struct correlate *c, const struct ww_detection *d) {
        static const char *const words[] = {
                [WW_DETECTION_RAISE] = "the alarm is raised",
                [WW_DETECTION_AGAIN] = "a further match of the open alarm",
                [WW_DETECTION_CLEAR] = "the alarm is cleared",
                [WW_DETECTION_REGRADE] = "the alarm has another priority",
                [WW_DETECTION_REMOVED] = "the rule is gone",
                [WW_DETECTION_REFUTED] = "a late event speaks against the alarm, which stands",
        };
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct correlate_saying saying = {
                .what = CORRELATE_SAID_TOLD,
                .key = d->key,
                .exercise = d->flags & WW_DETECTION_EXERCISE,
                .time = d->time,
        };

        buf_printf(&text, "%s, %s", words[d->what], ww_priority_name(d->priority));
        if (d->context.n)
                buf_printf(&text, " (%.*s)", WW_STR_ARG(d->context));
        if (d->flags & WW_DETECTION_PARTIAL)
                buf_puts(&text, "; partial: its window is not whole");
        saying.text = text.error ? WW_STR_NONE : buf_str(&text);
        trace_say(c, &saying);
}

void trace_limit(const struct correlate *c, const char *limit) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        buf_printf(&text, "the rule has reached its limit of %s", limit);
        say_of_event(c, CORRELATE_SAID_LIMIT, c->now, &text);
}
