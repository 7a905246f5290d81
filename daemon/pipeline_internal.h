#pragma once
/* Shared by pipeline.c (the flow), pipeline_command.c (operators' acts) and pipeline_notice.c (the system itself). */
#include "pipeline.h"
#include "replies.h"

struct pipeline {
        struct ruleset *ruleset, *next;
        struct prime *prime; /* of `next` */
        struct decode *decode;
        struct correlate *correlate;
        struct alarms *alarms;
        struct replies *replies;
        struct pipeline_sink sink;
        const struct ww_input *input; /* the one at work */
        uint32_t n;                   /* its outputs so far */
        bool blind;
};

/** Numbers the output and hands it to the sink. */
int pipeline_put(struct pipeline *p, struct ww_output *output);

int pipeline_command(struct pipeline *p, const struct ww_input *input);
int pipeline_notice(struct pipeline *p, const struct ww_input *input);
/** A notice's record and alarm; `name` from the table of notices. Unknown names are only recorded. */
int pipeline_say(struct pipeline *p, struct ww_str name, struct ww_str subject, struct ww_str text);
