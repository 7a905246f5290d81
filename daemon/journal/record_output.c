/* What was concluded: one put and one get for each output type, in one table. */
#include "journal/record_body.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define EVENT_FLAGS                                                                                                    \
        (WW_EVENT_RETAINED | WW_EVENT_LATE | WW_EVENT_CLOCK_SKEW | WW_EVENT_SUSPECT | WW_EVENT_EXERCISE |              \
         WW_EVENT_DUPLICATE | WW_EVENT_INITIAL)

/* bytes that one takes at least: an empty name and a missing value; an empty evidence; a span */
#define ATTR_LEAST     2
#define EVIDENCE_LEAST 6
#define SPAN_LEAST     3

/* --- event --- */

/* One list of the strings for both directions: the order is the format. */
#define EVENT_STRINGS(e)                                                                                               \
        { &(e)->kind, &(e)->site, &(e)->zone, &(e)->asset, &(e)->device, &(e)->sensor, &(e)->unit }

void record_put_event(struct buf *out, const struct ww_event *e) {
        const struct ww_str *const strings[] = EVENT_STRINGS(e);

        buf_put_var(out, e->index);
        buf_put_time(out, e->time);
        record_put_near(out, e->received, e->time);
        record_put_near(out, e->device_time, e->time);
        buf_put_u8(out, (uint8_t)e->state);
        buf_put_var(out, e->flags);
        for (size_t i = 0; i < COUNT(strings); i++)
                buf_put_str(out, *strings[i]);
        buf_put_value(out, e->value);
        buf_put_var(out, e->n_attrs);
        for (size_t i = 0; i < e->n_attrs; i++) {
                buf_put_str(out, e->attrs[i].name);
                buf_put_value(out, e->attrs[i].value);
        }
}

static int event_get_attrs(struct rd *in, struct arena *arena, struct ww_event *ret) {
        size_t n = record_get_count(in, ATTR_LEAST);
        struct ww_attr *attrs;

        if (n == 0)
                return 0;
        attrs = arena_array(arena, struct ww_attr, n);
        if (!attrs)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                attrs[i].name = rd_str(in);
                attrs[i].value = rd_value(in);
        }
        ret->attrs = attrs;
        ret->n_attrs = n;
        return 0;
}

int record_get_event(struct rd *in, struct arena *arena, struct ww_event *ret) {
        struct ww_str *const strings[] = EVENT_STRINGS(ret);

        ret->index = record_get_max(in, UINT32_MAX);
        ret->time = rd_time(in);
        ret->received = record_get_near(in, ret->time);
        ret->device_time = record_get_near(in, ret->time);
        ret->state = (enum ww_state)record_get_max(in, WW_STATE_PULSE);
        ret->flags = record_get_max(in, EVENT_FLAGS);
        ret->family = WW_FAMILY_NONE;
        ret->asset_index = UINT32_MAX;
        for (size_t i = 0; i < COUNT(strings); i++)
                *strings[i] = rd_str(in);
        ret->value = rd_value(in);
        return event_get_attrs(in, arena, ret);
}

/* --- transition --- */

static void transition_put_evidence(struct buf *out, const struct ww_transition *t) {
        buf_put_var(out, t->n_evidence);
        for (size_t i = 0; i < t->n_evidence; i++) {
                const struct ww_evidence *e = &t->evidence[i];

                buf_put_str(out, e->role);
                buf_put_var(out, e->seq);
                buf_put_var(out, e->index);
                buf_put_time(out, e->time);
                buf_put_str(out, e->device);
                buf_put_str(out, e->kind);
        }
}

static int transition_get_evidence(struct rd *in, struct arena *arena, struct ww_transition *ret) {
        size_t n = record_get_count(in, EVIDENCE_LEAST);
        struct ww_evidence *evidence;

        if (n == 0)
                return 0;
        evidence = arena_array(arena, struct ww_evidence, n);
        if (!evidence)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                evidence[i].role = rd_str(in);
                evidence[i].seq = rd_var(in);
                evidence[i].index = record_get_max(in, UINT32_MAX);
                evidence[i].time = rd_time(in);
                evidence[i].device = rd_str(in);
                evidence[i].kind = rd_str(in);
        }
        ret->evidence = evidence;
        ret->n_evidence = n;
        return 0;
}

