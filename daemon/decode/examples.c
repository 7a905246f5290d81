#include "decode/examples.h"

#include "base/span.h"
#include "decode/run.h"

#include <sodium.h>
#include <stdio.h>

const char *const examples_keys[] = { "given", "events", "site", "until" };
const size_t examples_keys_n = sizeof examples_keys / sizeof *examples_keys;
const char *const examples_given_keys[] = { "topic",    "payload", "payload_base64", "payload_hex", "retained",
                                            "exercise", "at" };
const size_t examples_given_keys_n = sizeof examples_given_keys / sizeof *examples_given_keys;
const char *const examples_event_keys[] = { "device", "kind", "value", "unit",      "time",
                                            "asset",  "zone", "flags", "attributes" };
const size_t examples_event_keys_n = sizeof examples_event_keys / sizeof *examples_event_keys;

/* in the order of enum ww_event_flag's bits */
static const char *const flag_names[] = { "retained", "late",      "clock_skew", "suspect",
                                          "exercise", "duplicate", "initial" };
#define N_FLAGS       (sizeof flag_names / sizeof *flag_names)

#define TALE_PAYLOAD  200                               /* bytes of a payload that are shown */
#define FIRST_MESSAGE (INT64_C(1769850000) * WW_SECOND) /* 2026-01-31T09:00:00Z; the next ones a second later each */

/* one example while it runs */
struct run {
        struct decode_types *types;
        struct diag *d;
        const struct type *type;
        const struct yaml_node *example;
        const struct yaml_node *expected; /* the next one, NULL = no more */
        struct buf got;                   /* what has come, as text */
        struct buf *tale;                 /* all that happened, lines; NULL: nobody wants it */
        bool failed;
        uint64_t seq;
        int64_t begun, time; /* of the first message, and of the last */
};

static void put_value(struct buf *out, struct ww_value v) {
        if (v.type == WW_NUMBER)
                buf_printf(out, "%.15g", v.number);
        else if (v.type == WW_STRING)
                buf_printf(out, "\"%.*s\"", WW_STR_ARG(v.string));
        else if (v.type == WW_BOOL)
                buf_puts(out, v.boolean ? "true" : "false");
        else
                buf_puts(out, v.type == WW_NULL ? "null" : "nothing");
}

static void put_event(struct buf *out, const struct ww_event *e) {
        char time[32];

        instant_format(e->time, time);
        buf_printf(out, "%s %.*s %.*s", time, WW_STR_ARG(e->device), WW_STR_ARG(e->kind));
        if (e->value.type != WW_MISSING) {
                buf_puts(out, " value ");
                put_value(out, e->value);
        }
        for (size_t i = 0; i < N_FLAGS; i++)
                if (e->flags & (1u << i))
                        buf_printf(out, " %s", flag_names[i]);
        for (size_t i = 0; i < e->n_attrs; i++) {
                buf_printf(out, " %.*s=", WW_STR_ARG(e->attrs[i].name));
                put_value(out, e->attrs[i].value);
        }
}

static void fail(struct run *r, const struct yaml_node *at, const char *what, const char *wanted) {
        struct ww_str got = r->got.n ? buf_str(&r->got) : WW_STR("nothing");

        r->failed = true;
        diag_error(r->d, at->pos, "mend the message's mapping, or write under `events` what it should give",
                   "example of sensor `%.*s`: %s: wanted %s, got %.*s", WW_STR_ARG(r->type->name), what, wanted,
                   WW_STR_ARG(got));
}

static bool value_is(struct ww_value v, const struct yaml_node *n) {
        struct ww_value wanted = yaml_value(n);

        if (v.type == WW_NUMBER)
                return wanted.type == WW_NUMBER && wanted.number == v.number;
        if (v.type == WW_BOOL)
                return wanted.type == WW_BOOL && wanted.boolean == v.boolean;
        if (v.type == WW_NULL || v.type == WW_MISSING)
                return wanted.type == WW_NULL;
        return v.type == WW_STRING && ww_str_equal(v.string, n->text);
}

static int flag_find(struct ww_str name) {
        for (size_t i = 0; i < N_FLAGS; i++)
                if (ww_str_is(name, flag_names[i]))
                        return (int)i;
        return -1;
}

static bool flags_are(uint32_t flags, const struct yaml_node *n) {
        uint32_t wanted = 0;

        yaml_each(item, n) {
                int flag = flag_find(item->text);

                wanted |= flag < 0 ? 0 : 1u << flag;
        }
        return wanted == flags;
}

