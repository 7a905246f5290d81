/* Messages through the types, one by one, and what came of each. The same decoder that the engine runs. */
#include "command/sensors.h"

#include "journal/redact.h"

struct sensors_player {
        struct decode *decode;
        const struct sensors_watch *watch;
        struct decode_trace trace;
        struct arena arena; /* of the message in hand */
        struct sensors_message now;
        struct ww_input shown; /* the input, without what must not be stored */
        bool entry;            /* an entry has spoken */
};

static int on_event(void *userdata, const struct ww_event *e) {
        struct sensors_player *p = userdata;

        p->now.events++;
        return p->watch->event ? p->watch->event(p->watch->userdata, e) : 0;
}

static void on_saying(void *userdata, const struct decode_saying *s) {
        struct sensors_player *p = userdata;

        if (s->type == DECODE_SAYS_CANDIDATE && s->good) {
                p->now.sensor = s->sensor;
                p->now.message = s->message;
                p->now.ignored = s->why.n > 0;
        }
        if (s->type == DECODE_SAYS_ENTRY && !s->good && !p->entry) {
                p->now.silent = arena_copy(&p->arena, s->why);
                p->entry = true;
        }
        if (p->watch->saying)
                p->watch->saying(p->watch->userdata, s);
}

int sensors_player_new(struct sensors_player **ret, const struct ruleset *rules, const struct sensors_watch *watch) {
        _cleanup_(sensors_player_freep) struct sensors_player *p = calloc(1, sizeof *p);
        int r = p ? decode_new(&p->decode, rules->types, on_event, p) : -ENOMEM;

        if (r)
                return r;
        p->watch = watch;
        p->trace = (struct decode_trace){ p, on_saying };
        decode_trace(p->decode, &p->trace);
        *ret = p;
        p = NULL;
        return 0;
}

struct sensors_player *sensors_player_free(struct sensors_player *p) {
        if (p) {
                decode_free(p->decode);
                arena_deinit(&p->arena);
                free(p);
        }
        return NULL;
}

/* What the types keep secret is not shown either. */
static int hide(struct sensors_player *p) {
        const struct ww_redaction redaction = decode_redaction(p->decode);
        struct ww_str copy;

        if (!redaction.n)
                return 0;
        copy = arena_copy(&p->arena, p->now.input->payload);
        if (!copy.p)
                return -ENOMEM;
        redact_payload((char *)copy.p, copy.n, &redaction);
        p->shown = *p->now.input;
        p->shown.payload = copy;
        p->now.input = &p->shown;
        return 0;
}

static int decode_it(struct sensors_player *p, const struct ww_input *input) {
        const struct decode_message message = {
                .seq = input->seq,
                .time = input->time,
                .received = input->received,
                .topic = input->topic,
                .payload = input->payload,
                .retained = input->flags & WW_INPUT_RETAINED,
        };
        struct decode_report report = { 0 };
        int r = decode_time(p->decode, input->seq, input->time);

        if (!r)
                r = decode_message(p->decode, &message, &report);

        if (r < 0)
                return r;
        if (r > 0) {
                p->now.reason = decode_outcome_name(r);
                p->now.detail = report.detail;
                p->now.sensor = report.sensor;
        }
        return hide(p);
}

int sensors_player_take(struct sensors_player *p, const struct ww_input *input) {
        int r = 0;

        if (input->type != WW_INPUT_MESSAGE)
                return 0;
        arena_reset(&p->arena);
        p->entry = false;
        p->now = (struct sensors_message){ .input = input };
        if (input->flags & WW_INPUT_SKIPPED) { /* it has ended an engine twice: it shall not end this, too */
                p->now.reason = "skipped";
                p->now.detail = WW_STR("it stopped the engine twice");
        } else {
                r = decode_it(p, input);
        }
        return r || !p->watch->message ? r : p->watch->message(p->watch->userdata, &p->now);
}

int sensors_play(const struct sensors *s, const char *file, const struct sensors_watch *watch) {
        _cleanup_(sensors_player_freep) struct sensors_player *p = NULL;
        struct replay_source source;
        struct ww_input input;
        int r = sensors_source_open(s, file, &source);

        if (r)
                return r;
        r = sensors_player_new(&p, s->rules, watch);
        while (!r && !(r = source.next(source.userdata, &input)))
                r = sensors_player_take(p, &input);
        source.close(source.userdata);
        return sensors_exit(s->name, r == REPLAY_E_END ? 0 : r);
}
