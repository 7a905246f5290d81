#pragma once
/* The stages on one clock. */
#include "alarm/alarm.h"
#include "correlate/correlate.h"
#include "decode/decode.h"
#include "records/records.h"
#include "response/response.h"

struct stages {
        struct decode *decode; /* NULL: events come from elsewhere */
        uint64_t seq;          /* of the input whose time it is */
        struct correlate *correlate;
        struct alarms *alarms;
        struct response *response; /* NULL: nobody responds */
        struct records *records;   /* NULL: none are kept */
        int64_t *clock; /* journal time: the deadline at which something fires, in the end `now`; it never runs back */
};

/** What is due until `now` fires in the order of its deadline, whichever stage it belongs to; of one deadline first
 * what correlation, the alarms, the response and the records have, then states that end by themselves. 0 or -errno. */
int stages_time(struct stages *s, int64_t now);
/** Puts the rules' mutes in force. 0 or -errno. */
int stages_set_mutes(struct alarms *alarms, const struct correlate_rules *rules, const struct site *site, int64_t now);
