#pragma once
/*
 * Telling a redelivery from a new message.
 *
 * MQTT QoS 1 is "at least once": what was committed here, but whose PUBACK the broker never took in, comes again after
 * a reconnect, with DUP and under its old packet identifier. So a message with DUP is one that we have if it has the
 * identifier and the bytes of one that was noted, and stands where that stood. DUP alone does not say it (what was lost
 * in the socket comes with DUP, too), and bytes alone do not (two presses of one panic button are alike).
 *
 * Identifiers count up through 65,535 and round; which round it is follows from the order. Not every identifier comes
 * here: the broker gives some to our own topics, and to what it drops. So places are counted by identifiers, not by
 * messages. A connection begins with what the broker sends again, in its old order (MQTT 5, 4.6.0): the first one that
 * is known is of the newest REDELIVERY_WINDOW identifiers, and each one behind it stands behind that. The first one may
 * be new instead, all before it being acknowledged: then it carries the identifier of 65,535 before, which is outside
 * the window, unless the last thousands before it were all such that never come here.
 *
 * That all of which the broker may not know that we have it are in the window is ingress' part
 * (ingress_options.unread_max). Receive Maximum is no measure for how many those are:
 * Mosquitto 2.0.11 lets each ack that it reads bring a whole Receive Maximum on its way if acks come in the order that
 * MQTT wants. Of a backlog of 150,000 messages it had 20,000 out at a Receive Maximum of 4,000, and all came again.
 */
#include "base/error.h"
#include <wardwatch/str.h>

#define REDELIVERY_IDENTIFIERS 65535
#define REDELIVERY_WINDOW      63488 /* identifiers of one session */
/* Of a connection, those whose acks the broker may not have read. In the window there is room beside them for the turn
 * that takes more, and for the one before another connection's end. */
#define REDELIVERY_UNREAD 61440

struct redelivery;

/** The broker counts to `identifiers` (to REDELIVERY_IDENTIFIERS at most); `window`: less than that. 0, -EINVAL,
 *  -ENOMEM. */
int redelivery_new(struct redelivery **ret, uint32_t identifiers, uint32_t window);
struct redelivery *redelivery_free(struct redelivery *r);
DEFINE_CLEANUP(struct redelivery *, redelivery_free)

/** A message was taken (and is committed with this turn, or the process ends), in the order of the session. Not of one
 *  that came again: it stands where it stands. `connection`, here and below: another number for each; 0 = it is gone.
 */
void redelivery_note(struct redelivery *r, uint64_t connection, uint16_t mid, struct ww_str topic,
                     struct ww_str payload);
/** The broker began a new session: identifiers begin anew, and nothing of before is redelivered. */
void redelivery_forget(struct redelivery *r);
/** For a message with DUP. True: it is in the journal already; acknowledge it and forget it. False: note it. */
bool redelivery_is(struct redelivery *r, uint64_t connection, uint16_t mid, struct ww_str topic, struct ww_str payload);
