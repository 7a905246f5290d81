#pragma once
/* An operator's act, from the JSON object that the command socket takes. */
#include <jansson.h>

#include "alarm/alarm.h"

struct alarm_verb {
        const char *name; /* "ack" */
        const char *args; /* what it says beside the alarm; a word in brackets may be left out */
        enum ww_cause cause;
        const char *help;
};

extern const struct alarm_verb alarm_verbs[];
extern const size_t alarm_verbs_n;
/** NULL: none of these. */
const struct alarm_verb *alarm_verb_find(const char *name);

/** The member "until": RFC 3339, or a span ahead of `now` ("2h"). *ret is left alone if there is none. 0, or -1 with
 *  what is wrong in `why`. */
int alarm_verb_until(json_t *body, int64_t now, int64_t *ret, char *why, size_t why_size);

/** `body`: {"cmd": verb, "alarm": N, "roles": set, …}; strings are borrowed from it. 0, or -1 with what is wrong in
 * `why`. */
int alarm_verb_parse(json_t *body, struct ww_str actor, int64_t now, struct alarm_act *ret, char *why, size_t why_size);