static bool attributes_are(const struct ww_event *e, const struct yaml_node *n) {
        yaml_each(item, n) {
                struct ww_value v = ww_missing();

                for (size_t i = 0; i < e->n_attrs; i++)
                        if (ww_str_equal(e->attrs[i].name, item->key))
                                v = e->attrs[i].value;
                if (!value_is(v, item))
                        return false;
        }
        return true;
}

static bool time_is(int64_t time, const struct yaml_node *n) {
        int64_t wanted;

        return instant_parse(n->text, 0, &wanted) == 0 && wanted == time;
}

static bool member_is(const struct ww_event *e, const struct yaml_node *n) {
        if (ww_str_is(n->key, "device"))
                return ww_str_equal(e->device, n->text);
        if (ww_str_is(n->key, "kind"))
                return ww_str_equal(e->kind, n->text);
        if (ww_str_is(n->key, "value"))
                return value_is(e->value, n);
        if (ww_str_is(n->key, "unit"))
                return ww_str_equal(e->unit, n->text);
        if (ww_str_is(n->key, "time"))
                return time_is(e->time, n);
        if (ww_str_is(n->key, "asset"))
                return ww_str_equal(e->asset, n->text);
        if (ww_str_is(n->key, "zone"))
                return ww_str_equal(e->zone, n->text);
        if (ww_str_is(n->key, "flags"))
                return flags_are(e->flags, n);
        return ww_str_is(n->key, "attributes") && attributes_are(e, n);
}

/* ---- the tale ---- */

static void tell_message(struct run *r, const struct decode_message *m) {
        char time[32];

        if (!r->tale)
                return;
        instant_format(m->time, time);
        buf_printf(r->tale, "%.19sZ  %.*s  %.*s%s\n", time, WW_STR_ARG(m->topic),
                   WW_STR_ARG(document_cut(m->payload, TALE_PAYLOAD)), m->retained ? "  (retained)" : "");
}

static void tell_saying(void *userdata, const struct decode_saying *s) {
        struct run *r = userdata;

        if (s->type == DECODE_SAYS_CANDIDATE && s->good)
                buf_printf(r->tale, "  is message `%.*s` of %.*s%s\n", WW_STR_ARG(s->message), WW_STR_ARG(s->sensor),
                           s->why.n ? ", and ignored" : "");
        else if (s->type == DECODE_SAYS_CANDIDATE)
                buf_printf(r->tale, "  not `%.*s` of %.*s: %.*s\n", WW_STR_ARG(s->message), WW_STR_ARG(s->sensor),
                           WW_STR_ARG(s->why));
        else if (!s->good)
                buf_printf(r->tale, "  no %.*s of %.*s: %.*s\n",
                           WW_STR_ARG(s->type == DECODE_SAYS_ENTRY ? s->family : WW_STR("element")),
                           WW_STR_ARG(s->device), WW_STR_ARG(s->why));
}

static int take_event(void *userdata, const struct ww_event *e) {
        struct run *r = userdata;
        const struct yaml_node *wanted = r->expected;

        if (r->tale) {
                buf_puts(r->tale, "  gave ");
                put_event(r->tale, e);
                buf_puts(r->tale, "\n");
        }
        if (r->failed)
                return 0;
        buf_reset(&r->got);
        put_event(&r->got, e);
        if (!ww_str_equal(e->sensor, r->type->sensor)) {
                fail(r, r->example, "another sensor type took the message", r->type->sensor.p);
                return 0;
        }
        if (!wanted) {
                fail(r, r->example, "an event too many", "no more");
                return 0;
        }
        r->expected = wanted->next;
        yaml_each(member, wanted)
                if (!member_is(e, member)) {
                        char text[256];

                        snprintf(text, sizeof text, "%.*s: %.*s", WW_STR_ARG(member->key),
                                 WW_STR_ARG(member->type == YAML_SCALAR ? member->text : WW_STR("as listed")));
                        fail(r, member, "an event differs", text);
                        return 0;
                }
        return 0;
}

static bool from_base64(char *to, size_t size, struct ww_str text, size_t *ret_n) {
        return sodium_base642bin((unsigned char *)to, size, text.p, text.n, " \n", ret_n, NULL,
                                 sodium_base64_VARIANT_ORIGINAL) == 0;
}

static bool from_hex(char *to, size_t size, struct ww_str text, size_t *ret_n) {
        const char *end = text.p;

        return sodium_hex2bin((unsigned char *)to, size, text.p, text.n, " \n", ret_n, &end) == 0 &&
               end == text.p + text.n;
}

