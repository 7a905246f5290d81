/*
 * How far the broker has read our acks.
 *
 * That an ack was written does not say that it was read, and until it is read the broker would send its message again.
 * A broker with a backlog for us may write for a long time before it reads. The engine can only remember so many
 * messages to tell their redeliveries by (redelivery.h), so how many are in doubt needs a limit.
 *
 * We ask: a message to ourselves behind the acks; when its PUBACK is here, they were read. That it comes back as a
 * message as well does no harm (it is one of our own topics). While the broker has a backlog its answer comes behind
 * all that is on its way, and there is no way to look past that. So if too many are in doubt the connection is ended in
 * order, and made again: when the broker closes its side it has read all (linger.c), and what it had on its way comes
 * again. Nothing of earlier connections needs to be counted: what is in doubt since then comes first.
 */
#include "ingress/ingress_internal.h"

#define READING_EVERY 4096                /* messages */
#define READING_LATER (4 * READING_EVERY) /* though the library is slower with two of ours unanswered (direct.c) */

static void reading_ask(struct ingress *i) {
        static const char words[] = "have you read our acks?";

        if (i->asking || i->unread < (i->unanswered ? READING_LATER : READING_EVERY))
                return;
        if (session_publish(i, &i->asking, i->fence_topic, ww_str(words), 1, false))
                i->asking = 0; /* at the next release again */
        else
                i->asked = i->unread;
}

void reading_answered(struct ingress *i, int mid) {
        if (!i->asking || mid != i->asking)
                return;
        i->asking = 0;
        i->unread -= i->asked;
}

static void reading_renew(struct ingress *i) {
        int fd = linger_hold(i);

        if (fd < 0)
                return;
        i->figures.renewals++;
        link_close(i);
        i->renewing = true;
        ingress_enter(i, INGRESS_CATCHING_UP, "connecting anew, so that the broker reads our acks");
        linger_begin(i, fd, LINGER_AT_RENEWAL);
}

void reading_released(struct ingress *i) {
        if (!i->connected_at || i->lost)
                return;
        i->unread += i->owed;
        i->owed = 0;
        if (i->unread >= i->unread_max && !link_want_write(i))
                reading_renew(i);
        else
                reading_ask(i);
}
