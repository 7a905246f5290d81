#pragma once
/* A replay's alarms, for people and for programs. */
#include <wardwatch/record.h>

#include <stdio.h>

struct replay_print {
        bool json, evidence;
        int64_t from; /* what changed before is not told; NONE */
        uint64_t messages, events, undecoded, raised, again, cleared, other;
};

/** For struct replay_side_options: counts, and prints what is a change of an alarm. 0 or -errno. */
int replay_print_output(void *userdata, const struct ww_output *output);
/** Bytes from a device, on a terminal. */
void replay_print_str(struct ww_str s);
/** 0, or -EPIPE where nobody takes what is printed. */
int replay_print_flush(void);
