#pragma once
/* Shared by the files of the console: the process, and one call of a client. */
#include "base/clock.h"
#include "base/jsonline.h"
#include "base/span.h"
#include "config/config.h"
#include "console/auth.h"
#include "console/database.h"
#include "console/engine.h"
#include "console/http.h"
#include "console/live.h"
#include "console/session.h"
#include "console/work.h"
#include <wardwatch/time.h>

#include <event2/http.h>
#include <jansson.h>

struct pages;
struct stream;
struct tips;
struct worker;

enum role {
        ROLE_OPERATOR = 1 << 0,
        ROLE_SUPERVISOR = 1 << 1,
        ROLE_MAINTENANCE = 1 << 2,
        ROLE_AUDITOR = 1 << 3,
        ROLE_INTEGRATOR = 1 << 4,
        ROLE_ADMINISTRATOR = 1 << 5,
        ROLE_WALLBOARD = 1 << 6, /* a screen */
        ROLE_PUBLIC = 1 << 7,    /* nobody in particular */
        ROLE_ANYBODY = 1 << 8,   /* a person who is logged in, also one without a role; a key */
        ROLE_PROGRAM = 1 << 9,   /* a key, also one without a role */
        ROLE_UNTOLD = 1 << 10,   /* a person, while the engine has not told who has which role */
};
extern const char *const role_names[]; /* of bit 0, 1, … 5 */
#define ROLES_N 6

enum scope {
        SCOPE_NONE = 0, /* no key may */
        SCOPE_LIVE = 1 << 0,
        SCOPE_ACT = 1 << 1,
        SCOPE_HISTORY = 1 << 2,
        SCOPE_FIGURES = 1 << 3,
};
extern const char *const scope_names[]; /* of bit 0, 1, … */
#define SCOPES_N    4

#define INVITES_MAX 16
struct invite { /* a code for a screen */
        char code[33], title[72];
        int64_t until; /* wall clock */
};

#define KEYS_KNOWN 32
struct known_key { /* what the auth process said of a key, for a while */
        char hash[65], name[72];
        unsigned scopes;
        int64_t until; /* boot clock */
};

struct console {
        const struct config *config;
        struct event_base *base;
        struct worker *worker;
        int dir_fd; /* state.dir/console; borrowed */
        struct http *http;
        struct sessions *sessions;
        struct live *live;
        struct engine_link *engine;
        struct auth_link *auth;
        struct database *database; /* NULL: no history here */
        struct pages *pages;
        struct tips *tips; /* NULL: switched off */
        struct metrics_http *metrics;
        struct event *second, *beat, *flush, *helper;
        struct call *calls;
        struct stream *streams;
        struct export *exports;
        struct works *works;
        struct made *made;
        struct second *seconds;
        struct invite invites[INVITES_MAX];
        struct known_key keys[KEYS_KNOWN];
        size_t n_streams, next_key;
        json_t *site; /* the newest that the engine told; NULL = none */
        char site_hash[33];
        uint64_t last_second; /* number of a request */
        uint64_t streams_dropped, resets, lines, answered[6];
        uint64_t logins_yes, logins_no, logins_totp, logins_busy;
        bool users_due, users_asked; /* whose credentials are newer than their sessions: to be asked */
        bool database_up;
        bool helper_gone; /* and its keeper: nothing can be started any more */
};

/* --- who asks --- */

struct who {
        struct session *session; /* NULL: a key, or nobody; valid until the loop's next turn only */
        uint64_t number;         /* of the session; 0 = none */
        char name[72];
        unsigned roles;  /* of enum role */
        unsigned scopes; /* of a key */
        bool key;
};

/** What the operator of that name may, as the feed tells it; before it has, ROLE_UNTOLD. */
unsigned console_roles(const struct console *c, const char *name);
/** He may see what each person did: the audit, and what tells the same in another place. */
#define ROLES_AUDIT ((unsigned)(ROLE_AUDITOR | ROLE_ADMINISTRATOR))
/** What of the live state he does not see: a set of enum live_class. */
unsigned console_hidden(const struct who *who);
/** For the record; the engine has it as soon as it is there. */
void console_record(struct console *c, const char *name, const char *subject, const char *format, ...) _printf_(4, 5);

/* --- one call --- */

#define CALL_PARAM_SIZE 128

struct route;

/* Lives until it is answered; `request` and `connection` are NULL once the client is gone. */
struct call {
        struct call *next;
        struct console *console;
        struct evhttp_request *request;
        struct http_connection *connection;
        const struct route *route;
        struct who who;
        char source[HTTP_ADDRESS_SIZE];
        char param[CALL_PARAM_SIZE]; /* what stands for {…} in the path */
        char csrf[SESSION_CSRF_SIZE], token[SESSION_TOKEN_SIZE];
        struct evkeyvalq *query;
        json_t *body;                    /* NULL: a GET */
        void *state;                     /* of the handler */
        void (*gone)(struct call *call); /* the client went away before the answer; NULL: the answer is thrown away */
};

struct route {
        const char *method; /* GET or POST */
        const char *path;   /* below /api/v1; {…} is one part */
        unsigned roles;     /* set of enum role that may; 0 = nobody */
        unsigned scope;     /* of keys; SCOPE_NONE = none may */
        bool locked;        /* also while the session is locked */
        void (*run)(struct call *call);
        const char *summary;
};
extern const struct route routes[];
extern const size_t routes_n;

