/*
 * A rule at work. The pipeline runs as in a replay, and the matcher tells what the rule does (correlate.h); lines of
 * the wanted key and time are printed as they come, and for each key it is remembered when its condition was nearest,
 * what was in the way, and what came of it. Of keys that are not asked for by name only a bounded number is remembered.
 */
#include "command/explain.h"

#include "base/span.h"
#include "command/command_internal.h"
#include "command/plain.h"

#include <inttypes.h>
#include <stdio.h>

#define KEYS_MAX  64   /* that are spoken of in the end */
#define LINES_MAX 2000 /* that are printed */

/* what is known of one key */
struct fate {
        char *key;
        bool exercise, guarded, muted;
        uint64_t raised, again, cleared, taken, late, ended;
        int64_t raised_at, nearest_at;
        unsigned near;
        char *nearest; /* how it stood then, and next */
        char *then;
        int64_t then_at;
        char *last_late; /* NULL */
};

struct watcher {
        const struct explain_watch *watch;
        struct replay_run run;
        struct correlate_trace trace;
        struct fate fates[KEYS_MAX];
        size_t n_fates;
        uint64_t lines, missed, keyless, limits, unheard_keys;
        char *last_missed, *last_keyless, *last_limit;
        json_t *said; /* NULL: text */
};

/* ---- what is of interest ---- */

static bool in_time(const struct watcher *w, int64_t time) {
        return time >= w->watch->from && time < w->watch->to;
}

/* "ward=W3", or "W3" where the key has one part */
static bool key_wanted(const struct watcher *w, struct ww_str key) {
        const char *equals = key.n ? memchr(key.p, '=', key.n) : NULL;
        struct ww_str value = key;

        if (!w->watch->key || ww_str_is(key, w->watch->key))
                return true;
        if (!equals || memchr(key.p, ',', key.n))
                return false;
        value = (struct ww_str){ equals + 1, key.n - (size_t)(equals + 1 - key.p) };
        return ww_str_is(value, w->watch->key);
}

static void keep(char **place, struct ww_str text) {
        char *copy = ww_str_copy(text);

        if (!copy)
                return;
        free(*place);
        *place = copy;
}

static struct fate *fate_of(struct watcher *w, struct ww_str key, bool exercise) {
        for (size_t i = 0; i < w->n_fates; i++)
                if (w->fates[i].exercise == exercise && ww_str_is(key, w->fates[i].key))
                        return &w->fates[i];
        if (w->n_fates == KEYS_MAX) {
                w->unheard_keys++;
                return NULL;
        }
        w->fates[w->n_fates] = (struct fate){ .key = ww_str_copy(key), .exercise = exercise };
        return w->fates[w->n_fates].key ? &w->fates[w->n_fates++] : NULL;
}

/* ---- lines ---- */

static void line_json(struct watcher *w, const struct correlate_saying *s) {
        static const char *const names[] = {
                [CORRELATE_SAID_TAKEN] = "taken",     [CORRELATE_SAID_MISSED] = "missed",
                [CORRELATE_SAID_KEYLESS] = "keyless", [CORRELATE_SAID_LATE] = "late",
                [CORRELATE_SAID_STATE] = "state",     [CORRELATE_SAID_TIME] = "time",
                [CORRELATE_SAID_ENDED] = "ended",     [CORRELATE_SAID_TOLD] = "told",
                [CORRELATE_SAID_LIMIT] = "limit",
        };
        char time[32];

        instant_format(s->time, time);
        (void)json_array_append_new(w->said, json_pack("{s:s, s:s, s:s%, s:s%, s:i}", "time", time, "what",
                                                       names[s->what], "key", s->key.p ? s->key.p : "", s->key.n,
                                                       "text", s->text.p, s->text.n, "near", (int)s->near));
}

static void line_put(struct watcher *w, const struct correlate_saying *s) {
        char time[32];

        if (w->lines++ >= LINES_MAX)
                return;
        if (w->said) {
                line_json(w, s);
                return;
        }
        instant_format(s->time, time);
        (void)printf("  %.23sZ  ", time);
        if (s->key.n) {
                (void)putchar('[');
                replay_print_str(s->key);
                (void)printf("]%s ", s->exercise ? " (exercise)" : "");
        }
        replay_print_str(s->text);
        (void)putchar('\n');
}

/* ---- what is remembered ---- */

static void fate_state(struct fate *f, const struct correlate_saying *s) {
        if (f->nearest && s->near <= f->near) {
                if (!f->then) {
                        f->then_at = s->time;
                        keep(&f->then, s->text);
                }
                return;
        }
        free(f->then);
        f->then = NULL;
        f->near = s->near;
        f->guarded = s->guarded;
        f->nearest_at = s->time;
        keep(&f->nearest, s->text);
}

