#pragma once
/*
 * Alarms of a small site on a virtual clock. A story is played row by row, and what comes of it is a text:
 *
 *     TIME raise|again|clear|regrade|removed RULE ASSET [at TIME] [low|medium|high|critical] [+drill] [+instant]
 *                                                       [+fire] [+message] [+silent] [+link]
 *     TIME ack|reset|shelve ALARM          (a reset needs it acknowledged, a shelve lasts a minute)
 *     TIME lost|back DEVICE                (each asset is a device of the same name)
 *     TIME unaccept                        a shift ends, and nobody takes over
 *     TIME mutes NUMBER                    another table of mutes, as at a reload; 0 = none
 *     TIME                                 time goes by
 *
 * TIME is journal time; `at` is the match time, 2 s before it if nothing is said. What a rule finds is delivered as by
 * the pipeline: before the alarms' own timers of that very instant if it comes of a deadline, after them if it comes of
 * a message (+message). A line of the text for each transition:
 *
 *     12s 1 UNSUPPRESS UNACK low timer by=… (context) !
 *
 * with the alarm's number, `by` if it is suppressed, `stale` and `first` if it is, the context without its instants,
 * and
 * `!` if it asks for attention. `first` is told of a raise only, and only by a story that asks for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka.h needs the four above
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "alarm/alarm.h"
#include "base/span.h"
#include "config/site.h"

#define TEXT(literal)                                                                                                  \
        { (literal), sizeof(literal) - 1 } /* where WW_STR is no constant */

/* gw ─┬─ sub ── d1        gw2 ─┐          ups (of gw and gw2)
 *     ├─ d2               gw ──┴─ dual ── deep          lone */
static const char story_site[] = "site: test\n"
                                 "assets:\n"
                                 "  - {asset: ups, device: ups, class: power}\n"
                                 "  - {asset: gw, device: gw, class: controller, parent: ups}\n"
                                 "  - {asset: gw2, device: gw2, class: controller, parent: ups}\n"
                                 "  - {asset: sub, device: sub, class: controller, parent: gw}\n"
                                 "  - {asset: d1, device: d1, class: door, parent: sub}\n"
                                 "  - {asset: d2, device: d2, class: door, parent: gw}\n"
                                 "  - {asset: dual, device: dual, class: door, parent: [gw, gw2]}\n"
                                 "  - {asset: deep, device: deep, class: door, parent: dual}\n"
                                 "  - {asset: lone, device: lone, class: door}\n";

/* Another site for a reload: d2 hangs on gw2, gw is gone. */
static const char story_site_changed[] = "site: test\n"
                                         "assets:\n"
                                         "  - {asset: lone, device: lone, class: door}\n"
                                         "  - {asset: gw2, device: gw2, class: controller}\n"
                                         "  - {asset: d2, device: d2, class: door, parent: gw2}\n";

struct story_table {
        const struct ww_mute *rows;
        size_t n;
        const char *site; /* NULL: story_site */
};

struct story {
        struct alarms *alarms;
        const struct story_table *tables;
        int table; /* 0 = none */
        struct bundle bundle;
        struct symtab *symbols;
        struct site *site;
        const struct ww_regrade_after *after;
        size_t n_after;
        int64_t now;
        struct buf out;
        bool reload; /* save and load before every step */
        bool quiet;  /* no text */
        bool firsts; /* tell who is first-out */
};

/* --- the site --- */

static inline void story_site_free(struct story *s) {
        site_free(s->site);
        symtab_free(s->symbols);
        bundle_deinit(&s->bundle);
}

static inline void story_compile(struct story *s, const char *text) {
        struct diag diag = DIAG_INIT;

        s->bundle = (struct bundle){ 0 };
        assert_int_equal(bundle_add_text(&s->bundle, BUNDLE_SITE, "site.yaml", ww_str(text)), 0);
        assert_int_equal(bundle_seal(&s->bundle), 0);
        assert_int_equal(symtab_new(&s->symbols), 0);
        assert_int_equal(site_compile(&s->site, &s->bundle, s->symbols, &diag), 0);
        diag_deinit(&diag);
}

static inline int story_set_mutes(struct story *s) {
        const struct story_table *t = s->table ? &s->tables[s->table - 1] : NULL;

        return alarms_set_mutes(s->alarms, t ? t->rows : NULL, t ? t->n : 0, s->site, s->now);
}

/* The old site stays until the alarms know the new one. */
static inline void story_other_mutes(struct story *s, int table) {
        struct story old = *s;
        const char *site;

        s->table = table;
        site = table ? s->tables[table - 1].site : NULL;
        story_compile(s, site ? site : story_site);
        assert_int_equal(story_set_mutes(s), 0);
        story_site_free(&old);
}

/* --- what comes of it --- */

