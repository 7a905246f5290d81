#pragma once
/*
 * A rule set, a site and a virtual clock. A story is played row by row:
 *
 *     TIME KIND DEVICE [attribute=value …] [at TIME] [+retained +exercise +suspect +duplicate]
 *     TIME tick | blind | seen | reset RULE KEY
 *
 * TIME counts from T0; journal time is the event's time unless `at` says when it arrives. What comes of it is a text,
 * one line for each detection: "raise 30s infant-abduction ward=W3 critical". With `marks` it also says what the rule
 * makes of the alarm: covert, silent (it tells of an asset that is), link (of devices that cannot be reached).
 */
#include "correlate/correlate.h"
#include "correlate/rule.h"
#include "story.h"
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char harness_site[] =
        "site: test\n"
        "zones:\n"
        "  - {zone: B1, type: building, title: Main building}\n"
        "  - {zone: W3, type: ward, in: B1, title: Ward 3}\n"
        "  - {zone: W4, type: ward, in: B1}\n"
        "  - {zone: W3-hall, type: hall, in: W3}\n"
        "assets:\n"
        "  - {asset: door-exit, device: d1, class: door, zone: W3-hall, exit: true, "
        "held_limit: 30s, supervision: 90s}\n"
        "  - {asset: door-in, device: d2, class: door, zone: W3, exit: false}\n"
        "  - {asset: door-w4, device: d4, class: door, zone: W4, exit: true, held_limit: 10s}\n"
        "  - {asset: c1, device: ctl1, class: controller, zone: W3, supervision: 90s}\n"
        "  - {asset: c2, device: ctl2, class: controller, zone: W4, supervision: 180s}\n"
        "  - {asset: s1, device: smoke1, class: detector, zone: W3}\n"
        "  - {asset: s2, device: smoke2, class: detector, zone: W3}\n"
        "lists:\n"
        "  maternity: [nurse, midwife]\n"
        "schedules:\n"
        "  night: {daily: \"22:14-22:20\"}\n"  /* 40 s to 400 s */
        "  rounds: {daily: \"22:15-22:16\"}\n" /* 100 s to 160 s */
        "modes:\n"
        "  armed: {}\n"
        "  drill: {exercise: true}\n";

struct harness {
        struct bundle bundle;
        struct symtab *symbols;
        struct site *site;
        struct correlate_rules *rules;
        struct correlate *correlate;
        struct diag diag;
        struct buf out;
        uint64_t seq;
        bool evidence, titles, marks;
};

static const char *const harness_whats[] = { "", "raise", "again", "clear", "regrade", "removed", "refuted" };

static inline int harness_sink(void *userdata, const struct ww_detection *d) {
        struct harness *h = userdata;
        char span[32];

        span_format(d->time - T0, span);
        buf_printf(&h->out, "%s %s %.*s %.*s %s", harness_whats[d->what], span, WW_STR_ARG(d->rule), WW_STR_ARG(d->key),
                   ww_priority_name(d->priority));
        if (d->flags & WW_DETECTION_LATE)
                buf_puts(&h->out, " late");
        if (d->flags & WW_DETECTION_EXERCISE)
                buf_puts(&h->out, " exercise");
        if (d->flags & WW_DETECTION_PARTIAL)
                buf_puts(&h->out, " partial");
        for (size_t i = 0; h->marks && i < 3; i++) {
                static const uint32_t bits[] = { WW_DETECTION_COVERT, WW_DETECTION_SILENT, WW_DETECTION_LINK };
                static const char *const names[] = { " covert", " silent", " link" };

                buf_puts(&h->out, d->flags & bits[i] ? names[i] : "");
        }
        if (h->titles)
                buf_printf(&h->out, " \"%.*s\"", WW_STR_ARG(d->title));
        for (size_t i = 0; h->evidence && i < d->n_evidence; i++) {
                span_format(d->evidence[i].time - T0, span);
                buf_printf(&h->out, " %.*s@%s", WW_STR_ARG(d->evidence[i].role), span);
        }
        buf_puts(&h->out, "\n");
        return 0;
}

