#include "pipeline_internal.h"

#include "records/where.h"
#include "stages.h"

int pipeline_put(struct pipeline *p, struct ww_output *output) {
        output->seq = p->input->seq;
        output->n = p->n++;
        return p->sink.output(p->sink.userdata, output);
}

/* --- the stages' sinks, in the order of the flow --- */

int pipeline_event(struct pipeline *p, const struct ww_event *event) {
        struct ww_output output = { .type = WW_OUTPUT_EVENT, .event = *event };
        int r;

        if (correlate_exercise(p->correlate))
                output.event.flags |= WW_EVENT_EXERCISE;
        if (correlate_late(p->correlate, event->time))
                output.event.flags |= WW_EVENT_LATE;
        r = pipeline_put(p, &output);
        if (!r)
                r = correlate_event(p->correlate, &output.event);
        if (!r && correlate_tells_link(p->correlate, event))
                r = alarms_source(p->alarms, event->device, correlate_device_lost(p->correlate, event->device), p->now);
        if (!r)
                r = response_event(p->response, &output.event, p->now);
        return r ? r : records_event(p->records, &output.event, p->now);
}

static int pipeline_on_publish(void *userdata, struct ww_str topic, struct ww_str payload) {
        struct ww_output output = { .type = WW_OUTPUT_PUBLISH, .publish = { .topic = topic, .payload = payload } };

        return pipeline_put(userdata, &output);
}

static int pipeline_on_event(void *userdata, const struct ww_event *event) {
        return pipeline_event(userdata, event);
}

static int pipeline_on_detection(void *userdata, const struct ww_detection *detection) {
        struct pipeline *p = userdata;
        struct ww_detection placed = *detection;

        if (!placed.zone.n) /* a record is no asset: it says itself where it is */
                placed.zone = records_zone(p->records, placed.device);
        return alarms_detection(p->alarms, &placed, p->now);
}

static int pipeline_on_transition(void *userdata, const struct ww_transition *transition) {
        struct pipeline *p = userdata;
        struct ww_output output = { .type = WW_OUTPUT_TRANSITION, .transition = *transition };
        int r = pipeline_put(p, &output);

        if (!r)
                r = p->sink.live(p->sink.userdata, &transition->alarm);
        return r ? r : response_transition(p->response, transition, p->now);
}

/* A command to the field is worth an acknowledgement of the broker. */
static int pipeline_on_action(void *userdata, struct ww_str topic, struct ww_str payload) {
        struct ww_output output = { .type = WW_OUTPUT_PUBLISH,
                                    .publish = { .topic = topic, .payload = payload, .qos = 1 } };

        return pipeline_put(userdata, &output);
}

static int pipeline_on_key(void *userdata, uint64_t key) {
        struct pipeline *p = userdata;

        return p->sink.live_change ? p->sink.live_change(p->sink.userdata, key) : 0;
}

/* When an incident ends, or comes back, so does what belongs to it. */
int pipeline_on_change(void *userdata, const struct ww_change *change) {
        struct pipeline *p = userdata;
        struct ww_output output = { .type = WW_OUTPUT_CHANGE, .change = *change };
        int r = pipeline_put(p, &output);

        if (!r)
                r = pipeline_on_key(p, ww_change_key(change->subject, change->id));
        if (!r && change->subject == WW_SUBJECT_INCIDENT && (change->ended || ww_str_is(change->what, "reopened")))
                r = response_each_of(p->response, change->id, pipeline_on_key, p);
        return r ? r : pipeline_records_change(p, change);
}

static int pipeline_alarms_each(void *userdata, int (*visit)(void *to, const struct ww_alarm *alarm), void *to) {
        struct pipeline *p = userdata;

        return alarms_each(p->alarms, visit, to);
}

static int pipeline_unaccept(void *userdata, int64_t now) {
        struct pipeline *p = userdata;

        return alarms_unaccept(p->alarms, now);
}

