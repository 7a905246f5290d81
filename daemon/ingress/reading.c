/*
 * How far the broker has read our acks.
 *
 * That an ack was written does not say that it was read, and until it is read the broker would send its message again.
 * So we ask: a message to ourselves behind the acks; when its PUBACK is here, they were read. That it comes back as a
 * message as well does no harm (it is one of our own topics). While the broker has much on its way to us the answer
 * comes behind it, and nothing can be done about that: a connection that ends meanwhile, even in order, is one that a
 * busy broker takes long to read, and all that was on its way comes again. The engine remembers so much longer
 * (redelivery.h).
 */
#include "base/clock.h"
#include "ingress/ingress_internal.h"

#define READING_EVERY 4096                /* messages */
#define READING_LATER (4 * READING_EVERY) /* though the library is slower with two of ours unanswered (direct.c) */
/* For fewer. Not longer: a broker that uses an identifier again, and a message that is alike, are a redelivery as long
 * as the one before it is in doubt. */
#define READING_AGAIN WW_SECOND

static bool reading_is_due(const struct ingress *i) {
        if (i->unanswered)
                return i->unread >= READING_LATER;
        return i->unread >= READING_EVERY || (i->unread && i->state == INGRESS_LIVE && i->now >= i->ask_at);
}

void reading_ask(struct ingress *i) {
        static const char words[] = "have you read our acks?";

        if (!i->connected_at || i->lost || i->in_hand || i->asking || !reading_is_due(i))
                return;
        i->ask_at = i->now + READING_AGAIN;
        if (session_publish(i, &i->asking, i->fence_topic, ww_str(words), 1, false)) {
                i->asking = 0; /* later again */
                return;
        }
        i->asked = i->unread;
        i->asked_to = i->figures.messages;
}

void reading_answered(struct ingress *i, int mid) {
        if (!i->asking || mid != i->asking)
                return;
        i->asking = 0;
        i->unread -= i->asked;
        i->read = i->asked_to;
}

void reading_released(struct ingress *i, size_t n) {
        if (i->connected_at)
                i->unread += n;
        reading_ask(i);
}

/* What the broker had not read the acks of would have come before it. */
void reading_fence(struct ingress *i) {
        i->ask_at = i->now + READING_AGAIN;
        if (!i->unread && !i->in_hand)
                i->read = i->figures.messages;
}

uint64_t ingress_acks_read(const struct ingress *i) {
        return i->read;
}
