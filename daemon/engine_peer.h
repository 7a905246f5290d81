#pragma once
/* Who is at the other end of the command socket, and what of it is his: engine_peer.c. */
#include "allowance.h"
#include "base/reporters.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct config;
struct engine_client;
struct engine_command;
struct engine_feed;

#define ENGINE_PEER_REPORTERS 4

struct engine_peer {
        uid_t uid;
        bool own;           /* root, or the daemon's own user */
        unsigned reporters; /* set of enum reporter: the workers that run as that user; all of them, if it is our own */
        unsigned roles;     /* of enum alarm_role, by the socket alone */
        char name[80];      /* "unix:root" */
};

struct engine_peers {
        uid_t reporters[ENGINE_PEER_REPORTERS]; /* (uid_t)-1: has no user of its own */
        struct allowance bytes;                 /* of users */
        struct allowance acts, acts_all;        /* that people always have: each, and together */
};

void engine_peers_init(struct engine_peers *p, const struct config *config);
/** Whom the kernel names. False: it names nobody. */
bool engine_peer_identify(const struct engine_feed *feed, int fd, struct engine_peer *ret);
/** Is there a place for one more connection of that user? */
bool engine_peer_place(const struct engine_feed *feed, const struct engine_peer *peer);
/** May that user have so many bytes written, of what is left to him? They are taken then. */
bool engine_peer_write(struct engine_feed *feed, const struct engine_peer *peer, size_t bytes);
/** One of the few acts that a person has in each time, however much was written. It is taken then. */
bool engine_peer_act(struct engine_feed *feed, const char *actor);
/** What came of a command, beside its own bytes, is charged to its user. */
void engine_peer_wrote(struct engine_feed *feed, const struct engine_command *command);