/* Without the instant that ends some contexts. */
static inline void story_context(struct story *s, struct ww_str context) {
        const char *since = context.n ? memmem(context.p, context.n, ", since ", 8) : NULL;

        if (context.n)
                buf_printf(&s->out, " (%.*s)", (int)(since ? (size_t)(since - context.p) : context.n), context.p);
}

static inline int story_sink(void *userdata, const struct ww_transition *t) {
        struct story *s = userdata;
        char at[32];

        span_format(t->alarm.changed_at, at);
        assert_true(t->alarm.changed_at == s->now || t->actor.n == 5); /* a timer's, at its deadline */
        assert_false(t->annunciate && t->alarm.regions.suppressed);
        assert_int_equal(t->alarm.regions.suppressed, t->alarm.suppressed_by.n > 0);
        if (s->quiet)
                return 0;
        buf_printf(&s->out, "%s %d %s %s %s %.*s", at, (int)t->alarm.id, ww_cause_name(t->cause),
                   ww_alarm_state_name(ww_alarm_state(&t->alarm.regions)), ww_priority_name(t->alarm.priority),
                   WW_STR_ARG(t->actor));
        if (t->alarm.suppressed_by.n)
                buf_printf(&s->out, " by=%.*s", WW_STR_ARG(t->alarm.suppressed_by));
        if (t->alarm.stale)
                buf_puts(&s->out, " stale");
        if (s->firsts && t->alarm.first_out && t->cause == WW_CAUSE_RAISE)
                buf_puts(&s->out, " first");
        story_context(s, t->context);
        buf_puts(&s->out, t->annunciate ? " !\n" : "\n");
        return 0;
}

/* --- life --- */

static inline void story_init(struct story *s, const struct story_table *tables, bool reload) {
        *s = (struct story){ .tables = tables, .table = tables ? 1 : 0, .reload = reload };
        story_compile(s, story_site);
        assert_int_equal(alarms_new(&s->alarms, story_sink, s), 0);
        assert_int_equal(story_set_mutes(s), 0);
}

static inline void story_deinit(struct story *s) {
        alarms_free(s->alarms);
        story_site_free(s);
        buf_deinit(&s->out);
}

static inline void story_restart(struct story *s) {
        _cleanup_buf_ struct buf first = BUF_INIT;
        _cleanup_buf_ struct buf second = BUF_INIT;
        size_t told = s->out.n;
        struct rd in;

        assert_int_equal(alarms_save(s->alarms, &first), 0);
        alarms_free(s->alarms);
        assert_int_equal(alarms_new(&s->alarms, story_sink, s), 0);
        assert_int_equal(story_set_mutes(s), 0);
        in = rd_init(buf_str(&first));
        assert_int_equal(alarms_load(s->alarms, &in), 0);
        assert_int_equal(rd_left(&in), 0);
        assert_int_equal(alarms_save(s->alarms, &second), 0);
        assert_true(ww_str_equal(buf_str(&first), buf_str(&second)));
        assert_int_equal(s->out.n, told); /* a restart says nothing */
}

/* --- time --- */

/* The alarms' timers up to `to`; those of that very instant only if `inclusive`. */
static inline void story_timers(struct story *s, int64_t to, bool inclusive) {
        for (int64_t at; (at = alarms_deadline(s->alarms)) < to || (inclusive && at == to);) {
                if (s->reload)
                        story_restart(s);
                s->now = at > s->now ? at : s->now;
                assert_int_equal(alarms_time(s->alarms, s->now), 0);
        }
        s->now = to;
        if (s->reload)
                story_restart(s);
}

/* --- rows --- */

struct story_words {
        char *word[16];
        size_t n;
};

static inline bool story_says(const struct story_words *w, const char *word) {
        for (size_t i = 1; i < w->n; i++)
                if (strcmp(w->word[i], word) == 0)
                        return true;
        return false;
}

static inline int64_t story_time(const char *text) {
        int64_t time = 0;

        assert_int_equal(span_parse(ww_str(text), &time), 0);
        return time;
}

static inline int64_t story_match_time(const struct story *s, const struct story_words *w) {
        for (size_t i = 1; i + 1 < w->n; i++)
                if (strcmp(w->word[i], "at") == 0)
                        return story_time(w->word[i + 1]);
        return s->now - 2 * WW_SECOND;
}

static inline enum ww_priority story_priority(const struct story_words *w) {
        enum ww_priority priority = WW_PRIORITY_LOW;

        for (size_t i = 4; i < w->n; i++)
                if (ww_priority_find(ww_str(w->word[i]), &priority))
                        break;
        return priority;
}

static inline struct ww_str story_zone(const struct story *s, const char *asset) {
        uint32_t at = site_asset_find(s->site, ww_str(asset));
        uint32_t zone = at == SITE_NONE ? SITE_NONE : site_asset(s->site, at)->zone;

        return zone == SITE_NONE ? WW_STR_NONE : site_zone(s->site, zone)->id;
}