/* --- life --- */

static int pipeline_build(struct pipeline *p, int64_t now) {
        const struct response_sink response = {
                p, pipeline_on_change, pipeline_on_action, pipeline_alarms_each, pipeline_unaccept, pipeline_staffing
        };
        const struct records_sink records = pipeline_records_sink(p);
        int r = replies_new(&p->replies);

        p->now = now;
        if (!r)
                r = signature_numbers_new(&p->numbers);
        if (!r)
                r = alarms_new(&p->alarms, pipeline_on_transition, p);
        if (!r)
                r = stages_set_mutes(p->alarms, p->ruleset->rules, p->ruleset->site, now);
        if (!r)
                r = response_new(&p->response, p->ruleset->response, p->ruleset->site, &response);
        if (!r)
                r = records_new(&p->records, p->ruleset->records, p->ruleset->site, &records);
        if (!r)
                r = correlate_new(&p->correlate, p->ruleset->rules, now, pipeline_on_detection, p);
        if (!r)
                r = decode_new(&p->decode, p->ruleset->types, pipeline_on_event, p);
        if (!r)
                decode_on_publish(p->decode, pipeline_on_publish);
        return r;
}

int pipeline_new(struct pipeline **ret, struct ruleset *ruleset, int64_t now, const struct pipeline_sink *sink) {
        _cleanup_(pipeline_freep) struct pipeline *p = calloc(1, sizeof *p);
        int r;

        if (!p) {
                ruleset_free(ruleset);
                return -ENOMEM;
        }
        p->ruleset = ruleset;
        p->sink = *sink;
        r = pipeline_build(p, now);
        if (r)
                return r;
        *ret = p;
        p = NULL;
        return 0;
}

struct pipeline *pipeline_free(struct pipeline *p) {
        if (!p)
                return NULL;
        decode_free(p->decode);
        correlate_free(p->correlate);
        alarms_free(p->alarms);
        records_free(p->records);
        response_free(p->response);
        replies_free(p->replies);
        signature_numbers_free(p->numbers);
        prime_free(p->prime);
        ruleset_free(p->next);
        ruleset_free(p->ruleset);
        free(p);
        return NULL;
}

/* --- inputs --- */

static int pipeline_undecoded(struct pipeline *p, const char *reason, const struct decode_report *report) {
        struct ww_output output = {
                .type = WW_OUTPUT_UNDECODED,
                .undecoded = { .reason = ww_str(reason), .sensor = report->sensor, .detail = report->detail },
        };

        return pipeline_put(p, &output);
}

/* Last of the outputs: the numbers of the others do not depend on it. */
static int pipeline_redact(struct pipeline *p, struct ww_redaction redaction) {
        struct ww_output output = { .type = WW_OUTPUT_REDACTION, .redaction = redaction };

        return redaction.n ? pipeline_put(p, &output) : 0;
}

/* What crashed the engine is not looked at again, and a forgery not at all, not even for what must not leave. */
static int pipeline_skipped(struct pipeline *p, const struct ww_input *input, const struct decode_report *report) {
        const struct ww_redact_span whole = { 0, UINT32_MAX, WW_REDACT_TEXT };
        bool spoofed = ww_str_is(input->id, PIPELINE_SPOOFED);
        int r = pipeline_undecoded(p, spoofed ? PIPELINE_SPOOFED : "skipped", report);

        r = r || spoofed ? r : pipeline_say(p, WW_STR("record-skipped"), input->topic, WW_STR("see its raw message"));
        return r || !decode_types_redact(p->ruleset->types) ? r
                                                            : pipeline_redact(p, (struct ww_redaction){ &whole, 1 });
}