/* compiles; 0 or DIAG_E_USER with messages in h->diag */
static inline int harness_compile_for(struct harness *h, const char *site, const char *rules) {
        struct diag d = DIAG_INIT;
        int r;

        memset(h, 0, sizeof *h);
        assert_int_equal(bundle_add_text(&h->bundle, BUNDLE_SITE, "site.yaml", ww_str(site)), 0);
        assert_int_equal(bundle_add_text(&h->bundle, BUNDLE_RULES, "rules.yaml", ww_str(rules)), 0);
        assert_int_equal(bundle_seal(&h->bundle), 0);
        assert_int_equal(symtab_new(&h->symbols), 0);
        r = site_compile(&h->site, &h->bundle, h->symbols, &d);
        if (r) {
                diag_render(&d, &h->out);
                fail_msg("%.*s", WW_STR_ARG(buf_str(&h->out)));
        }
        diag_deinit(&d);
        for (const char *const *name = (const char *const[]){ "badge", "tag", "role", "class", NULL }; *name; name++)
                (void)symtab_intern(h->symbols, ww_str(*name));
        return correlate_rules_compile(&h->rules, &h->bundle, h->site, h->symbols, site_kinds(h->site), &h->diag);
}

static inline int harness_compile(struct harness *h, const char *rules) {
        return harness_compile_for(h, harness_site, rules);
}

/* The rules' own examples, without an alarm stage. */
static inline int harness_examples(struct harness *h, size_t *ret_run) {
        const struct correlate_examples examples = { .stage = NULL };
        struct correlate_examples_result result = { 0 };
        int r = correlate_rules_examples(h->rules, &examples, &h->diag, &result);

        *ret_run = result.run;
        return r;
}

static inline void harness_init_for(struct harness *h, const char *site, const char *rules) {
        if (harness_compile_for(h, site, rules)) {
                diag_render(&h->diag, &h->out);
                fail_msg("%.*s", WW_STR_ARG(buf_str(&h->out)));
        }
        assert_int_equal(correlate_new(&h->correlate, h->rules, T0, harness_sink, h), 0);
}

static inline void harness_init(struct harness *h, const char *rules) {
        harness_init_for(h, harness_site, rules);
}

static inline void harness_deinit(struct harness *h) {
        correlate_free(h->correlate);
        correlate_rules_free(h->rules);
        site_free(h->site);
        symtab_free(h->symbols);
        diag_deinit(&h->diag);
        bundle_deinit(&h->bundle);
        buf_deinit(&h->out);
}

/* completes an event whose kind, device and time are set, as decode would */
static inline void harness_event_finish(struct harness *h, struct ww_event *e) {
        assert_true(story_finish(e, h->site));
        if (!e->seq)
                e->seq = ++h->seq;
}

static inline int64_t harness_span(const char *text) {
        int64_t t;

        if (span_parse(ww_str(text), &t) < 0)
                fail_msg("no time: %s", text);
        return t;
}

static inline void harness_verb(struct harness *h, const struct story_row *row) {
        if (strcmp(row->verb, "reset") == 0)
                assert_int_equal(correlate_reset(h->correlate, ww_str(row->words[0]), ww_str(row->words[1]), false,
                                                 row->arrival),
                                 0);
        else if (strcmp(row->verb, "mode") == 0)
                assert_int_equal(correlate_mode(h->correlate, ww_str(row->words[0]), strcmp(row->words[1], "on") == 0,
                                                row->arrival),
                                 0);
        else if (strcmp(row->verb, "list") == 0)
                assert_int_equal(correlate_list(h->correlate, ww_str(row->words[0]), ww_str(row->words[2]),
                                                strcmp(row->words[1], "add") == 0,
                                                row->words[3] ? T0 + harness_span(row->words[3]) : WW_TIME_NEVER),
                                 0);
        else if (strcmp(row->verb, "tick") != 0)
                assert_int_equal(correlate_blind(h->correlate, row->verb[0] == 'b', row->arrival), 0);
}

