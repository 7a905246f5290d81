#include "ingress/connector.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct connector {
        atomic_int references; /* the loop's and the thread's; the last one frees */
        struct event *event;   /* the loop's alone */
        connector_done done;
        void *userdata;

        struct mosquitto *mosq;
        char *host;
        int port, keepalive;
        int fd;
        int rc, error; /* these three are written before the eventfd, and read after it */
        char words[256];
};

bool connector_is_numeric(const char *host) {
        struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM };
        struct addrinfo *list = NULL;

        if (getaddrinfo(host, NULL, &hints, &list) != 0)
                return false;
        freeaddrinfo(list);
        return true;
}

static void connector_unref(struct connector *c) {
        if (atomic_fetch_sub(&c->references, 1) != 1)
                return;
        if (c->mosq)
                mosquitto_destroy(c->mosq);
        if (c->fd >= 0)
                close(c->fd);
        free(c->host);
        free(c);
}

static void on_log(struct mosquitto *mosq, void *userdata, int level, const char *line) {
        struct connector *c = userdata;

        if (level == MOSQ_LOG_ERR && !c->words[0])
                snprintf(c->words, sizeof(c->words), "%s", line);
}

static void *connector_thread(void *userdata) {
        struct connector *c = userdata;
        uint64_t one = 1;

        c->rc = mosquitto_connect_async(c->mosq, c->host, c->port, c->keepalive);
        c->error = errno;
        while (write(c->fd, &one, sizeof(one)) < 0 && errno == EINTR)
                ;
        connector_unref(c);
        return NULL;
}

static void connector_ready(evutil_socket_t fd, short what, void *userdata) {
        struct connector *c = userdata;
        struct mosquitto *mosq;
        uint64_t one;

        if (read(fd, &one, sizeof(one)) < 0) {
                event_add(c->event, NULL);
                return;
        }
        mosq = c->mosq;
        c->mosq = NULL;
        event_free(c->event);
        c->event = NULL;
        c->done(c->userdata, mosq, c->rc, c->error, c->words);
        connector_unref(c);
}

static int connector_launch(struct connector *c) {
        sigset_t all, old;
        pthread_attr_t attributes;
        pthread_t thread;
        int r;

        sigfillset(&all);
        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        atomic_fetch_add(&c->references, 1);
        mosquitto_user_data_set(c->mosq, c);
        mosquitto_log_callback_set(c->mosq, on_log);
        pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the loop's */
        r = pthread_create(&thread, &attributes, connector_thread, c);
        pthread_sigmask(SIG_SETMASK, &old, NULL);
        pthread_attr_destroy(&attributes);
        if (r)
                atomic_fetch_sub(&c->references, 1);
        return -r;
}

static int connector_prepare(struct connector *c, struct event_base *base, const char *host) {
        c->host = strdup(host);
        if (!c->host)
                return -ENOMEM;
        c->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (c->fd < 0)
                return -errno;
        c->event = event_new(base, c->fd, EV_READ, connector_ready, c);
        if (!c->event || event_add(c->event, NULL) < 0)
                return -ENOMEM;
        return 0;
}

struct connector *connector_abandon(struct connector *c) {
        if (!c)
                return NULL;
        if (c->event)
                event_free(c->event);
        c->event = NULL;
        connector_unref(c);
        return NULL;
}

int connector_start(struct connector **ret, struct event_base *base, struct mosquitto *mosq, const char *host, int port,
                    int keepalive, connector_done done, void *userdata) {
        struct connector *c = calloc(1, sizeof(*c));
        int r;

        if (!c)
                return -ENOMEM;
        *c = (struct connector){
                .done = done, .userdata = userdata, .mosq = mosq, .port = port, .keepalive = keepalive, .fd = -1
        };
        atomic_init(&c->references, 1);
        r = connector_prepare(c, base, host);
        if (!r)
                r = connector_launch(c);
        if (r) {
                c->mosq = NULL; /* stays the caller's */
                connector_abandon(c);
                return r;
        }
        *ret = c;
        return 0;
}
