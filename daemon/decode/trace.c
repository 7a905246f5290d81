/*
 * What a message was taken for, told to whoever asks. All of it is read once more from the message in hand, so that
 * decoding itself keeps no notes: nothing here may change what comes of the message. The budget of look-ups is put back
 * for that reason; fields of the message that were not read yet are read, which gives the same value whenever it is.
 */
#include "decode/trace.h"

#include "base/span.h"

#include <stdarg.h>
#include <stdio.h>

#define ORIGINS_MAX (TYPE_ATTRS_MAX + 8)

void decode_trace(struct decode *d, const struct decode_trace *trace) {
        d->trace = trace;
}

static void say(struct decode *d, const struct type_message *m, struct decode_saying *s) {
        s->sensor = d->type->sensor;
        s->message = m->name;
        s->pos = m->pos;
        d->trace->say(d->trace->userdata, s);
}

static void _printf_(4, 5) refuse(struct decode *d, const struct type_message *m, const struct topic_pattern *pattern,
                                  const char *format, ...) {
        struct decode_saying s = { .type = DECODE_SAYS_CANDIDATE, .topic = pattern->written };
        char why[512];
        va_list args;

        va_start(args, format);
        vsnprintf(why, sizeof why, format, args);
        va_end(args);
        s.why = ww_str(why);
        say(d, m, &s);
}

/* ---- candidates ---- */

void decode_trace_unreadable(struct decode *d, const struct type_message *m, const struct topic_pattern *pattern) {
        _cleanup_buf_ struct buf why = BUF_INIT;

        for (size_t i = 0; i < m->n_formats; i++) {
                const struct document *doc = &d->documents[m->formats[i]];

                buf_printf(&why, "%sthe payload is not `%s`: %s at byte %u", i ? "; " : "",
                           d->types->formats[m->formats[i]].format->name, doc->error ? doc->error : "not readable",
                           doc->error_at);
        }
        refuse(d, m, pattern, "%.*s", WW_STR_ARG(buf_str(&why)));
}

/* what stands at a path, for a sentence */
static struct ww_str there(struct decode *d, const struct path *p) {
        struct ww_str shown = source_path_shown(p, &d->context);

        return shown.p ? shown : WW_STR("nothing");
}

static bool presence_refuses(struct decode *d, const struct type_message *m, const struct topic_pattern *pattern) {
        for (size_t i = 0; i < m->n_has; i++)
                if (!source_path_present(&m->has[i], &d->context)) {
                        refuse(d, m, pattern, "`has: %.*s`: it is not there", WW_STR_ARG(m->has[i].written));
                        return true;
                }
        for (size_t i = 0; i < m->n_lacks; i++)
                if (source_path_present(&m->lacks[i], &d->context)) {
                        refuse(d, m, pattern, "`lacks: %.*s`: it is there: %.*s", WW_STR_ARG(m->lacks[i].written),
                               WW_STR_ARG(there(d, &m->lacks[i])));
                        return true;
                }
        return false;
}

static bool match_refuses(struct decode *d, const struct type_message *m, const struct topic_pattern *pattern) {
        for (size_t i = 0; i < m->n_matches; i++) {
                const struct type_match *match = &m->matches[i];
                struct ww_str text = source_path_text(&match->path, &d->context);
                _cleanup_buf_ struct buf wanted = BUF_INIT;
                bool found = false;

                for (size_t k = 0; k < match->n; k++) {
                        found |= text.p && ww_str_equal(text, match->texts[k]);
                        buf_printf(&wanted, "%s%.*s", k ? " or " : "", WW_STR_ARG(match->texts[k]));
                }
                if (found)
                        continue;
                refuse(d, m, pattern, "`match`: %.*s is %.*s, and not %.*s", WW_STR_ARG(match->path.written),
                       WW_STR_ARG(there(d, &match->path)), WW_STR_ARG(buf_str(&wanted)));
                return true;
        }
        return false;
}

#define NAMED_MAX 8

struct naming {
        struct decode *d;
        struct buf *out;
        struct ww_str named[NAMED_MAX]; /* each is said once */
        size_t n;
};

static bool is_named(const struct naming *n, struct ww_str written) {
        for (size_t i = 0; i < n->n; i++)
                if (ww_str_equal(n->named[i], written))
                        return true;
        return n->n == NAMED_MAX;
}

static void name_ref(void *userdata, struct expr_ref ref, bool is_call) {
        struct naming *n = userdata;
        const struct path *path = is_call ? NULL : n->d->types->refs[ref.slot];

        if (!path || is_named(n, path->written))
                return;
        buf_printf(n->out, "%s%.*s is %.*s", n->n ? ", " : "; ", WW_STR_ARG(path->written),
                   WW_STR_ARG(there(n->d, path)));
        n->named[n->n++] = path->written;
}

/* An expression that is not true, and what its names are. */
static struct ww_str untrue(struct decode *d, const char *word, const struct expr *e) {
        _cleanup_buf_ struct buf why = BUF_INIT;
        struct naming naming = { .d = d, .out = &why };

