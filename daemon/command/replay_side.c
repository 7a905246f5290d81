#include "command/replay_side.h"

#include "command/command_internal.h"

#include <stdio.h>

struct replay_side {
        struct replay_side_options options;
        struct pipeline *pipeline;
        struct replay_spool *spool; /* NULL: the rules do not change on the way */
        bool spooled;               /* the input at work is written down */
        struct arena arena;
        uint64_t seq;
        int64_t now;
};

/* ---- rules ---- */

static int rules_compile(struct ruleset **ret, const struct config *config, struct bundle *bundle, struct diag *d) {
        int r = config_bundle(config, bundle, d);

        return r ? r : ruleset_compile(ret, bundle, false, d);
}

int replay_side_rules(struct ruleset **ret, const struct config *config, const char *rules) {
        _cleanup_bundle_ struct bundle bundle = { 0 };
        struct diag diag = { .source = bundle_source, .userdata = &bundle };
        struct config other = *config; /* borrows everything from it */
        int r;

        if (rules) {
                other.paths.rules.items = &rules;
                other.paths.rules.n = 1;
        }
        r = rules_compile(ret, &other, &bundle, &diag);
        if (r == DIAG_E_USER)
                command_put_diag(&diag);
        diag_deinit(&diag);
        return r > 0 ? REPLAY_E_TOLD : r;
}

/* ---- the pipeline's sink ---- */

static int side_output(void *userdata, const struct ww_output *output) {
        struct replay_side *s = userdata;
        int r = s->spooled ? replay_spool_output(s->spool, output) : 0;

        return r ? r : s->options.output(s->options.userdata, output);
}

static int side_live(void *userdata, const struct ww_alarm *alarm) {
        (void)userdata;
        (void)alarm;
        return 0;
}

static int side_prime(void *userdata, struct prime *prime, uint64_t from_seq, uint64_t before_seq) {
        struct replay_side *s = userdata;

        return s->spool ? replay_spool_feed(s->spool, prime, from_seq, before_seq) : 0;
}

/* ---- life ---- */

int replay_side_new(struct replay_side **ret, const struct replay_side_options *options) {
        _cleanup_(replay_side_freep) struct replay_side *s = calloc(1, sizeof *s);
        int r = 0;

        if (!s) {
                ruleset_free(options->rules);
                return -ENOMEM;
        }
        s->options = *options;
        s->now = WW_TIME_NONE;
        if (!options->rules)
                r = replay_spool_new(&s->spool, options->keep);
        if (r)
                return r;
        *ret = s;
        s = NULL;
        return 0;
}

struct replay_side *replay_side_free(struct replay_side *s) {
        if (!s)
                return NULL;
        pipeline_free(s->pipeline);
        ruleset_free(s->options.rules);
        replay_spool_free(s->spool);
        arena_deinit(&s->arena);
        free(s);
        return NULL;
}

static int rules_tell(const char *what, const char *cure) {
        (void)fprintf(stderr, "wardwatch replay: %s\n  help: %s\n", what, cure);
        return REPLAY_E_TOLD;
}

static int rules_recorded(const struct ww_input *input, struct ruleset **ret) {
        struct diag diag = DIAG_INIT;
        int r;

        if (input->type != WW_INPUT_RELOAD)
                return rules_tell("the recording does not begin with rules",
                                  "replay the database's history, which keeps every rule set, or leave --as-recorded "
                                  "out, and it runs with the rules of the configuration");
        r = ruleset_decode(ret, input->payload, &diag);
        diag_deinit(&diag);
        if (r > 0 || r == -EBADMSG)
                return rules_tell("the recording begins with rules that this version does not understand",
                                  "leave --as-recorded out, and it runs with those of the configuration");
        return r;
}

/* With the first input: its time is the beginning of everything. */
static int side_begin(struct replay_side *s, const struct ww_input *input) {
        const struct pipeline_sink sink = { s, side_output, side_live, side_prime };
        struct ruleset *rules = s->options.rules;
        int r = rules ? 0 : rules_recorded(input, &rules);

        s->options.rules = NULL;
        if (!r)
                r = pipeline_new(&s->pipeline, rules, input->time, &sink);
        return r || !s->options.begun ? r : s->options.begun(s->options.userdata, s->pipeline);
}

static int side_feed(struct replay_side *s, struct ww_input *input) {
        const struct replay_source *source = s->options.source;
        int r;

        s->spooled = s->spool && (!source->primes || source->primes(source->userdata, input->seq));
        r = s->spooled ? replay_spool_input(s->spool, input) : 0;
        if (!r)
                r = replay_act(s->pipeline, source, &s->arena, input);
        if (!r)
                r = pipeline_input(s->pipeline, input);
        /* a reload that this version refuses: the old rules stay, as they do in the engine */
        return r == -EBADMSG && input->type == WW_INPUT_RELOAD ? 0 : r;
}

int replay_side_input(struct replay_side *s, const struct ww_input *input) {
        bool recorded = !s->pipeline ? !s->options.rules : s->spool != NULL;
        struct ww_input own = *input;
        int r = s->pipeline ? 0 : side_begin(s, input);

        if (r)
                return r;
        if (own.type == WW_INPUT_RELOAD && !recorded)
                own = (struct ww_input){ .seq = input->seq, .type = WW_INPUT_TIME, .time = input->time };
        s->seq = own.seq;
        s->now = own.time;
        arena_reset(&s->arena);
        return side_feed(s, &own);
}

int replay_side_time(struct replay_side *s, int64_t time) {
        const struct ww_input input = { .seq = s->seq + 1, .type = WW_INPUT_TIME, .time = time, .received = time };

        return s->pipeline && time > s->now ? replay_side_input(s, &input) : 0;
}

struct pipeline *replay_side_pipeline(struct replay_side *s) {
        return s->pipeline;
}