void record_put_transition(struct buf *out, const struct ww_transition *t) {
        buf_put_u8(out, (uint8_t)t->cause);
        record_put_regions(out, &t->old_regions);
        buf_put_u8(out, (uint8_t)t->old_priority);
        buf_put_u8(out, t->annunciate);
        buf_put_str(out, t->actor);
        buf_put_str(out, t->reason);
        buf_put_time(out, t->time);
        record_put_alarm(out, &t->alarm);
        transition_put_evidence(out, t);
        buf_put_str(out, t->context);
}

int record_get_transition(struct rd *in, struct arena *arena, struct ww_transition *ret) {
        int r;

        ret->cause = (enum ww_cause)record_get_max(in, WW_CAUSE_MAX_ - 1);
        ret->old_regions = record_get_regions(in);
        ret->old_priority = (enum ww_priority)record_get_max(in, WW_PRIORITY_CRITICAL);
        ret->annunciate = record_get_max(in, 1);
        ret->actor = rd_str(in);
        ret->reason = rd_str(in);
        ret->time = rd_time(in);
        record_get_alarm(in, &ret->alarm);
        r = transition_get_evidence(in, arena, ret);
        if (!r && rd_left(in)) /* one of version 1 ends here */
                ret->context = rd_str(in);
        return r;
}

/* --- the table --- */

static void put_event(struct buf *out, const struct ww_output *o) {
        record_put_event(out, &o->event);
}

static int get_event(struct rd *in, struct arena *arena, struct ww_output *ret) {
        ret->event.seq = ret->seq;
        return record_get_event(in, arena, &ret->event);
}

static void put_transition(struct buf *out, const struct ww_output *o) {
        record_put_transition(out, &o->transition);
}

static int get_transition(struct rd *in, struct arena *arena, struct ww_output *ret) {
        return record_get_transition(in, arena, &ret->transition);
}

static void put_reply(struct buf *out, const struct ww_output *o) {
        buf_put_str(out, o->reply.id);
        buf_put_u8(out, o->reply.ok);
        buf_put_str(out, o->reply.body);
}

static int get_reply(struct rd *in, struct arena *arena, struct ww_output *ret) {
        ret->reply.id = rd_str(in);
        ret->reply.ok = record_get_max(in, 1);
        ret->reply.body = rd_str(in);
        return 0;
}

static void put_notice(struct buf *out, const struct ww_output *o) {
        buf_put_str(out, o->notice.name);
        buf_put_str(out, o->notice.subject);
        buf_put_str(out, o->notice.text);
}

static int get_notice(struct rd *in, struct arena *arena, struct ww_output *ret) {
        ret->notice.name = rd_str(in);
        ret->notice.subject = rd_str(in);
        ret->notice.text = rd_str(in);
        return 0;
}

static void put_undecoded(struct buf *out, const struct ww_output *o) {
        buf_put_str(out, o->undecoded.reason);
        buf_put_str(out, o->undecoded.sensor);
        buf_put_str(out, o->undecoded.detail);
}

static int get_undecoded(struct rd *in, struct arena *arena, struct ww_output *ret) {
        ret->undecoded.reason = rd_str(in);
        ret->undecoded.sensor = rd_str(in);
        ret->undecoded.detail = rd_str(in);
        return 0;
}

static void put_ruleset(struct buf *out, const struct ww_output *o) {
        buf_put_str(out, o->ruleset.hash);
        buf_put_var(out, o->ruleset.rules);
        buf_put_var(out, o->ruleset.sensors);
        buf_put_var(out, o->ruleset.assets);
        buf_put_var(out, o->ruleset.zones);
        record_put_near(out, o->ruleset.complete, 0);
}

static int get_ruleset(struct rd *in, struct arena *arena, struct ww_output *ret) {
        ret->ruleset.hash = rd_str(in);
        ret->ruleset.rules = record_get_max(in, UINT32_MAX);
        ret->ruleset.sensors = record_get_max(in, UINT32_MAX);
        ret->ruleset.assets = record_get_max(in, UINT32_MAX);
        ret->ruleset.zones = record_get_max(in, UINT32_MAX);
        ret->ruleset.complete = rd_left(in) ? record_get_near(in, 0) : WW_TIME_NONE;
        return 0;
}

