/*
 * `wardwatch sensors draft`: a type that would explain what no type explains. It is compiled and its own examples are
 * played before it is shown: what comes out here passes `check`.
 */
#include "command/sensors_draft.h"

#include "config/topic_filter.h"

#include <ctype.h>
#include <stdio.h>

enum { TOPIC = SENSORS_OWN, NAME };

static const struct command_option draft_options[] = {
        SENSORS_SOURCE_OPTIONS,
        [TOPIC] = { "--topic", 't', "FILTER", "from all messages of these topics, not only those without a type" },
        [NAME] = { "--name", 0, "NAME", "the type's name; default: the topics' first word" },
        { 0 },
};

struct drafting {
        struct sensors s;
        struct draft draft;
        struct buf events; /* of the example at work */
        bool refused;      /* its last message was not understood */
};

static int on_message(void *userdata, const struct sensors_message *m) {
        struct drafting *d = userdata;
        const char *filter = d->s.args->values[TOPIC];

        if (filter ? !topic_filter_overlap(ww_str(filter), m->input->topic) : !m->reason)
                return 0;
        return draft_add(&d->draft, m->input);
}

/* ---- its name ---- */

static bool is_free(const struct drafting *d, const char *name) {
        const char *nearest = decode_types_nearest(d->s.rules->types, ww_str(name));

        return !nearest || strcmp(nearest, name) != 0;
}

static void name_draft(struct drafting *d) {
        const char *given = d->s.args->values[NAME];
        char name[56] = "";
        size_t n = 0;

        for (size_t i = 0; d->draft.n_groups && i < d->draft.groups->n_levels && !n; i++)
                for (size_t k = 0; k < d->draft.groups->levels[i].text.n && n + 1 < sizeof name; k++) {
                        char c = (char)tolower((unsigned char)d->draft.groups->levels[i].text.p[k]);

                        if (isalnum((unsigned char)c) || (c == '-' && n))
                                name[n++] = c;
                }
        (void)snprintf(d->draft.sensor, sizeof d->draft.sensor, "%s", given ? given : n ? name : "draft");
        if (!given && !is_free(d, d->draft.sensor))
                (void)snprintf(d->draft.sensor, sizeof d->draft.sensor, "%s-draft", n ? name : "draft");
}

/* ---- compiled ---- */

static int compile(struct buf *text, bool examples, struct ruleset **ret) {
        _cleanup_bundle_ struct bundle bundle = { 0 };
        struct diag diag = { .source = bundle_source, .userdata = &bundle };
        int r = text->error ? -ENOMEM : bundle_add_text(&bundle, BUNDLE_SENSORS, "draft.yaml", buf_str(text));

        if (!r)
                r = bundle_seal(&bundle);
        if (!r)
                r = ruleset_compile(ret, &bundle, examples, &diag);
        if (r > 0)
                command_put_diag(&diag);
        diag_deinit(&diag);
        return r;
}

/* ---- examples ---- */

static int on_event(void *userdata, const struct ww_event *e) {
        struct drafting *d = userdata;

        draft_print_event(e, &d->events);
        return d->events.error;
}

static int on_played(void *userdata, const struct sensors_message *m) {
        struct drafting *d = userdata;

        d->refused = m->reason != NULL;
        return 0;
}

static bool seen_before(const struct draft_group *g, size_t n, const size_t *chosen, size_t i) {
        for (size_t k = 0; k < n; k++)
                if (ww_str_equal(g->samples[chosen[k]]->payload, g->samples[i]->payload) &&
                    ww_str_equal(g->samples[chosen[k]]->topic, g->samples[i]->topic))
                        return true;
        return false;
}

/* An example's messages come in the order in which they came, a second apart at least. */
static int64_t arrival(const struct draft_group *g, const struct draft_sample *s, int64_t before) {
        int64_t time = draft_time_of(g, s);

        time = (time == WW_TIME_NONE ? s->time : time + WW_SECOND) / WW_SECOND * WW_SECOND;
        return before != WW_TIME_NONE && time <= before ? before + WW_SECOND : time;
}

static int play_sample(struct sensors_player *p, const struct draft_sample *s, int64_t at) {
        const struct ww_input input = {
                .seq = 1,
                .type = WW_INPUT_MESSAGE,
                .flags = s->retained ? WW_INPUT_RETAINED : 0,
                .time = at,
                .received = at,
                .topic = s->topic,
                .payload = s->payload,
        };

        return sensors_player_take(p, &input);
}

static int play_group(struct drafting *d, struct sensors_player *p, const struct draft_group *g, struct buf *out) {
        size_t chosen[DRAFT_EXAMPLES_MAX], n = 0, told;
        bool any = false;
        int64_t at = WW_TIME_NONE;
        int r = 0;

        buf_puts(out, "  - given:\n");
        for (size_t i = 0; i < g->n && n < DRAFT_EXAMPLES_MAX && !r; i++) {
                if (seen_before(g, n, chosen, i))
                        continue;
                chosen[n++] = i;
                told = d->events.n;
                at = arrival(g, g->samples[i], at);
                r = play_sample(p, g->samples[i], at);
                if (d->refused)
                        d->events.n = told;
                else
                        draft_print_given(g, g->samples[i], at, out);
                any |= !d->refused;
        }
        if (!any) { /* none of them is understood yet: what is missing stands in the comments above */
                buf_reset(out);
                return r;
        }
        buf_puts(out, d->events.n ? "    events:\n" : "    events: []\n");
        buf_put(out, d->events.p, d->events.n);
        buf_put_u8(out, 0);
        return r ? r : out->error;
}