/* how a payload may be written */
static const struct {
        const char *key, *cure;
        bool (*read)(char *to, size_t size, struct ww_str text, size_t *ret_n); /* NULL: as it stands */
} payloads[] = {
        { "payload", NULL, NULL },
        { "payload_base64", "write base64 with its padding: payload_base64: \"CAE=\"", from_base64 },
        { "payload_hex", "write pairs of hex digits: payload_hex: \"08 01\"", from_hex },
};

/* Bytes live as long as the types: an example runs once, when they are loaded. */
static int read_payload(struct run *r, const struct yaml_node *n, struct ww_str *ret) {
        const struct yaml_node *found = NULL;
        size_t form = 0;

        for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
                const struct yaml_node *x = yaml_get(n, payloads[i].key);

                if (x && found)
                        return diag_error(r->d, x->pos, "leave one of them out",
                                          "an example's message has one payload");
                found = x ? x : found;
                form = x ? i : form;
        }
        if (!found)
                return diag_error(r->d, n->pos, "write {topic: …, payload: '…'}, or payload_base64, payload_hex",
                                  "an example's message needs `topic` and `payload`");
        *ret = found->text;
        if (payloads[form].read) {
                char *bytes = arena_alloc(&r->types->arena, found->text.n + 1);

                if (!bytes)
                        return -ENOMEM;
                ret->p = bytes;
                if (found->type != YAML_SCALAR ||
                    !payloads[form].read(bytes, found->text.n + 1, found->text.p ? found->text : WW_STR(""), &ret->n))
                        return diag_error(r->d, found->pos, payloads[form].cure,
                                          "an example's message: `%s` is no such text", payloads[form].key);
        }
        return 0;
}

static int read_given(struct run *r, const struct yaml_node *n, struct decode_message *m) {
        const struct yaml_node *topic = yaml_get(n, "topic"), *x;
        int told;

        *m = (struct decode_message){ .seq = ++r->seq };
        told = read_payload(r, n, &m->payload);
        if (told)
                return told;
        if (!topic)
                return diag_error(r->d, n->pos, "write {topic: …, payload: '…'}",
                                  "an example's message needs `topic` and `payload`");
        m->topic = topic->text;
        if ((x = yaml_get(n, "at"))) {
                if (x->type != YAML_SCALAR || instant_parse(x->text, 0, &r->time) < 0)
                        return diag_error(r->d, x->pos, "write 2026-01-31T09:00:00Z", "`at` is no time");
        } else {
                r->time += WW_SECOND;
        }
        m->time = m->received = r->time;
        if ((x = yaml_get(n, "retained")))
                told = yaml_bool(x, "retained", r->d, &m->retained);
        if (!told && (x = yaml_get(n, "exercise")))
                told = yaml_bool(x, "exercise", r->d, &m->exercise);
        return told;
}

/* Time goes on until `until` after the first message, if it says so: what ends by itself ends. */
static int play_on(struct run *r, struct decode *decode) {
        const struct yaml_node *until = yaml_get(r->example, "until");
        int64_t span = 0;
        int result = until ? yaml_span(until, "until", 0, 366 * WW_DAY, r->d, &span) : 0;

        if (result || !until)
                return result;
        return decode_time(decode, ++r->seq, r->begun + span);
}

static int play(struct run *r, struct decode *decode) {
        int told;

        yaml_each(item, yaml_get(r->example, "given")) {
                struct decode_report report = { 0 };
                struct decode_message message;
                int result = yaml_known_keys(item, "example's message", examples_given_keys, examples_given_keys_n,
                                             r->d);

                result = result ? result : read_given(r, item, &message);
                if (result)
                        return result;
                if (r->seq == 1)
                        r->begun = r->time;
                tell_message(r, &message);
                result = decode_time(decode, message.seq, message.time);
                result = result ? result : decode_message(decode, &message, &report);
                if (result < 0)
                        return result;
                if (result > 0) {
                        buf_reset(&r->got);
                        buf_printf(&r->got, "%s: %.*s", decode_outcome_name(result), WW_STR_ARG(report.detail));
                        fail(r, item, "the message is not understood", "events, or `ignore`");
                }
        }
        told = play_on(r, decode);
        if (told)
                return told;
        if (r->expected && !r->failed) {
                buf_reset(&r->got);
                fail(r, r->expected, "an event is missing", "one more");
        }
        return r->failed ? DIAG_E_USER : 0;
}

static int check_event(struct run *r, const struct yaml_node *n) {
        int told = yaml_known_keys(n, "example's event", examples_event_keys, examples_event_keys_n, r->d);

        if (told)
                return told;
        yaml_each(flag, yaml_get(n, "flags")) {
                if (flag->type != YAML_SCALAR || flag_find(flag->text) < 0)
                        told = diag_error(r->d, flag->pos, diag_suggest(flag->text, flag_names, N_FLAGS),
                                          "an example's event: `%.*s` is no flag", WW_STR_ARG(flag->text));
        }
        return told;
}

