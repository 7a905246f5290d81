#pragma once
/*
 * The console's two connections to the engine's command socket: one that follows the feed, one that asks and commands.
 * A full feed can so never hold an answer up. Both come back by themselves.
 */
#include "base/error.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct engine_link;

#define ENGINE_WAITING_MAX  1000 /* questions without an answer */
#define ENGINE_NOTICES_MAX  1000 /* of the record, while the engine is away */
#define ENGINE_ANSWER_TIME  (10 * WW_SECOND)
#define ENGINE_SILENCE_TIME (5 * WW_SECOND) /* without a word from it, it is not there */

/* NULL: no answer came, or there is no engine. Borrowed. */
typedef void (*engine_answer)(void *userdata, const json_t *answer);

struct engine_handlers {
        void *userdata;
        void (*line)(void *userdata, const json_t *line); /* of the feed */
        void (*reset)(void *userdata);                    /* forget everything */
        const char *(*at)(void *userdata);                /* newest line that was taken; "" = none */
        void (*past)(void *userdata, const json_t *lines);
        void (*changed)(void *userdata); /* it came, or went */
};

struct engine_figures {
        size_t waiting, notices;
        uint64_t refused, notices_lost;
};

int engine_link_new(struct engine_link **ret, struct event_base *base, const char *path,
                    const struct engine_handlers *handlers);
struct engine_link *engine_link_free(struct engine_link *l); /* answers all that wait, with NULL */
/** It answers, and its feed is followed. */
bool engine_link_up(const struct engine_link *l);
/** µs since it was heard; -1 = never. */
int64_t engine_link_age(const struct engine_link *l);
/** Sends `request` (stolen; with an "id" of the caller's, or one is made up). The answer, or NULL, always comes,
 * perhaps before this returns. */
void engine_link_ask(struct engine_link *l, json_t *request, engine_answer answer, void *userdata);
/** Is a request of that id on its way? */
bool engine_link_busy(const struct engine_link *l, const char *id);
/** Something for the record, as soon as the engine is there. */
void engine_link_notice(struct engine_link *l, const char *name, const char *subject, const char *text);
/** The newest answer to `status`, NULL = none yet. Borrowed. */
const json_t *engine_link_status(const struct engine_link *l);
void engine_link_figures(const struct engine_link *l, struct engine_figures *ret);
