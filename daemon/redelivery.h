#pragma once
/*
 * Telling a redelivery from a new message.
 *
 * MQTT QoS 1 is "at least once": what was committed here, but whose PUBACK the broker never took in, comes again after
 * a reconnect, with DUP and under its old packet identifier. So a message with DUP is one that we have if its
 * identifier and its bytes are those of one that is remembered here, and that has not come on this connection yet. DUP
 * alone does not say it (what was lost in the socket comes with DUP, too), and bytes alone do not (two presses of one
 * panic button are alike).
 *
 * Remembered are those that are in doubt: whose acks the broker has not shown to have read (ingress_acks_read). Of what
 * it has read it can send nothing again, but its identifiers are free, and what comes under one of them is new: a
 * broker that gives out the lowest free one sends each press of a quiet ward under the identifier 1, and one that was
 * killed and came back with an older state begins behind an older identifier. Such a broker may also know less of our
 * acks than it had told, and then sends again what is forgotten here. Nobody can tell that from a new message under the
 * old identifier, so it is taken a second time, rather than lost. And what comes without DUP under an identifier that
 * was given a short while ago shows that the ack of the one before it was read.
 *
 * Receive Maximum is no measure for what is in doubt, nor are the identifiers. Mosquitto 2.0.11 lets each ack that it
 * reads bring a whole Receive Maximum on its way if acks come in the order that MQTT wants, and of each client it reads
 * one packet for all that it writes meanwhile: of a backlog of 150,000 messages it had 20,000 out at a Receive Maximum
 * of 4,000, and all came again; with many publishers at full speed it is ever farther behind, and gives out identifiers
 * anew of which it has not read the ack.
 *
 * Its identifiers count up through 65,535 and round; some never come here (of our own topics, of what the broker
 * drops), so it is they that are counted. In doubt and of the newest half of all identifiers: a redelivery. One farther
 * away may stand beside a new message that carries its identifier, and is alike. Redeliveries come first and in order.
 * So behind one that is known the next one is known; and where there is none before it, one far away is what has come
 * if it is the only one that is alike. Two things can go wrong with more than 32,768 in doubt, in messages without a
 * number or a time of their own: where several are alike one is taken a second time, rather than lost; and if the
 * broker has read all, and what was lost in the socket is alike one that stands just one round of all identifiers
 * before it, then it counts as that one. And one with fewer: a broker that uses an identifier again at once, and a
 * message that is alike, within the second in which it is asked what it has read.
 */
#include "base/error.h"
#include <wardwatch/str.h>

struct redelivery;

struct redelivery_limits {
        uint32_t ids;  /* packet identifiers: 65,535, or fewer in tests */
        uint32_t near; /* an identifier was given a short while ago: of so many; half of them all at most */
        uint32_t max;  /* so many are remembered, then the oldest are forgotten */
};

/* 40 bytes each, as long as they are in doubt: 1 MiB in ordinary times, 40 MiB at worst */
#define REDELIVERY_LIMITS ((struct redelivery_limits){ .ids = 65535, .near = 32768, .max = 1 << 20 })

/** 0, -EINVAL, -ENOMEM. */
int redelivery_new(struct redelivery **ret, const struct redelivery_limits *limits);
struct redelivery *redelivery_free(struct redelivery *r);
DEFINE_CLEANUP(struct redelivery *, redelivery_free)

/* What ingress hands on is told here in its order, each message by one of these two: that is how they get the numbers
 * that ingress knows them by, from 1. */

/** A message is taken as `seq` of the journal (and is committed with this turn, or the process ends). `mid` 0: of
 *  QoS 0, it is only counted. `dup`: it came with DUP. */
void redelivery_note(struct redelivery *r, uint64_t seq, uint16_t mid, bool dup, struct ww_str topic,
                     struct ww_str payload);
/** For a message with DUP. True: it is in the journal already, and counted; acknowledge it and forget it. False: it is
 *  new; note it. */
bool redelivery_is(struct redelivery *r, uint16_t mid, struct ww_str topic, struct ww_str payload);
/** What was noted so far is of the process before this one: the next has number 1. */
void redelivery_begin(struct redelivery *r);
/** A new connection: what is remembered may come once more. */
void redelivery_connected(struct redelivery *r);
/** On this connection all redeliveries have come. A message without DUP says the same. */
void redelivery_past(struct redelivery *r);
/** The broker has read our acks for messages up to `number`. Without effect while something of an earlier connection,
 *  for which it does not speak, may still come. */
void redelivery_read(struct redelivery *r, uint64_t number);
/** The broker began a new session: identifiers begin anew, and nothing of before is redelivered. */
void redelivery_forget(struct redelivery *r);
/** The journal's number up to which nothing of this session is in doubt; `head` if nothing is. */
uint64_t redelivery_settled(struct redelivery *r, uint64_t head);
/** Messages in doubt. */
size_t redelivery_in_doubt(const struct redelivery *r);
