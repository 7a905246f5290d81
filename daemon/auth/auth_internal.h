#pragma once
/* Shared by auth.c (process and socket), auth_check.c (the console's question), auth_factor.c, auth_manage.c,
 * auth_tell.c. */
#include "auth/auth.h"
#include "auth/hashing.h"
#include "auth/throttle.h"
#include "auth/vault.h"
#include "base/jsonline.h"
#include "base/metrics_http.h"
#include "base/worker.h"

#include <event2/event.h>

#define AUTH_CLIENTS_MAX  32
#define AUTH_WAITING_MAX  256 /* checks that wait for their turn */
#define AUTH_SOURCE_MAX   4   /* of one source */
#define AUTH_PASSWORD_MAX 256 /* bytes */
#define AUTH_NAME_MAX     64
#define AUTH_SOURCE_BYTES 64

struct auth_client {
        struct auth_client *next;
        struct auth *auth;
        uint64_t number;
        struct jsonline *line;
        char actor[80]; /* "unix:root" */
        bool manages;
};

/* What is done when the password is right, and the second factor where there is one. */
enum auth_purpose {
        AUTH_CHECK,        /* nothing */
        AUTH_OWN_PASSWORD, /* another password of one's own */
        AUTH_NEW_FACTOR,   /* a secret is made, that one's own authenticator has to confirm */
        AUTH_NO_FACTOR,    /* another person's is taken away */
};

/* A check that waits. */
struct auth_check {
        struct auth_check *next; /* by `at` */
        int64_t at;              /* boot clock */
        uint64_t client;
        char id[129], name[AUTH_NAME_MAX + 1], source[AUTH_SOURCE_BYTES + 1], totp[16];
        char password[AUTH_PASSWORD_MAX + 1];
        enum auth_purpose purpose;
        char fresh[AUTH_PASSWORD_MAX + 1]; /* the other password */
        char of[AUTH_NAME_MAX + 1];        /* the other person */
};

#define AUTH_FACTORS_MAX 16
/* A secret that its person has seen, and has not confirmed yet. In memory only. */
struct auth_factor {
        char name[AUTH_NAME_MAX + 1]; /* "" = none */
        uint8_t secret[TOTP_SECRET_SIZE];
        int64_t until; /* boot clock */
        unsigned wrong;
};

struct auth {
        const struct config *config;
        struct event_base *base;
        struct worker *worker;
        struct evconnlistener *listener;
        struct event *turn;   /* the next check */
        struct event *second; /* what the engine is to be told; the status line */
        struct vault *vault;
        struct throttle *throttle;
        struct auth_client *clients;
        size_t n_clients;
        uint64_t next_number;
        struct auth_check *waiting;
        size_t n_waiting;
        struct auth_check *checked; /* that is being hashed; NULL = none */
        struct hashing *hashing;
        struct auth_factor factors[AUTH_FACTORS_MAX];
        char dummy[128]; /* a hash that nothing matches: who does not exist takes as long */
        struct metrics_http *metrics;
        uint64_t yes, no, totp, busy, throttled;
        struct jsonline *engine; /* NULL: not connected */
        int64_t told_at;         /* boot clock of the last notice without an answer; 0 = none */
};

void auth_send(struct auth_client *c, json_t *answer); /* stolen */
void auth_refuse(struct auth_client *c, const json_t *request, const char *name, const char *text, const char *cure);
struct auth_client *auth_client_find(struct auth *a, uint64_t number);
/** A text of the request, at most `max` bytes and at least one; NULL, after refusing, if it is none. */
const char *auth_text(struct auth_client *c, const json_t *request, const char *name, size_t max);
/** Letters, digits, `.`, `_`, `-`: what operators may be called. */
bool auth_name_good(const char *name);

/* auth_check.c */
void auth_check_ask(struct auth_client *c, const json_t *request);
void auth_check_turn(struct auth *a);
void auth_check_hashed(void *userdata, const struct hashing_work *work);
void auth_check_drop(struct auth *a); /* all that wait */

/* auth_factor.c */
/** After a check that was right: the answer with the secret. */
void auth_factor_new(struct auth *a, struct auth_client *c, const json_t *request, const char *name);
/** After a check of `by` that was right. */
void auth_factor_off(struct auth *a, struct auth_client *c, const json_t *request, const char *of, const char *by);
void auth_factor_confirm(struct auth_client *c, const json_t *request);
/** The only answer with a secret: to be shown once, to the person whose it is. */
json_t *auth_factor_answer(const json_t *request, const char *name, const uint8_t secret[TOTP_SECRET_SIZE]);

/* auth_manage.c */
/** False: it is none of these. */
bool auth_manage(struct auth_client *c, const char *cmd, const json_t *request);

/** After a change: answers that it is on disk, or refuses. `answer` is stolen. */
void auth_done(struct auth_client *c, const json_t *request, int e, json_t *answer);
void auth_who(struct auth_client *c, const json_t *request);

/* auth_key.c */
void auth_key_check(struct auth_client *c, const json_t *request);
void auth_key_add(struct auth_client *c, const json_t *request);
void auth_key_remove(struct auth_client *c, const json_t *request);
void auth_key_list(struct auth_client *c, const json_t *request);

/* auth_tell.c */
void auth_tell(struct auth *a); /* every second, and after a change */