static int example_of(struct drafting *d, const struct ruleset *rules, const struct draft_group *g, struct buf *out) {
        const struct sensors_watch watch = { .userdata = d, .event = on_event, .message = on_played };
        _cleanup_(sensors_player_freep) struct sensors_player *p = NULL;
        int r = sensors_player_new(&p, rules, &watch);

        buf_reset(&d->events);
        return r ? r : play_group(d, p, g, out);
}

static int examples_of(struct drafting *d, const struct ruleset *rules, struct buf *texts, const char **ret) {
        for (size_t i = 0; i < d->draft.n_groups; i++) {
                const struct draft_group *g = &d->draft.groups[i];
                int r = g->format == DRAFT_BYTES ? 0 : example_of(d, rules, g, &texts[i]);

                if (r)
                        return r;
                ret[i] = texts[i].n ? (const char *)texts[i].p : "";
        }
        return 0;
}

/* ---- the whole ---- */

static int print_draft(struct drafting *d) {
        _cleanup_(ruleset_freep) struct ruleset *bare = NULL, *whole = NULL;
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct buf texts[DRAFT_GROUPS_MAX] = { 0 };
        const char *examples[DRAFT_GROUPS_MAX] = { 0 };
        int r;

        draft_print(&d->draft, NULL, &text);
        r = compile(&text, false, &bare);
        if (!r)
                r = examples_of(d, bare, texts, examples);
        if (!r) {
                buf_reset(&text);
                draft_print(&d->draft, examples, &text);
                r = compile(&text, true, &whole);
        }
        if (!r)
                r = command_put(&text, false);
        for (size_t i = 0; i < DRAFT_GROUPS_MAX; i++)
                buf_deinit(&texts[i]);
        return sensors_exit("draft", r);
}

static int nothing(const struct drafting *d) {
        (void)fprintf(stderr, "wardwatch sensors draft: %s\n  help: %s\n",
                      d->s.args->values[TOPIC] ? "no message has such a topic" : "every message is explained by a type",
                      d->s.args->values[TOPIC] ? "`wardwatch sensors listen` shows what comes"
                                               : "--topic FILTER drafts from messages that have a type, too");
        return 1;
}

/* One type of messages that have little to do with each other is nobody's type. */
static void tell_mixture(const struct draft *d) {
        const struct draft_level *first = &d->groups->levels[0];

        for (size_t i = 1; i < d->n_groups; i++) {
                const struct draft_level *other = &d->groups[i].levels[0];

                if (ww_str_equal(first->text, other->text))
                        continue;
                (void)fprintf(stderr,
                              "note: topics begin with different words (`%.*s`, `%.*s`): a type for each may read "
                              "better; --topic '%.*s/#' takes some\n",
                              WW_STR_ARG(first->text), WW_STR_ARG(other->text), WW_STR_ARG(first->text));
                return;
        }
}

static int draft_all(struct drafting *d) {
        const struct sensors_watch watch = { .userdata = d, .message = on_message };
        int r = sensors_play(&d->s, d->s.args->argc ? d->s.args->argv[0] : NULL, &watch);

        if (r)
                return r;
        if (!d->draft.n_samples)
                return nothing(d);
        r = draft_group(&d->draft);
        if (r)
                return sensors_exit("draft", r);
        name_draft(d);
        if (d->draft.left_out)
                (void)fprintf(stderr,
                              "%llu messages are left out: more than %d, or too large, or too many kinds of "
                              "topics; --topic takes some\n",
                              (unsigned long long)d->draft.left_out, DRAFT_SAMPLES_MAX);
        tell_mixture(&d->draft);
        return print_draft(d);
}

static int draft_run(const struct command_args *args) {
        struct drafting d = { .events = BUF_INIT };
        const char *filter = args->values[TOPIC];
        int r;

        if (args->argc > 1)
                return sensors_usage("draft", "one source at a time", "join the files: they are lines");
        if (filter && topic_filter_fault(ww_str(filter)))
                return sensors_usage("draft", topic_filter_fault(ww_str(filter)), "home/+/door, or home/#");
        r = sensors_open(&d.s, "draft", args);
        if (r)
                return r;
        r = draft_all(&d);
        draft_deinit(&d.draft);
        buf_deinit(&d.events);
        sensors_close(&d.s);
        return r;
}

const struct command command_sensors_draft = {
        .name = "sensors draft",
        .synopsis = "sensors draft [FILE|-] [--topic FILTER] [--name NAME] [--from TIME] [--to TIME]",
        .help = "write a sensor type, with examples, from messages that none explains",
        .text = "Takes the messages that no type explains, or all of --topic, from FILE (JSON lines, `mosquitto_sub "
                "-v`), "
                "the daemon's journal, or the history in PostgreSQL. Messages that look alike become one message of "
                "the "
                "type: levels of the topic that vary are captures, fields are given kinds by well-known names and by "
                "their values, and some of the messages become examples with what the draft makes of them. The draft "
                "passes `wardwatch check` as it stands; what could not be known is marked `# ?`. Write it to a file "
                "beside "
                "the types, and move it in: a shell empties the file before the types are read.",
        .options = draft_options,
        .run = draft_run,
};
