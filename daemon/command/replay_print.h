#pragma once
/* A replay's alarms, for people and for programs. */
#include <wardwatch/record.h>

#include <jansson.h>
#include <stdio.h>

struct replay_print {
        bool json, evidence;
        int64_t from; /* what changed before is not told; NONE */
        uint64_t messages, events, undecoded, raised, again, cleared, other;
};

/** For struct replay_side_options: counts, and prints what is a change of an alarm. 0 or -errno. */
int replay_print_output(void *userdata, const struct ww_output *output);
/** One change in a line, as `wardwatch alarms --follow` shows it; `evidence`: with the events that brought it. */
void replay_print_transition(const struct ww_transition *t, bool evidence);
/** A line of JSON (stolen). 0 or -errno. */
int replay_print_json(json_t *line);
/** Bytes from a device, on a terminal. */
void replay_print_str(struct ww_str s);
/** 0, or -EPIPE where nobody takes what is printed. */
int replay_print_flush(void);
