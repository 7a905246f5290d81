#pragma once
/*
 * GET /metrics over HTTP on the loopback addresses, 127.0.0.1 and [::1], and nowhere else.
 *
 * Whoever is on this machine may ask, and nobody can hold the process up: a few connections at once, each for a few
 * seconds at most, whatever it sends or does not read; and what one question collected answers all of the same second.
 */
#include "base/metrics.h"

struct event_base;
struct metrics_http;

#define METRICS_HTTP_CONNECTIONS 8    /* at once; the next ones wait in the kernel's queue */
#define METRICS_HTTP_HEADERS     8192 /* bytes of a request */

struct metrics_http_options {
        const char *key; /* of the configuration, for messages: "metrics.engine" */
        int64_t port;    /* 0 = off: *ret is NULL */
        void *userdata;
        void (*collect)(void *userdata, struct metrics *m);
};

/** A port that is taken is no error: the log says so and what to do, and it is tried again every few seconds.
 *  0, or -ENOMEM. */
int metrics_http_new(struct metrics_http **ret, struct event_base *base, const struct metrics_http_options *options);
struct metrics_http *metrics_http_free(struct metrics_http *h);
