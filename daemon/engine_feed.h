#pragma once
/* Shared by engine_feed.c (clients and verbs) and engine_follow.c (what followers and readers are sent). */
#include "engine_internal.h"

enum engine_follow {
        FOLLOW_NOT,
        FOLLOW_PAGING, /* gets the live state page by page, and every line */
        FOLLOW_LIVE,   /* gets every line */
        FOLLOW_BEHIND, /* its queue is full: gets a reset and the live state when it has drained */
};

struct engine_client {
        struct engine_client *next;
        struct engine *engine;
        uint64_t number;
        struct jsonline *line;
        char actor[80]; /* "unix:root" */
        unsigned roles; /* of enum alarm_role */
        bool worker;    /* runs as a worker's user: may say notices and report */
        bool speaks;    /* for operators, who logged in with it: the console */
        enum engine_follow follow;
        uint64_t live_next; /* PAGING: the first key that it was not told yet */
        char reader[16];    /* "store"; "" = none */
        uint64_t told;      /* newest head that the reader was told */
        json_t *figures;    /* its own, as reported */
        int64_t reported;   /* boot clock */
        unsigned pending;   /* commands without an answer yet */
        uint64_t resets;
};

struct engine_feed {
        struct engine *engine;
        struct evconnlistener *listener;
        struct engine_client *clients;
        char *path;
        uint64_t next_number;
        size_t n, n_followers;
        uint64_t refused, accepted, resets;
        uint64_t lost; /* answers that did not fit */
        uint64_t busy; /* requests that found no room */
};

/** Is such an output told to followers, and the body of its line. */
bool engine_line_told(enum ww_output_type type);
json_t *engine_line_body(const struct ww_output *output);

void engine_follow_start(struct engine_client *c, json_t *request);
void engine_follow_drained(struct engine_client *c);
void engine_follow_lines(struct engine_feed *feed);
void engine_follow_heads(struct engine_feed *feed);