/* answer.c: each ends the call */
void api_answer(struct call *call, int code, json_t *body); /* stolen; NULL: no memory */
void api_text(struct call *call, int code, const char *type, const char *text, size_t n);
/** The bytes of a file as they are read; `name`: NULL, or what a browser calls it when it keeps it; `keep`: it shall.
 */
void api_file(struct call *call, const char *type, const char *name, bool keep, int fd, int64_t size);
void api_refuse(struct call *call, int code, const char *name, const char *text, const char *cure);
void api_done(struct call *call);
/** Its request goes to a stream; the caller ends with it by itself. */
void api_release(struct call *call);
void answer_headers(const struct console *c, struct evhttp_request *request, bool api);
void answer_cookie(struct call *call, const char *token, int64_t seconds);
void answer_plain(struct console *c, struct evhttp_request *request, int code, const char *name, const char *text,
                  const char *cure);

/* guard.c */
/** Everything that must hold before a route is looked for; false after answering. */
bool guard_request(struct console *c, struct evhttp_request *request);
bool guard_change(struct call *call, const char *type); /* of a POST; false after refusing */
/** Of a form without a session: it comes from our own page, as far as the browser says where from. */
bool guard_form(struct call *call);
bool guard_cookie(struct evhttp_request *request, char token[SESSION_TOKEN_SIZE]);
const char *guard_bearer(struct evhttp_request *request);

/* api.c */
void api_begin(void *userdata, struct evhttp_request *request, struct http_connection *connection);
/** A call that is no route's has none (NULL). NULL: no memory, or an address that cannot be read. */
struct call *api_call_new(struct console *c, struct evhttp_request *request, struct http_connection *connection,
                          const struct route *route, const char *param);
const char *api_query(const struct call *call, const char *name);
/** A text of the body of 1 to `max` bytes; NULL after refusing. */
const char *api_word(struct call *call, const char *name, size_t max);
bool api_number(struct call *call, json_int_t *ret); /* the path's; false after refusing */

/* stream.c */
void stream_begin(struct call *call);
void streams_flush(struct console *c); /* there are new lines, or all begin anew */
void streams_beat(struct console *c);
/** Of a session: an event; `end`: and that was it. */
void streams_session(struct console *c, uint64_t number, const char *data, bool end);
/** What the person of that name may has changed. */
void streams_rights(struct console *c, const char *name);
/** Those of the keys of that name end; NULL: of all keys. */
void streams_keys(struct console *c, const char *name);
void streams_end(struct console *c);

/* pages.c */
int pages_new(struct pages **ret, const char *folder);
struct pages *pages_free(struct pages *p);
void pages_answer(struct console *c, struct evhttp_request *request, const char *path);

/* on_*.c: the routes */
void on_login(struct call *call);
void on_logout(struct call *call);
void on_session(struct call *call);
void on_lock(struct call *call);
void on_unlock(struct call *call);
void on_password(struct call *call);
void on_factor(struct call *call);
void on_factor_confirm(struct call *call);
void on_factor_off(struct call *call);
void on_invite(struct call *call);
void on_wallboard(struct call *call);
void on_sessions(struct call *call);
void on_session_end(struct call *call);
void on_operators(struct call *call);
void on_live(struct call *call);
void on_alarm(struct call *call);
void on_incident(struct call *call);
void on_acts(struct call *call);
void on_act(struct call *call);
/** Sends it (stolen; NULL: no memory) and answers with what the engine says. */
void act_send(struct call *call, json_t *request);
/** Of an act that names a second person: asks that person (`request` is stolen). False: it names none. */
bool second_ask(struct call *call, json_t *request);
void on_requests(struct call *call);
void on_agree(struct call *call);
void on_refuse(struct call *call);
void on_history(struct call *call);
void on_moment(struct call *call);
void on_devices(struct call *call);
void on_audit(struct call *call);
void on_exports(struct call *call);
void on_export(struct call *call);
void on_export_progress(struct call *call);
void on_export_cancel(struct call *call);
void on_export_data(struct call *call);
void on_case(struct call *call);
void on_reports(struct call *call);
void on_report(struct call *call);
void on_unknown(struct call *call);
void on_draft(struct call *call);
void on_site(struct call *call);
void on_plan(struct call *call);
void on_figures(struct call *call);
void on_figure(struct call *call);
void on_records(struct call *call);
void on_records_of(struct call *call);
void on_rules(struct call *call);
void on_sensors(struct call *call);
void on_status(struct call *call);
void on_health(struct call *call);
void on_openapi(struct call *call);
json_t *console_beat(const struct console *c);
/** The site is asked for anew when another set came into force. */
void site_refresh(struct console *c);

/* --- rights.c --- */

/** A line of the feed that live.c has taken. */
void rights_line(struct console *c, const json_t *line);
void rights_turn(struct console *c); /* every second or so */
/** Of the users that the auth process told; borrowed, NULL: it is none. */
const json_t *users_find(const json_t *users, const char *name);
/** A list of the site; borrowed. NULL after refusing: it is not known yet. */
json_t *site_part(struct call *call, const char *part);
/** The entry of the list whose `key` is that name; borrowed, NULL: none. */
json_t *site_find(const json_t *list, const char *key, const char *name);
/** The zone and all below it: a list of names. */
json_t *site_below(const struct console *c, const char *zone);
void exports_turn(struct console *c);
void exports_free(struct console *c);
void made_free(struct console *c);
/** Those that waited when the process ended. */
void seconds_read(struct console *c);
void seconds_turn(struct console *c);
void seconds_free(struct console *c);
