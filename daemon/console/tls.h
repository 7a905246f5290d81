#pragma once
/* TLS 1.2 and newer for the console; the certificate can be taken anew while connections go on with the old one. */
#include "base/error.h"

struct bufferevent;
struct event_base;
struct tls;

/** PEM files; the paths are borrowed. 0, -EINVAL after telling in the log what is wrong, -ENOMEM. */
int tls_new(struct tls **ret, const char *cert, const char *key);
struct tls *tls_free(struct tls *t);
int tls_reload(struct tls *t);
/** The server's side of a connection whose socket is set later. NULL without memory. */
struct bufferevent *tls_bufferevent(struct tls *t, struct event_base *base);
