#pragma once
/* Shared by engine_feed.c (clients come and go), engine_peer.c (who they are, and what of the socket is theirs),
 * engine_verbs.c (what they say) and engine_follow.c (what followers and readers are sent). */
#include "engine_internal.h"
#include "engine_peer.h"

#define ENGINE_ROLES_ALL (~0U)

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
        struct engine_peer peer;
        enum engine_follow follow;
        uint64_t live_next; /* PAGING: the first key that it was not told yet */
        char reader[16];    /* "store", "notify"; "" = none */
        uint64_t told;      /* newest head that the reader was told */
        json_t *figures;    /* its own, as reported */
        int64_t reported;   /* boot clock */
        unsigned pending;   /* commands without an answer yet */
        uint64_t resets;
};

/* Why a request is not taken now, and may be later. */
enum engine_put_off {
        ENGINE_PUT_OFF_FULL,  /* the journal is */
        ENGINE_PUT_OFF_LEAN,  /* it nearly is, and this is a worker's or large */
        ENGINE_PUT_OFF_OFTEN, /* that user has had much written */
        ENGINE_PUT_OFF_BUSY,  /* too many wait */
        ENGINE_PUT_OFF_MAX_,
};

struct engine_feed {
        struct engine *engine;
        struct evconnlistener *listener;
        struct engine_client *clients;
        struct engine_peers peers;
        char *path;
        uint64_t next_number;
        size_t n, n_followers;
        uint64_t refused, accepted, resets;
        uint64_t lost;                                    /* answers that did not fit */
        uint64_t put_off[ENGINE_PUT_OFF_MAX_], too_large; /* requests */
};

/** Is such an output told to followers, and the body of its line. */
bool engine_line_told(enum ww_output_type type);
json_t *engine_line_body(const struct ww_output *output);

/** One request: a handler of struct jsonline_handlers, whose userdata is the client. */
/** The answer to a command that found no room in the journal at its turn; malloc'd, NULL = no memory. */
char *engine_verbs_full(struct engine_feed *feed, const char *id);
void engine_verbs_line(void *userdata, struct jsonline *line, json_t *request);
/** Of enum alarm_role: what the operator of that name may; 0 = there is none. */
unsigned engine_verbs_roles(const struct engine *e, const char *operator);
void engine_verbs_metrics(const struct engine_feed *feed, struct metrics *m);

void engine_follow_start(struct engine_client *c, json_t *request);
void engine_follow_drained(struct engine_client *c);
void engine_follow_lines(struct engine_feed *feed);
void engine_follow_heads(struct engine_feed *feed);
