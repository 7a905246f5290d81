#pragma once
/*
 * Telling a redelivery from a new message.
 *
 * MQTT QoS 1 is "at least once": what was committed here, but whose PUBACK the broker never saw, comes again after a
 * reconnect. The broker redelivers first, in the old order, under the old packet identifiers, and never has more than
 * Receive Maximum messages out. So, from a connect with "session present" until the first message that we do not
 * know, a message is a redelivery if its identifier and its bytes are those of one of the newest `window` committed
 * messages of the session. Identifiers count up through 65,535, so a new message cannot carry one of the newest
 * `window` as long as the window is much smaller than that. libmosquitto does not hand on the DUP flag; it would
 * not help either, since it does not say whether we had committed.
 */
#include "base/error.h"
#include <wardwatch/str.h>

struct redelivery;

/** `window`: twice the Receive Maximum; 1 to 16384. */
int redelivery_new(struct redelivery **ret, uint32_t window);
struct redelivery *redelivery_free(struct redelivery *r);
DEFINE_CLEANUP(struct redelivery *, redelivery_free)

/** A message was taken (and is committed with this turn, or the process ends). */
void redelivery_note(struct redelivery *r, uint16_t mid, struct ww_str topic, struct ww_str payload);
/** Connected. session_present = false: the broker knows nothing of before, and neither do we any more. */
void redelivery_connected(struct redelivery *r, bool session_present);
/** True: it is in the journal already. Acknowledge it and forget it. */
bool redelivery_is(struct redelivery *r, uint16_t mid, struct ww_str topic, struct ww_str payload);