        buf_printf(&why, "`%s: ", word);
        (void)expr_print(e, &why);
        buf_puts(&why, "` is not true");
        expr_each_ref(e, name_ref, &naming);
        return why.error ? WW_STR_NONE : arena_copy(&d->arena, buf_str(&why));
}

void decode_trace_guarded(struct decode *d, const struct type_message *m, const struct topic_pattern *pattern) {
        uint32_t steps = d->steps;

        if (!presence_refuses(d, m, pattern) && !match_refuses(d, m, pattern)) {
                struct ww_str why = m->where ? untrue(d, "where", m->where) : WW_STR("too many keys to look through");

                refuse(d, m, pattern, "%.*s", WW_STR_ARG(why));
        }
        d->steps = steps;
}

void decode_trace_taken(struct decode *d, const struct type_message *m, const struct topic_pattern *pattern) {
        struct decode_saying s = { .type = DECODE_SAYS_CANDIDATE, .good = true, .topic = pattern->written };

        if (m->ignore)
                s.why = WW_STR("ignore");
        say(d, m, &s);
}

void decode_trace_element(struct decode *d, const struct type_message *m) {
        uint32_t steps = d->steps;
        struct decode_saying s = { .type = DECODE_SAYS_ELEMENT,
                                   .device = d->context.keys_of[0],
                                   .why = untrue(d, "only", m->only) };

        say(d, m, &s);
        d->steps = steps;
}

/* ---- entries ---- */

/* Why an entry with nothing to tell has nothing. */
static struct ww_str why_silent(struct decode *d, const struct type_event *e, const struct decode_origin *origins) {
        const struct decode_origin *o = &origins[1]; /* behind the device: the state, or the value */

        if (e->where && !expr_true(e->where, &d->env))
                return untrue(d, "where", e->where);
        if (!o->found.p)
                return ww_str(arena_printf(&d->arena, "nothing is at `%.*s`", WW_STR_ARG(o->path)));
        if (e->state)
                return ww_str(arena_printf(&d->arena, "%.*s of `%.*s` is ignored by the map", WW_STR_ARG(o->found),
                                           WW_STR_ARG(o->path)));
        if (e->device && !origins[0].result.p)
                return WW_STR("its device is missing");
        return ww_str(
                arena_printf(&d->arena, "%.*s of `%.*s` is no number", WW_STR_ARG(o->found), WW_STR_ARG(o->path)));
}

/* Why what it has to tell is nothing new. */
static struct ww_str why_repeat(const struct decode *d, const struct type_event *e) {
        if (e->nature == WW_NATURE_STATE)
                return WW_STR("it is the state that was heard last of this device");
        if (d->message->retained)
                return WW_STR("the message is retained: it happened long ago");
        return WW_STR("a repeat, within `repeat_within`");
}

static size_t put_origin(struct decode *d, struct decode_origin *o, const char *field, const struct source *s,
                         bool state) {
        *o = (struct decode_origin){ .field = ww_str(field) };
        if (s)
                source_origin(s, &d->context, state, o);
        return 1;
}

static void put_time(struct decode *d, const struct type_message *m, struct decode_origin *o) {
        char text[32];

        put_origin(d, o, "time", m->time.source, false);
        instant_format(d->time, text);
        o->result = arena_copy(&d->arena, ww_str(text));
        if (d->flags & WW_EVENT_CLOCK_SKEW)
                o->how = WW_STR("not believed: farther from the arrival than `delay`, or no time; the arrival counts");
        else if (d->device_time == WW_TIME_NONE)
                o->how = WW_STR("the message's arrival");
        else
                o->how = m->time.how.form == STAMP_PATTERN ? m->time.how.pattern
                                                           : ww_str(stamp_forms[m->time.how.form]);
}

static size_t put_origins(struct decode *d, const struct type_message *m, const struct type_event *e,
                          struct decode_origin *o) {
        const struct source *device = e->device ? e->device : m->device;
        size_t n = put_origin(d, &o[0], "device", device, false);

        if (e->state)
                n += put_origin(d, &o[n], "state", e->state, true);
        if (e->value || !e->state)
                n += put_origin(d, &o[n], "value", e->value, false);
        put_time(d, m, &o[n++]);
        for (size_t i = 0; i < e->n_attrs && n < ORIGINS_MAX; i++) {
                put_origin(d, &o[n], "", e->attrs[i].source, false);
                o[n++].field = e->attrs[i].name;
        }
        return n;
}

void decode_trace_entry(struct decode *d, const struct type_message *m, const struct type_event *e,
                        struct ww_str device, bool read, bool told) {
        uint32_t steps = d->steps;
        struct decode_origin origins[ORIGINS_MAX];
        struct decode_saying s = { .type = DECODE_SAYS_ENTRY,
                                   .good = told,
                                   .family = ww_str(d->types->kinds->rows[e->family].family),
                                   .device = device,
                                   .origins = origins };

        s.n_origins = put_origins(d, m, e, origins);
        if (!told)
                s.why = read ? why_repeat(d, e) : why_silent(d, e, origins);
        say(d, m, &s);
        d->steps = steps;
}