static void put_change(struct buf *out, const struct ww_output *o) {
        record_put_change(out, &o->change);
}

static int get_change(struct rd *in, struct arena *arena, struct ww_output *ret) {
        record_get_change(in, &ret->change);
        return 0;
}

static void put_redaction(struct buf *out, const struct ww_output *o) {
        buf_put_var(out, o->redaction.n);
        for (size_t i = 0; i < o->redaction.n; i++) {
                buf_put_var(out, o->redaction.spans[i].at);
                buf_put_var(out, o->redaction.spans[i].n);
                buf_put_u8(out, (uint8_t)o->redaction.spans[i].form);
        }
}

static int get_redaction(struct rd *in, struct arena *arena, struct ww_output *ret) {
        size_t n = record_get_count(in, SPAN_LEAST);
        struct ww_redact_span *spans = arena_array(arena, struct ww_redact_span, n + 1);

        if (!spans)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                spans[i].at = record_get_max(in, UINT32_MAX);
                spans[i].n = record_get_max(in, UINT32_MAX);
                spans[i].form = (enum ww_redact_form)record_get_max(in, WW_REDACT_NUMBER);
                in->failed |= spans[i].form == 0;
        }
        ret->redaction = (struct ww_redaction){ spans, n };
        return 0;
}

static void put_publish(struct buf *out, const struct ww_output *o) {
        buf_put_str(out, o->publish.topic);
        buf_put_str(out, o->publish.payload);
        buf_put_u8(out, o->publish.qos);
        buf_put_u8(out, o->publish.retain);
}

static int get_publish(struct rd *in, struct arena *arena, struct ww_output *ret) {
        ret->publish.topic = rd_str(in);
        ret->publish.payload = rd_str(in);
        ret->publish.qos = (uint8_t)record_get_max(in, 1);
        ret->publish.retain = record_get_max(in, 1);
        return 0;
}

static const struct {
        void (*put)(struct buf *out, const struct ww_output *o);
        int (*get)(struct rd *in, struct arena *arena, struct ww_output *ret);
} output_bodies[] = {
        [WW_OUTPUT_EVENT] = { put_event, get_event },
        [WW_OUTPUT_TRANSITION] = { put_transition, get_transition },
        [WW_OUTPUT_REPLY] = { put_reply, get_reply },
        [WW_OUTPUT_NOTICE] = { put_notice, get_notice },
        [WW_OUTPUT_UNDECODED] = { put_undecoded, get_undecoded },
        [WW_OUTPUT_RULESET] = { put_ruleset, get_ruleset },
        [WW_OUTPUT_CHANGE] = { put_change, get_change },
        [WW_OUTPUT_REDACTION] = { put_redaction, get_redaction },
        [WW_OUTPUT_PUBLISH] = { put_publish, get_publish },
};

int ww_output_encode(const struct ww_output *output, struct buf *out) {
        size_t start = record_open(out, RECORD_OUTPUT, (uint8_t)output->type);

        buf_put_var(out, output->seq);
        buf_put_var(out, output->n);
        output_bodies[output->type].put(out, output);
        return record_seal(out, start);
}

int ww_output_decode(struct ww_str bytes, uint64_t seq, uint32_t n, struct arena *arena, struct ww_output *ret) {
        struct ww_output output = { 0 };
        struct rd in;
        uint8_t type;
        int r = record_unseal(bytes, RECORD_OUTPUT, &type, &in);

        if (r)
                return r;
        if (type >= COUNT(output_bodies) || !output_bodies[type].get)
                return RECORD_E_MALFORMED;
        output.type = (enum ww_output_type)type;
        output.seq = rd_var(&in);
        output.n = record_get_max(&in, UINT32_MAX);
        r = output_bodies[type].get(&in, arena, &output);
        r = r ? r : record_close(&in);
        if (r)
                return r;
        if (seq && (seq != output.seq || n != output.n))
                return RECORD_E_CHECKSUM;
        *ret = output;
        return 0;
}
