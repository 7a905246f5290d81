#pragma once
/*
 * Telling a redelivery from a new message.
 *
 * MQTT QoS 1 is "at least once": what was committed here, but whose PUBACK the broker never took in, comes again after
 * a reconnect, with DUP and under its old packet identifier. So a message with DUP is one that we have if its
 * identifier and its bytes are those of one of the newest REDELIVERY_WINDOW committed messages of the session. DUP
 * alone does not say it (what was lost in the socket comes with DUP, too), and bytes alone do not (two presses of one
 * panic button are alike).
 *
 * Identifiers count up through 65,535 and round, so a new message cannot carry one of the newest 32,768. Receive
 * Maximum is no measure for the window: with `max_inflight_messages 0`, Mosquitto 2.0.11 was seen with 16,681 messages
 * out, unacknowledged, at a Receive Maximum of 1,000.
 */
#include "base/error.h"
#include <wardwatch/str.h>

#define REDELIVERY_WINDOW 32768 /* messages of one session; half of all packet identifiers */

struct redelivery;

/** `window`: 1 to REDELIVERY_WINDOW. 0, -EINVAL, -ENOMEM. */
int redelivery_new(struct redelivery **ret, uint32_t window);
struct redelivery *redelivery_free(struct redelivery *r);
DEFINE_CLEANUP(struct redelivery *, redelivery_free)

/** A message was taken (and is committed with this turn, or the process ends). */
void redelivery_note(struct redelivery *r, uint16_t mid, struct ww_str topic, struct ww_str payload);
/** The broker began a new session: identifiers begin anew, and nothing of before is redelivered. */
void redelivery_forget(struct redelivery *r);
/** For a message with DUP. True: it is in the journal already; acknowledge it and forget it. */
bool redelivery_is(const struct redelivery *r, uint16_t mid, struct ww_str topic, struct ww_str payload);