static inline int story_detect(struct story *s, const struct story_words *w, enum ww_detection_what what) {
        char key[64];
        struct ww_detection d = {
                .what = what,
                .rule = ww_str(w->word[2]),
                .asset = ww_str(w->word[3]),
                .device = ww_str(w->word[3]),
                .zone = story_zone(s, w->word[3]),
                .hazard = story_says(w, "door-held") ? WW_HAZARD_THEFT : WW_HAZARD_SYSTEM,
                .klass = story_says(w, "+fire") ? WW_CLASS_FIRE : WW_CLASS_GENERAL,
                .priority = story_priority(w),
                .time = story_match_time(s, w),
                .after = s->after,
                .n_after = s->n_after,
        };

        (void)snprintf(key, sizeof key, "asset=%s", w->word[3]);
        d.key = ww_str(key);
        d.flags |= story_says(w, "+drill") ? WW_DETECTION_EXERCISE : 0;
        d.flags |= story_says(w, "+instant") ? WW_DETECTION_INSTANT | WW_DETECTION_MANUAL : 0;
        d.flags |= story_says(w, "+silent") ? WW_DETECTION_SILENT : 0;
        d.flags |= story_says(w, "+link") ? WW_DETECTION_LINK : 0;
        return alarms_detection(s->alarms, &d, s->now);
}

static inline int story_act(struct story *s, const struct story_words *w, enum ww_cause verb) {
        struct alarm_act act = {
                .verb = verb,
                .alarm = strtoull(w->word[2], NULL, 10),
                .actor = WW_STR("ann"),
                .reason = WW_STR("seen"),
                .roles = ALARM_ROLE_SUPERVISOR,
                .until = s->now + WW_MINUTE,
        };
        const struct ww_alarm *alarm = alarms_find(s->alarms, act.alarm);

        assert_non_null(alarm);
        act.version = alarm->version;
        return alarms_act(s->alarms, &act, s->now, NULL);
}

static inline int story_do(struct story *s, const struct story_words *w) {
        static const struct {
                const char *word;
                enum ww_detection_what what;
                enum ww_cause verb;
        } verbs[] = {
                { "raise", WW_DETECTION_RAISE, 0 },     { "again", WW_DETECTION_AGAIN, 0 },
                { "clear", WW_DETECTION_CLEAR, 0 },     { "regrade", WW_DETECTION_REGRADE, 0 },
                { "removed", WW_DETECTION_REMOVED, 0 }, { "ack", 0, WW_CAUSE_ACKNOWLEDGE },
                { "unack", 0, WW_CAUSE_UNACKNOWLEDGE }, { "reset", 0, WW_CAUSE_RESET },
                { "shelve", 0, WW_CAUSE_SHELVE },       { "unshelve", 0, WW_CAUSE_UNSHELVE },
        };

        if (w->n < 2)
                return 0;
        if (strcmp(w->word[1], "mutes") == 0) {
                story_other_mutes(s, atoi(w->word[2]));
                return 0;
        }
        if (strcmp(w->word[1], "unaccept") == 0)
                return alarms_unaccept(s->alarms, s->now);
        if (strcmp(w->word[1], "lost") == 0 || strcmp(w->word[1], "back") == 0)
                return alarms_source(s->alarms, ww_str(w->word[2]), w->word[1][0] == 'l', s->now);
        for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
                if (strcmp(w->word[1], verbs[i].word) == 0)
                        return verbs[i].what ? story_detect(s, w, verbs[i].what) : story_act(s, w, verbs[i].verb);
        fail_msg("no such word: %s", w->word[1]);
        return -1;
}

static inline void story_row(struct story *s, char *row) {
        struct story_words w = { .n = 0 };
        char *rest = NULL;
        int64_t to;

        for (char *word = strtok_r(row, " ", &rest); word && w.n < 16; word = strtok_r(NULL, " ", &rest))
                w.word[w.n++] = word;
        if (w.n == 0)
                return;
        to = story_time(w.word[0]);
        story_timers(s, to, w.n < 2 || story_says(&w, "+message") || strcmp(w.word[1], "ack") == 0);
        assert_int_equal(story_do(s, &w), 0);
        story_timers(s, to, true);
}

static inline const char *story_play(struct story *s, const char *rows) {
        char *text = strdup(rows), *rest = NULL;

        assert_non_null(text);
        for (char *row = strtok_r(text, "\n", &rest); row; row = strtok_r(NULL, "\n", &rest))
                story_row(s, row);
        free(text);
        buf_put_u8(&s->out, 0);
        assert_int_equal(s->out.error, 0);
        return (const char *)s->out.p;
}