static int pipeline_drift(struct pipeline *p, struct ww_str topic, struct ww_str detail) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct ww_str sensor;
        int r;

        switch (decode_drift(p->decode, &sensor)) {
        case DECODE_DRIFT_NONE:
                return 0;
        case DECODE_DRIFT_BEGINS:
                buf_printf(&text, "another firmware? %.*s: %.*s", WW_STR_ARG(topic), WW_STR_ARG(detail));
                r = text.error;
                return r ? r : pipeline_say(p, WW_STR("sensor-drift"), sensor, buf_str(&text));
        case DECODE_DRIFT_ENDS:
                break;
        }
        return pipeline_say(p, WW_STR("sensor-understood"), sensor, WW_STR_NONE);
}

/* Other types forget what was not understood: they may be the cure, and if not, it will be said again. */
static int pipeline_drift_ends(struct pipeline *p) {
        struct ww_str sensor;
        int r = 0;

        for (size_t i = 0; !r && (sensor = decode_drifting(p->decode, i)).p; i++)
                r = pipeline_say(p, WW_STR("sensor-understood"), sensor, WW_STR("other sensor types are in force"));
        return r;
}

/* Takes the signature off. *ret_over: it was heard before, and is not decoded. Numbers count only where the signature
 * was checked: else whoever may publish on the topic could use up those of the device. */
static int pipeline_signed(struct pipeline *p, const struct ww_input *input, struct ww_str *payload, bool *ret_over) {
        static const struct decode_report none;
        enum signature_verdict verdict;
        struct signature s;
        bool tell;
        int r;

        *ret_over = false;
        if (!signature_split(*payload, &s))
                return 0;
        *payload = s.message;
        if (!(input->flags & WW_INPUT_SIGNED))
                return 0;
        r = signature_numbers_judge(p->numbers, input->topic, &s, input->time, &verdict, &tell);
        if (r || verdict == SIGNATURE_NEW || (verdict == SIGNATURE_AGAIN && input->flags & WW_INPUT_RETAINED))
                return r;
        *ret_over = true;
        r = pipeline_undecoded(p, verdict == SIGNATURE_OLD ? "replayed" : "repeated", &none);
        return r || !tell ? r
                          : pipeline_say(p, WW_STR("replayed-message"), input->topic,
                                         WW_STR("its number was passed before: somebody sends what he has recorded"));
}

static int pipeline_message(struct pipeline *p, const struct ww_input *input) {
        /* Event times are judged against journal time: it is the receive time of a clock that never runs back. */
        struct decode_message message = {
                .seq = input->seq,
                .time = input->time,
                .received = input->time,
                .topic = input->topic,
                .payload = input->payload,
                .retained = input->flags & WW_INPUT_RETAINED,
        };
        struct decode_report report = { 0 };
        bool over;
        int r;

        if (input->flags & WW_INPUT_SKIPPED)
                return pipeline_skipped(p, input, &report);
        r = pipeline_signed(p, input, &message.payload, &over);
        if (r || over)
                return r;
        r = decode_message(p->decode, &message, &report);
        if (r > 0)
                r = pipeline_undecoded(p, decode_outcome_name(r), &report);
        r = r ? r : pipeline_drift(p, input->topic, report.detail);
        return r ? r : pipeline_redact(p, decode_redaction(p->decode));
}

/* Whoever replays the record primes as it was primed then. */
static int pipeline_prime(struct pipeline *p, const struct ww_input *input, const struct ruleset *next,
                          struct prime **ret) {
        _cleanup_(prime_freep) struct prime *prime = NULL;
        struct ww_prime from;
        int r;

        if (!ww_prime_parse(input->id, &from))
                return 0;
        r = prime_new(&prime, p->ruleset, next, from.from_time);
        if (r || !prime)
                return r;
        r = prime_stand(prime, input->topic);
        if (!r && p->sink.prime)
                r = p->sink.prime(p->sink.userdata, prime, from.from_seq, input->seq);
        if (r)
                return r;
        *ret = prime;
        prime = NULL;
        return 0;
}

