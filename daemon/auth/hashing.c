#include "auth/hashing.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

/* A tenth of what the others get: where they want all of a core, a hash takes a second instead of a tenth. At 19 it
 * would take a minute, and whoever logs in to answer an alarm would give up. */
#define PRIORITY 10

struct hashing {
        struct hashing_work work; /* the thread's, while it is busy */
        pthread_t thread;
        int fd;
        struct event *event;
        bool busy;
        void (*done)(void *userdata, const struct hashing_work *work);
        void *userdata;
};

static void *run(void *userdata) {
        struct hashing *h = userdata;
        struct hashing_work *w = &h->work;
        const uint64_t one = 1;

        (void)setpriority(PRIO_PROCESS, 0, PRIORITY); /* Linux: of this thread */
        w->right = crypto_pwhash_str_verify(w->hash, w->password, strlen(w->password)) == 0;
        w->error = w->right && *w->fresh ? vault_hash(w->fresh, w->fresh_hash) : 0;
        sodium_memzero(w->password, sizeof w->password);
        sodium_memzero(w->fresh, sizeof w->fresh);
        (void)!write(h->fd, &one, sizeof one);
        return NULL;
}

static void join(struct hashing *h) {
        (void)pthread_join(h->thread, NULL);
        h->busy = false;
}

static void on_done(evutil_socket_t fd, short what, void *userdata) {
        struct hashing *h = userdata;
        struct hashing_work work;
        uint64_t n;

        (void)!read(fd, &n, sizeof n);
        join(h);
        work = h->work;
        sodium_memzero(&h->work, sizeof h->work);
        h->done(h->userdata, &work);
        sodium_memzero(&work, sizeof work);
}

int hashing_new(struct hashing **ret, struct event_base *base,
                void (*done)(void *userdata, const struct hashing_work *work), void *userdata) {
        struct hashing *h = calloc(1, sizeof *h);

        if (!h)
                return -ENOMEM;
        h->done = done;
        h->userdata = userdata;
        h->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        h->event = h->fd >= 0 ? event_new(base, h->fd, EV_READ | EV_PERSIST, on_done, h) : NULL;
        if (!h->event || event_add(h->event, NULL) < 0) {
                hashing_free(h);
                return -ENOMEM;
        }
        *ret = h;
        return 0;
}

struct hashing *hashing_free(struct hashing *h) {
        if (!h)
                return NULL;
        if (h->busy)
                join(h);
        if (h->event)
                event_free(h->event);
        if (h->fd >= 0)
                (void)close(h->fd);
        sodium_memzero(&h->work, sizeof h->work);
        free(h);
        return NULL;
}

bool hashing_busy(const struct hashing *h) {
        return h->busy;
}

int hashing_begin(struct hashing *h, const struct hashing_work *work) {
        int r;

        h->work = *work;
        r = pthread_create(&h->thread, NULL, run, h);
        if (r)
                sodium_memzero(&h->work, sizeof h->work);
        h->busy = r == 0;
        return -r;
}