static int check_shape(struct run *r) {
        const struct yaml_node *given = yaml_get(r->example, "given"), *events = yaml_get(r->example, "events"),
                               *site = yaml_get(r->example, "site");
        int told = yaml_known_keys(r->example, "example", examples_keys, examples_keys_n, r->d);

        if (told)
                return told;
        if (!given || given->type != YAML_SEQUENCE || !given->n || given->n > EXAMPLES_MESSAGES_MAX)
                return diag_error(r->d, r->example->pos, "list them under `given:`",
                                  "an example has between 1 and %d messages", EXAMPLES_MESSAGES_MAX);
        if (!events || events->type != YAML_SEQUENCE)
                return diag_error(r->d, r->example->pos, "write `events: []` for none", "an example says its events");
        if (site && site->type != YAML_SCALAR)
                return diag_error(r->d, site->pos, "write `site: |` and the site's YAML below it",
                                  "site is a text here");
        r->expected = events->first;
        yaml_each(item, events) {
                told = check_event(r, item);
                if (told)
                        return told;
        }
        return 0;
}

/* The example's own site, or an empty one. */
static int own_site(struct run *r, struct bundle *bundle, struct diag *d, struct site **ret,
                    struct placement *placement) {
        const struct yaml_node *text = yaml_get(r->example, "site");
        int result = 0;

        if (text)
                result = bundle_add_text(bundle, BUNDLE_SITE, "site", text->text);
        result = result ? result : bundle_seal(bundle);
        result = result ? result : site_compile(ret, bundle, r->types->symbols, d);
        return result ? result : placement_init(placement, *ret, r->types->kinds, d);
}

/* What is wrong in a site inside an example is told at the example: its own text has no file. */
static int tell_site(struct run *r, const struct diag *d) {
        const struct yaml_node *text = yaml_get(r->example, "site");

        for (size_t i = 0; i < d->n; i++)
                diag_error(r->d, text ? text->pos : r->example->pos, d->messages[i].help,
                           "the example's site, line %u: %s", d->messages[i].pos.line, d->messages[i].text);
        return DIAG_E_USER;
}

static int run_on_site(struct run *r, const struct placement *placement) {
        _cleanup_(decode_freep) struct decode *decode = NULL;
        const struct decode_trace trace = { r, tell_saying };
        int result = decode_new(&decode, r->types, take_event, r);

        if (result)
                return result;
        decode->placement = placement;
        if (r->tale)
                decode_trace(decode, &trace);
        return play(r, decode);
}

static int run_example(struct run *r) {
        _cleanup_(site_freep) struct site *site = NULL;
        _cleanup_bundle_ struct bundle bundle = { 0 };
        struct placement placement = { 0 };
        struct diag own = DIAG_INIT;
        int result = check_shape(r);

        if (result)
                return result;
        result = own_site(r, &bundle, &own, &site, &placement);
        if (result == DIAG_E_USER)
                result = tell_site(r, &own);
        result = result ? result : run_on_site(r, &placement);
        placement_deinit(&placement);
        diag_deinit(&own);
        return result;
}

/* One example, and what happened in it if somebody minds. */
static int try_example(struct decode_types *types, const struct type *type, const struct yaml_node *example,
                       const struct decode_examples *examples, struct diag *d) {
        _cleanup_buf_ struct buf tale = BUF_INIT;
        struct run run = { .types = types,
                           .d = d,
                           .type = type,
                           .example = example,
                           .tale = examples->failed ? &tale : NULL,
                           .time = FIRST_MESSAGE - WW_SECOND };
        int r = run_example(&run);

        buf_deinit(&run.got);
        if (r > 0 && examples->failed)
                examples->failed(examples->userdata, tale.error ? WW_STR("") : buf_str(&tale));
        return r;
}

int decode_types_examples(struct decode_types *types, const struct decode_examples *examples, struct diag *d,
                          struct decode_examples_result *ret) {
        int result = 0;

        *ret = (struct decode_examples_result){ 0 };
        for (size_t i = 0; i < types->n; i++) {
                const struct type *type = &types->types[i];

                if (examples->wanted && !examples->wanted(examples->userdata, type->name, type->pos.file))
                        continue;
                ret->types++;
                yaml_each(example, type->examples) {
                        int r = try_example(types, type, example, examples, d);

                        if (r < 0)
                                return r;
                        ret->run++;
                        ret->failed += r > 0;
                        result = r ? r : result;
                }
        }
        return result;
}