static int pipeline_swap(struct pipeline *p, struct ruleset *next, struct prime *prime, int64_t now) {
        struct correlate *shadow = NULL;
        int r = prime ? prime_take(prime, now, &shadow) : 0;

        if (!r) /* before the rules: what opens at the swap mutes at once */
                r = stages_set_mutes(p->alarms, next->rules, next->site, now);
        if (!r)
                r = pipeline_drift_ends(p);
        if (!r)
                r = decode_swap(p->decode, next->types);
        if (r)
                correlate_free(shadow);
        else
                r = correlate_swap(p->correlate, next->rules, shadow, now);
        if (!r)
                r = response_swap(p->response, next->response, next->site, now);
        if (!r)
                r = records_swap(p->records, next->records, next->site, now);
        if (r) { /* half swapped: the caller ends the process */
                ruleset_free(next);
                return r;
        }
        ruleset_free(p->ruleset);
        p->ruleset = next;
        return 0;
}

/* The next rule set and its priming: as offered, else out of the record. */
static int pipeline_next(struct pipeline *p, const struct ww_input *input, struct ruleset **ret,
                         struct prime **ret_prime) {
        struct diag diag = DIAG_INIT;
        int r = 0;

        *ret = p->next;
        *ret_prime = p->prime;
        p->next = NULL;
        p->prime = NULL;
        if (*ret)
                return 0;
        r = ruleset_decode(ret, input->payload, &diag);
        diag_deinit(&diag);
        if (!r && strcmp((*ret)->bundle.hash, p->ruleset->bundle.hash) != 0)
                r = pipeline_prime(p, input, *ret, ret_prime);
        return r > 0 ? -EBADMSG : r;
}

static int pipeline_reload(struct pipeline *p, const struct ww_input *input) {
        _cleanup_(prime_freep) struct prime *prime = NULL;
        struct ww_output output = { .type = WW_OUTPUT_RULESET };
        struct ruleset *next = NULL;
        int r = pipeline_next(p, input, &next, &prime);

        if (r || strcmp(next->bundle.hash, p->ruleset->bundle.hash) == 0)
                ruleset_free(next);
        else
                r = pipeline_swap(p, next, prime, input->time);
        if (r)
                return r;
        ruleset_describe(p->ruleset, &output.ruleset);
        output.ruleset.complete = pipeline_partial_until(p);
        return pipeline_put(p, &output);
}

static int pipeline_time(struct pipeline *p, const struct ww_input *input) {
        struct stages stages = { .decode = p->decode,
                                 .seq = input->seq,
                                 .correlate = p->correlate,
                                 .alarms = p->alarms,
                                 .response = p->response,
                                 .records = p->records,
                                 .clock = &p->now };

        return stages_time(&stages, input->time);
}

static int pipeline_take(struct pipeline *p, const struct ww_input *input) {
        switch (input->type) {
        case WW_INPUT_MESSAGE:
                return pipeline_message(p, input);
        case WW_INPUT_COMMAND:
                return pipeline_command(p, input);
        case WW_INPUT_RELOAD:
                return pipeline_reload(p, input);
        case WW_INPUT_NOTICE:
                return pipeline_notice(p, input);
        case WW_INPUT_TIME:
                return 0;
        }
        return -EBADMSG;
}

int pipeline_input(struct pipeline *p, const struct ww_input *input) {
        int r;

        p->input = input;
        p->n = 0;
        r = pipeline_time(p, input);
        if (!r)
                r = pipeline_take(p, input);
        return r ? r : records_tell(p->records, p->now);
}

void pipeline_offer(struct pipeline *p, struct ruleset *next, struct prime *prime) {
        prime_free(p->prime);
        ruleset_free(p->next);
        p->next = next;
        p->prime = prime;
}

int pipeline_stood(const struct pipeline *p, int64_t time, struct buf *out) {
        return prime_stood_put(p->correlate, p->ruleset->site, time, out);
}

