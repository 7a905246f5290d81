/*
 * The end of a connection that the broker is to have read to its last ack.
 *
 * A socket that is closed while something unread waits in it is reset. The broker finds that out when it writes, and no
 * longer reads what we had sent before: acks of what was committed. A broker that has a backlog for us writes most of
 * the time, so it could lose the acks of a whole connection, and send all of it again at the next one, and so on, until
 * a message comes so late that it is no longer known as a redelivery (redelivery.h).
 *
 * So our side is shut, what still comes is thrown away (it was not acknowledged, and comes again), and the next
 * connection begins when the broker has closed: then it has read all. It has LINGER_MAX for that.
 */
#include "base/clock.h"
#include "ingress/ingress_internal.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINGER_MAX  (5 * WW_SECOND)
#define LINGER_BITE (256 * 1024) /* bytes thrown away by one call */
#define LINGER_MEAL 64           /* bites, before others have their turn */

int linger_hold(const struct ingress *i) {
        return i->connected_at && i->fd >= 0 ? fcntl(i->fd, F_DUPFD_CLOEXEC, 3) : -1;
}

/* False: there is no more. */
static bool linger_drain(int fd) {
        ssize_t n = 1;

        for (int k = 0; k < LINGER_MEAL && n > 0; k++)
                n = recv(fd, NULL, LINGER_BITE, MSG_TRUNC | MSG_DONTWAIT);
        return n > 0 || (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

void linger_end(struct ingress *i) {
        if (i->linger)
                event_free(i->linger);
        i->linger = NULL;
        cleanup_closep(&i->linger_fd);
}

static void linger_readable(evutil_socket_t fd, short what, void *userdata) {
        struct ingress *i = userdata;
        int64_t now = clock_boot(), left = i->linger_until - now;
        struct timeval tv = { left / WW_SECOND, left % WW_SECOND };

        if (linger_drain(fd) && left > 0 && event_add(i->linger, &tv) == 0)
                return;
        linger_end(i);
        if (i->started && !i->paused && i->state == INGRESS_CLOSED)
                link_open(i, now);
}

void linger_begin(struct ingress *i, int fd) {
        const struct timeval at_once = { 0, 0 };

        linger_end(i);
        if (fd < 0)
                return;
        (void)shutdown(fd, SHUT_WR);
        i->linger_fd = fd;
        i->linger_until = clock_boot() + LINGER_MAX;
        i->linger = event_new(i->base, fd, EV_READ, linger_readable, i);
        if (!i->linger || event_add(i->linger, &at_once) < 0)
                linger_end(i);
}

void linger_wait(int fd, int64_t usec) {
        int64_t until = clock_boot() + usec;
        struct pollfd p = { .fd = fd, .events = POLLIN };

        if (fd < 0)
                return;
        (void)shutdown(fd, SHUT_WR);
        for (int64_t left = usec; left > 0 && linger_drain(fd); left = until - clock_boot())
                (void)poll(&p, 1, (int)(left / WW_MSEC) + 1);
        (void)close(fd);
}
