#pragma once
/* Correlation, the alarm stage and the response on one clock. */
#include "alarm/alarm.h"
#include "correlate/correlate.h"
#include "response/response.h"

/** What is due until `now` fires in the order of its deadline, whichever stage it belongs to. `clock` is journal time
 *  meanwhile: the deadline at which something fires, in the end `now`; it never runs backwards. `response` NULL:
 *  there is none. 0 or -errno. */
int stages_time(struct correlate *correlate, struct alarms *alarms, struct response *response, int64_t *clock,
                int64_t now);
/** Puts the rules' mutes in force. 0 or -errno. */
int stages_set_mutes(struct alarms *alarms, const struct correlate_rules *rules, const struct site *site, int64_t now);
