#pragma once
/* What decoding tells whoever watches it; called only where DECODE_TRACED says so. See decode.h. */
#include "decode/run.h"

#define DECODE_TRACED(d) __builtin_expect((d)->trace != NULL, 0)

/** A message whose topic fits: its payload is in none of the message's formats. */
void decode_trace_unreadable(struct decode *d, const struct type_message *m, const struct topic_pattern *pattern);
/** …: one of its guards does not hold. */
void decode_trace_guarded(struct decode *d, const struct type_message *m, const struct topic_pattern *pattern);
/** …: it is this one. */
void decode_trace_taken(struct decode *d, const struct type_message *m, const struct topic_pattern *pattern);
/** An element of for_each is left out by `only`. */
void decode_trace_element(struct decode *d, const struct type_message *m);
/** Behind an entry of a message's events. `read`: it had something to tell; `told`: the sink has had it. */
void decode_trace_entry(struct decode *d, const struct type_message *m, const struct type_event *e,
                        struct ww_str device, bool read, bool told);