static void fate_note(struct watcher *w, struct fate *f, const struct correlate_saying *s) {
        switch (s->what) {
        case CORRELATE_SAID_TAKEN:
                f->taken++;
                break;
        case CORRELATE_SAID_LATE:
                f->late++;
                keep(&f->last_late, s->text);
                break;
        case CORRELATE_SAID_STATE:
        case CORRELATE_SAID_TIME:
                fate_state(f, s);
                break;
        case CORRELATE_SAID_ENDED:
                f->ended++;
                break;
        case CORRELATE_SAID_TOLD:
        case CORRELATE_SAID_MISSED:
        case CORRELATE_SAID_KEYLESS:
        case CORRELATE_SAID_LIMIT:
                break; /* by the alarm, or of no key */
        }
}

static void say(void *userdata, const struct correlate_saying *s) {
        struct watcher *w = userdata;
        bool of_key = s->what != CORRELATE_SAID_MISSED && s->what != CORRELATE_SAID_KEYLESS &&
                      s->what != CORRELATE_SAID_LIMIT;
        struct fate *f;

        if (!in_time(w, s->time) || (of_key && !key_wanted(w, s->key)))
                return;
        line_put(w, s);
        f = of_key ? fate_of(w, s->key, s->exercise) : NULL;
        if (f)
                fate_note(w, f, s);
        if (s->what == CORRELATE_SAID_MISSED && ++w->missed)
                keep(&w->last_missed, s->text);
        if (s->what == CORRELATE_SAID_KEYLESS && ++w->keyless)
                keep(&w->last_keyless, s->text);
        if (s->what == CORRELATE_SAID_LIMIT && ++w->limits)
                keep(&w->last_limit, s->text);
}

/* ---- alarms ---- */

static void alarm_put(struct watcher *w, const struct ww_transition *t) {
        const char *state = ww_alarm_state_name(ww_alarm_state(&t->alarm.regions));
        _cleanup_buf_ struct buf text = BUF_INIT;

        buf_printf(&text, "→ alarm %" PRIu64 ": %s, %s", t->alarm.id, ww_cause_name(t->cause), state);
        if (t->alarm.suppressed_by.n)
                buf_printf(&text, ", suppressed by %.*s: recorded, and not announced",
                           WW_STR_ARG(t->alarm.suppressed_by));
        if (!text.error)
                line_put(w, &(struct correlate_saying){ .what = CORRELATE_SAID_TOLD,
                                                        .key = t->alarm.key,
                                                        .exercise = t->alarm.exercise,
                                                        .time = t->time,
                                                        .text = buf_str(&text) });
}

static int watch_output(void *userdata, const struct ww_output *output) {
        const struct ww_transition *t = &output->transition;
        struct watcher *w = userdata;
        struct fate *f;

        if (output->type != WW_OUTPUT_TRANSITION || !ww_str_is(t->alarm.rule, w->watch->rule) || !in_time(w, t->time) ||
            !key_wanted(w, t->alarm.key))
                return 0;
        alarm_put(w, t);
        f = fate_of(w, t->alarm.key, t->alarm.exercise);
        if (!f)
                return 0;
        f->again += t->cause == WW_CAUSE_AGAIN;
        f->cleared += t->cause == WW_CAUSE_CLEAR;
        f->muted = f->muted || t->alarm.regions.suppressed;
        if (t->cause == WW_CAUSE_RAISE && f->raised++ == 0)
                f->raised_at = t->time;
        return 0;
}

/* The rule is watched from the first input on; rules of a recording may not have it yet. */
static int watch_begun(void *userdata, struct pipeline *p) {
        const struct watcher *w = userdata;

        (void)pipeline_trace_rule(p, ww_str(w->watch->rule), &w->trace);
        return 0;
}

/* ---- the end of it ---- */

static void fate_put_not(const struct fate *f) {
        char time[32];

        (void)printf("%s did not fire.", f->key[0] ? f->key : "The rule");
        if (!f->nearest) {
                (void)puts(" Nothing was of account to it.");
                return;
        }
        instant_format(f->nearest_at, time);
        (void)printf(" It came nearest at %.23sZ: ", time);
        plain_put(f->nearest);
        (void)putchar('\n');
        if (f->then) {
                instant_format(f->then_at, time);
                (void)printf("  Then, at %.23sZ: ", time);
                plain_put(f->then);
                (void)putchar('\n');
        }
        if (f->guarded && f->near >= 999)
                (void)puts("  What was missing: its condition held, and `while` did not.");
        if (f->ended)
                (void)printf("  Partial sequences given up on the way: %" PRIu64 ".\n", f->ended);
}

