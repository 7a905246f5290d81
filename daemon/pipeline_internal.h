#pragma once
/* Shared by pipeline.c (the flow), pipeline_command.c and pipeline_lists.c (people's acts) and pipeline_notice.c (the
 * system itself). */
#include "pipeline.h"
#include "replies.h"
#include "signature.h"

#include <jansson.h>

struct pipeline {
        struct ruleset *ruleset, *next;
        struct prime *prime; /* of `next` */
        struct decode *decode;
        struct correlate *correlate;
        struct alarms *alarms;
        struct response *response;
        struct records *records;
        struct replies *replies;
        struct signature_numbers *numbers;
        struct pipeline_sink sink;
        const struct ww_input *input; /* the one at work */
        uint32_t n;                   /* its outputs so far */
        int64_t now;                  /* its time; of what fires before it, the deadline: never runs backwards */
        bool blind;
};

/** Numbers the output and hands it to the sink. */
int pipeline_put(struct pipeline *p, struct ww_output *output);

int pipeline_command(struct pipeline *p, const struct ww_input *input);
/** Journals the answer; `answer` is stolen, NULL is -ENOMEM. */
int pipeline_reply(struct pipeline *p, const struct ww_input *input, json_t *answer);
json_t *pipeline_ok(const struct ww_input *input);
json_t *pipeline_refused(const struct ww_input *input, const char *name, const char *text, const char *cure);
/* pipeline_lists.c: {"cmd": "mode", "name": …, "on": …} and {"cmd": "list", "name": …, "member": …, "add": …} */
int pipeline_mode(struct pipeline *p, const struct ww_input *input, json_t *body);
int pipeline_list(struct pipeline *p, const struct ww_input *input, json_t *body);
/* pipeline_event.c: {"cmd": "event", "kind": …, …} */
int pipeline_manual(struct pipeline *p, const struct ww_input *input, json_t *body);
int pipeline_tip(struct pipeline *p, const struct ww_input *input, json_t *body);
/* pipeline_records.c: what the records stage hears, tells and is asked */
struct records_sink pipeline_records_sink(struct pipeline *p);
int pipeline_record(struct pipeline *p, const struct ww_input *input, json_t *body);
/** A change of an incident or a disposition may make a record, the end of a notification move one. 0 or -errno. */
int pipeline_records_change(struct pipeline *p, const struct ww_change *change);
int pipeline_on_change(void *userdata, const struct ww_change *change);
/** Through correlation and all that follows. 0 or -errno. */
int pipeline_event(struct pipeline *p, const struct ww_event *event);
/** The response's word that a post is short of people, or not any more, as an event. */
int pipeline_staffing(void *userdata, const struct response_staffing *staffing);
int pipeline_notice(struct pipeline *p, const struct ww_input *input);
/** A notice's record and alarm; `name` from the table of notices. Unknown names are only recorded. */
int pipeline_say(struct pipeline *p, struct ww_str name, struct ww_str subject, struct ww_str text);
