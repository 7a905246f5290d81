#pragma once
/*
 * libcurl on libevent: many transfers at once in one thread, none of which waits for another. Names are resolved in
 * threads of libcurl's own.
 */
#include "base/buf.h"

#include <curl/curl.h>

struct event_base;
struct web;
struct web_transfer;

int web_new(struct web **ret, struct event_base *base); /* once in a process. 0, -ENOMEM */
struct web *web_free(struct web *w);

struct web_result {
        CURLcode code;
        long status;        /* of HTTP or SMTP; 0 = none came */
        const char *answer; /* the answer's beginning, or libcurl's words */
        const char *line;   /* the last line of HTTP's head, or of what an SMTP server said; "" = none */
};

/** What every transfer has in common is set: time to connect, protocols, certificates checked, no redirects, no
 *  signals, no proxy. NULL without memory. `protocols`: "https,http". */
CURL *web_easy(const char *protocols, const char *url, const char *ca_file);
/** Begins; takes `easy`, `headers` (NULL = none; freed at the end) and the bytes of `body` over, which web_body points
 *  to. `ended` is called once, from the loop. 0 or -ENOMEM (all is freed then). */
int web_send(struct web *w, CURL *easy, struct curl_slist *headers, struct buf *body,
             void (*ended)(void *userdata, const struct web_result *result), void *userdata, struct web_transfer **ret);
/** Stops it without calling `ended`. */
void web_cancel(struct web_transfer *t);
/** For READFUNCTION: hands out the body of the transfer, which is the stream's argument. */
size_t web_read(char *to, size_t size, size_t n, void *stream);
