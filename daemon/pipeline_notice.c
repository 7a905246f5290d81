#include "pipeline_internal.h"

#include "notices.h"

#include <jansson.h>

#define SUBJECT_MAX 200  /* bytes; a topic, the longest subject there is, may have 64 KiB */
#define TEXT_MAX    1000 /* bytes */

/* At most `max` bytes of s, and no half character. */
static struct ww_str notice_cut(struct ww_str s, size_t max) {
        if (s.n <= max)
                return s;
        while (max && ((unsigned char)s.p[max] & 0xc0) == 0x80)
                max--;
        return (struct ww_str){ s.p, max };
}

/* An alarm of the system itself goes the way of all alarms, as a detection of a rule that no file defines. */
static int pipeline_raise(struct pipeline *p, const struct notice_kind *kind, struct ww_str subject,
                          struct ww_str text) {
        struct buf key = BUF_INIT, title = BUF_INIT;
        struct ww_detection detection = {
                .what = kind->form == NOTICE_ENDS ? WW_DETECTION_CLEAR : WW_DETECTION_RAISE,
                .flags = kind->form == NOTICE_INSTANT ? WW_DETECTION_INSTANT | WW_DETECTION_MANUAL : 0,
                .rule = ww_str(kind->rule),
                .hazard = WW_HAZARD_SYSTEM,
                .klass = WW_CLASS_GENERAL,
                .priority = kind->priority,
                .site = site_name(p->ruleset->site),
                .time = p->input->time,
        };
        int r;

        if (subject.n)
                buf_printf(&key, "subject=%.*s", WW_STR_ARG(subject));
        buf_puts(&title, kind->title);
        if (subject.n)
                buf_printf(&title, " (%.*s)", WW_STR_ARG(subject));
        if (text.n)
                buf_printf(&title, ": %.*s", WW_STR_ARG(text));
        detection.key = buf_str(&key);
        detection.title = buf_str(&title);
        r = key.error ? key.error : title.error;
        if (!r)
                r = alarms_detection(p->alarms, &detection, p->input->time);
        buf_deinit(&key);
        buf_deinit(&title);
        return r;
}

int pipeline_say(struct pipeline *p, struct ww_str name, struct ww_str subject, struct ww_str text) {
        const struct notice_kind *kind = notice_find(name);
        struct ww_output output = { .type = WW_OUTPUT_NOTICE };
        int r;

        subject = notice_cut(subject, SUBJECT_MAX);
        text = notice_cut(text, TEXT_MAX);
        output.notice = (struct ww_notice){ .name = name, .subject = subject, .text = text };
        r = pipeline_put(p, &output);

        if (r || !kind || kind->form == NOTICE_RECORD)
                return r;
        return pipeline_raise(p, kind, subject, text);
}

static int pipeline_set_blind(struct pipeline *p, bool blind, int64_t now) {
        if (p->blind == blind)
                return 0;
        p->blind = blind;
        return correlate_blind(p->correlate, blind, now);
}

/* Their numbers begin anew. */
static void pipeline_another_key(struct pipeline *p, const json_t *topics) {
        const json_t *topic;
        size_t i;

        json_array_foreach(topics, i, topic) signature_numbers_forget(p->numbers, ww_str(json_string_value(topic)));
}

int pipeline_notice(struct pipeline *p, const struct ww_input *input) {
        json_t *body = json_loadb(input->payload.p, input->payload.n, 0, NULL);
        const char *subject = json_string_value(json_object_get(body, "subject"));
        const char *text = json_string_value(json_object_get(body, "text"));
        int r = 0;

        if (ww_str_is(input->topic, "intake-blind"))
                r = pipeline_set_blind(p, true, input->time);
        else if (ww_str_is(input->topic, "intake-sighted"))
                r = pipeline_set_blind(p, false, input->time);
        else if (ww_str_is(input->topic, "signature-key"))
                pipeline_another_key(p, json_object_get(body, "topics"));
        if (!r)
                r = pipeline_say(p, input->topic, ww_str(subject), ww_str(text));
        json_decref(body);
        return r;
}
