#pragma once
/*
 * mosquitto_connect_async() looks names up with getaddrinfo(), which may hang for as long as a name server does. A
 * numeric address is connected at once; a name goes to a thread that makes this one call and says so through an
 * eventfd. The library object belongs to the thread meanwhile; a caller that has lost interest leaves it there.
 */
#include "base/error.h"
#include <event2/event.h>
#include <mosquitto.h>

struct connector;

/* `words`: what the library logged as an error, "" = nothing; borrowed. */
typedef void (*connector_done)(void *userdata, struct mosquitto *mosq, int rc, int error, const char *words);

/** True if `host` needs no name server. */
bool connector_is_numeric(const char *host);

/** Takes `mosq` over on success, until `done` hands it back (from the loop), with the library's code and its errno; its
 *  user data and its log callback are changed meanwhile, and the caller sets them anew. 0 or -errno. */
int connector_start(struct connector **ret, struct event_base *base, struct mosquitto *mosq, const char *host, int port,
                    int keepalive, connector_done done, void *userdata);
/** Forget it: `done` is not called any more; the object is destroyed as soon as the thread is through. */
struct connector *connector_abandon(struct connector *c);