static inline void harness_row(struct harness *h, char *text) {
        static const char *const verbs[] = { "tick", "blind", "seen", "reset", "mode", "list", NULL };
        struct story_row row;

        if (!story_read(&row, text, verbs, h->symbols)) {
                if (row.error)
                        fail_msg("%s", row.error);
                return;
        }
        assert_int_equal(correlate_time(h->correlate, row.arrival), 0);
        if (row.verb) {
                harness_verb(h, &row);
                return;
        }
        harness_event_finish(h, &row.event);
        assert_int_equal(correlate_event(h->correlate, &row.event), 0);
}

/* the state is written, and goes on in another matcher */
static inline void harness_snapshot(struct harness *h) {
        _cleanup_buf_ struct buf state = BUF_INIT;
        struct rd in;

        assert_int_equal(correlate_save(h->correlate, &state), 0);
        correlate_free(h->correlate);
        h->correlate = NULL;
        assert_int_equal(correlate_new(&h->correlate, h->rules, T0, harness_sink, h), 0);
        in = rd_init(buf_str(&state));
        assert_int_equal(correlate_load(h->correlate, &in), 0);
        assert_int_equal(rd_left(&in), 0);
}

/* rows are separated by `;` or a newline */
static inline void harness_play(struct harness *h, const char *story) {
        char *copy = strdup(story), *save = NULL;

        for (char *row = strtok_r(copy, ";\n", &save); row; row = strtok_r(NULL, ";\n", &save))
                harness_row(h, row);
        free(copy);
}

static inline void harness_expect_at(struct harness *h, const char *expected, const char *file, int line) {
        buf_put_u8(&h->out, 0);
        if (strcmp((char *)h->out.p, expected) != 0) {
                print_message("expected:\n%sgot:\n%s", expected, (char *)h->out.p);
                _fail(file, line);
        }
        buf_reset(&h->out);
}
#define harness_expect(h, expected) harness_expect_at(h, expected, __FILE__, __LINE__)

/* the same rules, compiled again, are swapped in */
static inline void harness_swap(struct harness *h) {
        struct correlate_rules *rules;

        assert_int_equal(
                correlate_rules_compile(&rules, &h->bundle, h->site, h->symbols, site_kinds(h->site), &h->diag), 0);
        assert_int_equal(correlate_swap(h->correlate, rules, NULL, T0), 0);
        correlate_rules_free(h->rules);
        h->rules = rules;
}

/* somebody watches, and says nothing to anybody */
static inline void harness_watch_silently(void *userdata, const struct correlate_saying *saying) {
        size_t *said = userdata;

        assert_true(saying->text.n && saying->near <= 1000);
        ++*said;
}

enum harness_mode { HARNESS_PLAIN, HARNESS_SNAPSHOTS, HARNESS_SWAPS, HARNESS_WATCHED, HARNESS_MODES };

static inline void harness_play_as(enum harness_mode mode, const char *rules, const char *story, const char *expected,
                                   bool evidence, const char *file, int line) {
        char *copy = strdup(story), *save = NULL;
        size_t said = 0;
        const struct correlate_trace trace = { &said, WW_TIME_NONE, harness_watch_silently };
        struct harness h;

        harness_init(&h, rules);
        h.evidence = evidence;
        if (mode == HARNESS_WATCHED)
                assert_int_equal(correlate_trace_rule(h.correlate, h.rules->rules[0].name, &trace), 0);
        for (char *row = strtok_r(copy, ";\n", &save); row; row = strtok_r(NULL, ";\n", &save)) {
                harness_row(&h, row);
                if (mode == HARNESS_SNAPSHOTS)
                        harness_snapshot(&h);
                else if (mode == HARNESS_SWAPS)
                        harness_swap(&h);
        }
        free(copy);
        harness_expect_at(&h, expected, file, line);
        harness_deinit(&h);
}

/* One rule, one story, one outcome: undisturbed, through a snapshot after each row, with the same rules compiled again
 * and swapped in after each row, and with somebody watching the rule. */
static inline void harness_story_at(const char *rules, const char *story, const char *expected, bool evidence,
                                    const char *file, int line) {
        for (enum harness_mode mode = HARNESS_PLAIN; mode < HARNESS_MODES; mode++)
                harness_play_as(mode, rules, story, expected, evidence, file, line);
}
#define harness_story(rules, story, expected) harness_story_at(rules, story, expected, false, __FILE__, __LINE__)
