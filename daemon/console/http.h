#pragma once
/*
 * The console's HTTP server: evhttp, with the bounds that it lacks.
 *
 * Connections in all and of one address, bytes of headers and body, a deadline for a whole request, and what a browser
 * never sends (Transfer-Encoding, two lengths, absolute addresses): who goes beyond is answered or cut off here, and
 * the routes never hear of it.
 */
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct evhttp_request;
struct http;
struct http_connection;

#define HTTP_HEADERS_MAX  16384 /* bytes */
#define HTTP_BODY_MAX     65536 /* bytes */
#define HTTP_REQUEST_TIME 10    /* s, from a request's first byte to its last */
#define HTTP_IDLE_TIME    75    /* s, between two requests of a connection */
#define HTTP_ADDRESS_SIZE 48

struct http_options {
        int fd;                         /* of http_bind; taken over once it listens */
        const char *tls_cert, *tls_key; /* "" = plain */
        size_t connections, connections_per_address;
        void *userdata;
        void (*request)(void *userdata, struct evhttp_request *request, struct http_connection *connection);
};

struct http_figures {
        size_t connections;
        uint64_t turned_away_address, turned_away_slow, turned_away_files;
};

/** A socket at an address such as 127.0.0.1:8080 or [::]:443, which nobody listens to yet: before the user changes, who
 *  may not have ports below 1024. Descriptor, or -errno after telling in the log. */
int http_bind(const char *where);
/** One in a process. 0, or -errno after telling in the log. */
int http_new(struct http **ret, struct event_base *base, const struct http_options *options);
struct http *http_free(struct http *h);
/** Certificate and key anew; the old ones stay if those cannot be taken. 0 or -EINVAL after telling. */
int http_reload(struct http *h);
bool http_is_tls(const struct http *h);
void http_figures(const struct http *h, struct http_figures *ret);

/* --- of one connection --- */

/** The other side's address, without the port. */
const char *http_connection_address(const struct http_connection *c);
/** Told once when the connection ends before its request was answered; NULL: nobody. */
void http_connection_watch(struct http_connection *c, void (*closed)(void *userdata), void *userdata);
/** While an answer takes long: the other side's end is seen, and told to who watches. */
void http_connection_attend(struct http_connection *c);
/** From here on it is a stream: no deadline, little memory, its end is seen. */
void http_connection_stream(struct http_connection *c);
/** Bytes on their way to the other side. */
size_t http_connection_queued(const struct http_connection *c);
/** Cuts it off: its end comes from the loop. */
void http_connection_cut(struct http_connection *c);