int64_t pipeline_deadline(const struct pipeline *p) {
        int64_t correlate = correlate_deadline(p->correlate);
        int64_t alarms = alarms_deadline(p->alarms);

        int64_t decode = decode_deadline(p->decode);
        int64_t response = response_deadline(p->response);
        int64_t records = records_deadline(p->records);
        int64_t first = correlate < alarms ? correlate : alarms;

        first = response < first ? response : first;
        first = records < first ? records : first;
        return decode < first ? decode : first;
}

int64_t pipeline_absence(const struct pipeline *p, int64_t after, int64_t until) {
        return correlate_absence(p->correlate, after, until);
}

/* --- what others may look at --- */

const struct ruleset *pipeline_ruleset(const struct pipeline *p) {
        return p->ruleset;
}

const struct alarms *pipeline_alarms(const struct pipeline *p) {
        return p->alarms;
}

const struct response *pipeline_response(const struct pipeline *p) {
        return p->response;
}

const struct records *pipeline_records(const struct pipeline *p) {
        return p->records;
}

bool pipeline_mode_on(const struct pipeline *p, uint32_t mode) {
        return correlate_mode_on(p->correlate, mode);
}

int64_t pipeline_now(const struct pipeline *p) {
        return p->now;
}

bool pipeline_blind(const struct pipeline *p) {
        return p->blind;
}

int64_t pipeline_partial_until(const struct pipeline *p) {
        return correlate_partial_until(p->correlate);
}

struct ww_str pipeline_known_reply(const struct pipeline *p, struct ww_str actor, struct ww_str id) {
        return replies_find(p->replies, actor, id);
}

int pipeline_trace_rule(struct pipeline *p, struct ww_str rule, const struct correlate_trace *trace) {
        return correlate_trace_rule(p->correlate, rule, trace);
}

void pipeline_figures(const struct pipeline *p, struct pipeline_figures *ret) {
        decode_figures(p->decode, &ret->decode);
        correlate_figures(p->correlate, &ret->correlate);
        alarms_figures(p->alarms, &ret->alarms);
        ret->replies = replies_count(p->replies);
}

void pipeline_rule_figures(const struct pipeline *p, size_t rule, struct ww_str *ret_name,
                           struct correlate_rule_figures *ret) {
        correlate_rule_figures(p->correlate, rule, ret_name, ret);
}

void pipeline_meter(struct pipeline *p, int64_t (*clock)(void)) {
        correlate_meter(p->correlate, clock);
}

int64_t pipeline_watermark(const struct pipeline *p, int64_t now) {
        return correlate_watermark(p->correlate, now);
}

int pipeline_save(const struct pipeline *p, struct buf *out) {
        int r;

        buf_put_u8(out, p->blind);
        r = replies_save(p->replies, out);
        if (!r)
                r = decode_save(p->decode, out);
        if (!r)
                r = correlate_save(p->correlate, out);
        if (!r)
                r = alarms_save(p->alarms, out);
        if (!r)
                r = response_save(p->response, out);
        if (!r)
                r = records_save(p->records, out);
        if (!r)
                r = signature_numbers_save(p->numbers, out);
        return r ? r : out->error;
}

int pipeline_load(struct pipeline *p, struct rd *in) {
        int r;

        p->blind = rd_u8(in) != 0;
        r = replies_load(p->replies, in);
        if (!r)
                r = decode_load(p->decode, in);
        if (!r)
                r = correlate_load(p->correlate, in);
        if (!r)
                r = alarms_load(p->alarms, in);
        if (!r)
                r = response_load(p->response, in);
        if (!r && rd_left(in)) /* a snapshot of a version that kept none ends here */
                r = records_load(p->records, in);
        if (!r && rd_left(in)) /* nor of one that knew no signatures */
                r = signature_numbers_load(p->numbers, in);
        return in->failed ? -EBADMSG : r;
}
