#pragma once
/*
 * The store's connection to the engine's command socket: it is told the journal's head, and tells how far it has come
 * and what people should know. Comes back by itself when the engine does; without it the store works on.
 */
#include "store/outbox.h"

#include <jansson.h>

struct event_base;
struct link;
struct metrics;

struct link_checkpoint {
        uint64_t number, seq; /* its number, and the last input that it covers */
        char *text;           /* as it is published */
};

struct link_handlers {
        void *userdata;
        void (*head)(void *userdata, uint64_t seq);
        /* How far the database has come; false: not known yet. *ret_figures: for people, with everything else. */
        bool (*position)(void *userdata, uint64_t *ret_seq, json_t **ret_figures);
        /* A checkpoint newer than c->number; c->text is then the caller's. False: there is none. */
        bool (*checkpoint)(void *userdata, struct link_checkpoint *c);
        /* The engine stops, and would publish a checkpoint up to this input before it does. */
        void (*last)(void *userdata, uint64_t seq);
};

/** `path`: the socket. Tries to connect every second while it is not. */
int link_new(struct link **ret, struct event_base *base, const char *path, struct outbox *outbox,
             const struct link_handlers *handlers);
/** The cursor has moved, or a checkpoint was signed: tells the engine now and not with the next second. */
void link_report(struct link *l);
/** Whether it is connected, and what waits for the engine. */
void link_metrics(const struct link *l, struct metrics *m);
struct link *link_free(struct link *l);
DEFINE_CLEANUP(struct link *, link_free)
