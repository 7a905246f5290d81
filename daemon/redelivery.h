#pragma once
/*
 * Telling a redelivery from a new message.
 *
 * MQTT QoS 1 is "at least once": what was committed here, but whose PUBACK the broker never took in, comes again after
 * a reconnect, with DUP and under its old packet identifier. So a message with DUP is one that we have if its
 * identifier and its bytes are those of one of the newest REDELIVERY_WINDOW messages of the session. DUP alone does not
 * say it (what was lost in the socket comes with DUP, too), and bytes alone do not (two presses of one panic button are
 * alike).
 *
 * Identifiers count up through 65,535 and round, so between two messages with one identifier at least 65,534 others
 * came: a new message cannot carry one of the window. That all of which the broker may not know that we have it are in
 * the window is ingress' part (ingress_options.unread_max). Receive Maximum is no measure for how many those are:
 * Mosquitto 2.0.11 lets each ack that it reads bring a whole Receive Maximum on its way if acks come in the order that
 * MQTT wants. Of a backlog of 150,000 messages it had 20,000 out at a Receive Maximum of 4,000, and all came again.
 */
#include "base/error.h"
#include <wardwatch/str.h>

#define REDELIVERY_WINDOW 65534 /* messages of one session */
/* Messages of a connection whose acks the broker may not have read. In the window there is room beside them for the
 * turn that takes more, and for the one before another connection's end. */
#define REDELIVERY_UNREAD 61440

struct redelivery;

/** `window`: 1 to REDELIVERY_WINDOW. 0, -EINVAL, -ENOMEM. */
int redelivery_new(struct redelivery **ret, uint32_t window);
struct redelivery *redelivery_free(struct redelivery *r);
DEFINE_CLEANUP(struct redelivery *, redelivery_free)

/** A message was taken (and is committed with this turn, or the process ends). Not of one that came again: it is as old
 *  as it is. */
void redelivery_note(struct redelivery *r, uint16_t mid, struct ww_str topic, struct ww_str payload);
/** The broker began a new session: identifiers begin anew, and nothing of before is redelivered. */
void redelivery_forget(struct redelivery *r);
/** For a message with DUP. True: it is in the journal already; acknowledge it and forget it. */
bool redelivery_is(const struct redelivery *r, uint16_t mid, struct ww_str topic, struct ww_str payload);