static void fate_put(const struct fate *f) {
        char time[32];

        if (f->raised) {
                instant_format(f->raised_at, time);
                (void)printf("%s fired at %.23sZ%s%s.\n", f->key[0] ? f->key : "The rule", time,
                             f->raised > 1 ? ", and again later" : "",
                             f->muted ? "; its alarm was muted for a time, recorded and not announced" : "");
        } else if (f->again) {
                (void)printf("%s: %" PRIu64
                             " further matches of an alarm that was open already; it is not raised twice.\n",
                             f->key, f->again);
        } else {
                fate_put_not(f);
        }
        if (f->late) {
                (void)printf("  Events that came too late: %" PRIu64 ", the last: ", f->late);
                plain_put(f->last_late);
                (void)putchar('\n');
        }
}

static void count_put(uint64_t n, const char *what, const char *last) {
        if (!n)
                return;
        (void)printf("%s: %" PRIu64 ", the last: ", what, n);
        plain_put(last ? last : "");
        (void)putchar('\n');
}

static void end_text(const struct watcher *w) {
        if (w->lines > LINES_MAX)
                (void)printf("  … and %" PRIu64 " lines more: name a --key, or a shorter --around\n",
                             w->lines - LINES_MAX);
        (void)putchar('\n');
        for (size_t i = 0; i < w->n_fates; i++)
                fate_put(&w->fates[i]);
        if (w->unheard_keys)
                (void)printf("more than %d keys: name one with --key\n", KEYS_MAX);
        if (!w->n_fates)
                (void)printf("The rule did not fire%s: none of its selections took an event in this time.\n",
                             w->watch->key ? " for this key" : "");
        count_put(w->missed, "Events of the right kind that were not selected", w->last_missed);
        count_put(w->keyless, "Events without a key", w->last_keyless);
        count_put(w->limits, "Limits reached", w->last_limit);
}

static json_t *fate_json(const struct fate *f) {
        char time[32] = "";

        if (f->nearest)
                instant_format(f->nearest_at, time);
        return json_pack("{s:s, s:b, s:I, s:I, s:I, s:b, s:I, s:I, s:I, s:{s:s, s:i, s:b, s:s}}", "key", f->key,
                         "exercise", f->exercise, "raised", (json_int_t)f->raised, "further", (json_int_t)f->again,
                         "cleared", (json_int_t)f->cleared, "muted", f->muted, "taken", (json_int_t)f->taken, "late",
                         (json_int_t)f->late, "given_up", (json_int_t)f->ended, "nearest", "time", time, "near",
                         (int)f->near, "guarded", f->guarded, "text", f->nearest ? f->nearest : "");
}

static int end_json(struct watcher *w) {
        json_t *keys = json_array();

        for (size_t i = 0; i < w->n_fates; i++)
                (void)json_array_append_new(keys, fate_json(&w->fates[i]));
        return command_put_json(json_pack("{s:s, s:s, s:O, s:o, s:I, s:I, s:I}", "rule", w->watch->rule, "place",
                                          w->watch->place, "said", w->said, "keys", keys, "missed",
                                          (json_int_t)w->missed, "keyless", (json_int_t)w->keyless, "limits",
                                          (json_int_t)w->limits),
                                JSON_COMPACT);
}

static void watcher_deinit(struct watcher *w) {
        for (size_t i = 0; i < w->n_fates; i++) {
                free(w->fates[i].key);
                free(w->fates[i].nearest);
                free(w->fates[i].then);
                free(w->fates[i].last_late);
        }
        free(w->last_missed);
        free(w->last_keyless);
        free(w->last_limit);
        json_decref(w->said);
        replay_side_free(w->run.sides[0]);
}

static int watcher_run(struct watcher *w, const struct config *config, const struct replay_options *o) {
        struct replay_side_options side = {
                .keep = config->journal.keep, .output = watch_output, .begun = watch_begun, .userdata = w
        };
        struct replay_source source = { 0 };
        int r = replay_side_rules(&side.rules, config, o->rules);

        if (r)
                return r;
        side.source = &source;
        r = replay_open(&source, config, o);
        if (r) {
                ruleset_free(side.rules);
                return r;
        }
        r = replay_side_new(&w->run.sides[w->run.n_sides++], &side);
        if (!r)
                r = replay_run(&w->run, &source, o);
        source.close(source.userdata);
        return r;
}

int explain_watch_run(const struct explain_watch *watch, const struct config *config, const struct replay_options *o) {
        struct watcher w = { .watch = watch, .said = watch->json ? json_array() : NULL };
        int r;

        w.trace = (struct correlate_trace){ &w, WW_TIME_NONE, say };
        if (!watch->json && !watch->quiet)
                (void)printf("rule %s, %s\n", watch->rule, watch->place);
        r = watcher_run(&w, config, o);
        if (!r && watch->json)
                r = end_json(&w);
        else if (!r && !watch->quiet)
                end_text(&w);
        watcher_deinit(&w);
        return r ? r : replay_print_flush();
}
