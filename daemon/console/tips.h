#pragma once
/* The form for hints (console.tips): who sees something tells it, without a name, a session or script. See tips.c. */
#include "console/console_internal.h"

struct tips;

/** *ret NULL: it is switched off. 0 or -ENOMEM. */
int tips_new(struct tips **ret, const struct config *config);
struct tips *tips_free(struct tips *t);
/** Is the path one of the form's? */
bool tips_path(const struct tips *t, const char *path);
/** Answers a request of such a path. */
void tips_begin(struct console *c, struct evhttp_request *request, struct http_connection *connection,
                const char *path);

struct tips_figures {
        uint64_t taken, refused, often, asked;
};
void tips_figures(const struct tips *t, struct tips_figures *ret);
