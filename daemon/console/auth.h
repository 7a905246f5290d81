#pragma once
/* The console's connection to the process that knows the passwords. */
#include "base/error.h"
#include <jansson.h>
#include <stdbool.h>

struct auth_link;
struct event_base;

#define AUTH_WAITING_MAX 256
#define AUTH_ANSWER_TIME (120 * WW_SECOND) /* the throttle makes wait, and so does a busy machine */
#define AUTH_AWAY_TIME   (20 * WW_SECOND)  /* it was killed and comes back, or it does not */

/* NULL: no answer came. Borrowed. */
typedef void (*auth_answer)(void *userdata, const json_t *answer);

/** `path`: of its socket, "" = there is no such process; connected when something is asked. */
int auth_link_new(struct auth_link **ret, struct event_base *base, const char *path);
struct auth_link *auth_link_free(struct auth_link *l);
/** As engine_link_ask. When it was away in between it is asked again, unless it changes something. */
void auth_link_ask(struct auth_link *l, json_t *request, auth_answer answer, void *userdata);
