/*
 * The command socket: RUN_DIR/wardwatch.sock, one JSON object per line each way (base/jsonline.h).
 *
 * Who speaks is told by the kernel (peer credentials), and is an actor by the name of "unix:USER". root and the
 * daemon's own user may do everything; members of command.group are operators; the workers' users may report. An
 * operator of that very name ("unix:alice") may besides what the operator's roles say. The console's user speaks for
 * those who have logged in: "as" names the operator, who may what his roles say, and nothing else. Anybody may open the
 * socket, which two groups (operators and the store's) could not share otherwise; who is none of these is closed before
 * a byte of theirs is read.
 *
 * A request names its verb in "cmd", and carries an "id" of the client's choice if it changes something: a repeat gets
 * the first answer. Verbs that change something wait for the next turn and are answered after its commit; the others
 * are answered at once.
 */
#include "engine_feed.h"

#include "alarm/alarm_verbs.h"
#include "base/log.h"
#include "response/verbs.h"

#include <event2/listener.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENT_PENDING_MAX 64
#define ROLES_ALL          (~0U)

struct engine_verb {
        const char *name;
        bool journaled; /* goes through the journal, needs an id */
        bool workers;   /* workers may; only they, if `act` is set and roles is 0 */
        unsigned roles;
        void (*act)(struct engine_client *c, json_t *request);
};

/* --- answers --- */

static void client_send(struct engine_client *c, json_t *answer) {
        if (answer && jsonline_send(c->line, answer)) /* who does not read his answers loses them */
                c->engine->feed->lost++;
        json_decref(answer);
}

static void client_refuse(struct engine_client *c, json_t *request, const char *name, const char *text,
                          const char *cure) {
        const char *id = json_string_value(json_object_get(request, "id"));

        client_send(c, json_pack("{s:s, s:b, s:{s:s, s:s, s:s}}", "id", id ? id : "", "ok", 0, "error", "name", name,
                                 "text", text, "cure", cure));
}

/* --- verbs that are answered at once --- */

static void verb_status(struct engine_client *c, json_t *request) {
        const char *id = json_string_value(json_object_get(request, "id"));

        client_send(c, json_pack("{s:s, s:b, s:o}", "id", id ? id : "", "ok", 1, "status", engine_status(c->engine)));
}

static void verb_reader(struct engine_client *c, json_t *request) {
        const char *name = json_string_value(json_object_get(request, "name"));

        enum engine_reader reader;

        if (!engine_reader_find(name, &reader)) {
                client_refuse(c, request, "unknown-reader", "no such reader", "readers: store, notify");
                return;
        }
        (void)snprintf(c->reader, sizeof c->reader, "%s", name);
        c->told = 0;
        engine_follow_heads(c->engine->feed);
}

static void verb_cursor(struct engine_client *c, json_t *request) {
        struct engine *e = c->engine;
        json_t *seq = json_object_get(request, "seq"), *figures = json_object_get(request, "figures");
        struct engine_cursor *cursor;
        enum engine_reader reader;

        if (!engine_reader_find(c->reader, &reader) || !json_is_integer(seq) || json_integer_value(seq) < 0 ||
            (uint64_t)json_integer_value(seq) > e->committed) {
                client_refuse(c, request, "malformed", "a cursor comes from a reader, with a `seq` not above the head",
                              "say `reader` first");
                return;
        }
        cursor = &e->cursors[reader];
        if ((uint64_t)json_integer_value(seq) != cursor->seq)
                *cursor = (struct engine_cursor){ (uint64_t)json_integer_value(seq), true };
        c->reported = clock_boot();
        if (figures) {
                json_decref(c->figures);
                c->figures = json_incref(figures);
        }
}

static void verb_checkpoint(struct engine_client *c, json_t *request) {
        json_t *seq = json_object_get(request, "seq");
        const char *text = json_string_value(json_object_get(request, "text"));

        if (strcmp(c->reader, "store") != 0 || !json_is_integer(seq) || json_integer_value(seq) < 0 || !text ||
            !engine_proof_take(c->engine, (uint64_t)json_integer_value(seq), text))
                client_refuse(c, request, "malformed", "a checkpoint comes from the store, with `seq` and `text`",
                              "say `reader` first");
}

static void verb_clock(struct engine_client *c, json_t *request) {
        struct engine *e = c->engine;

        if (!e->clock.held) {
                client_refuse(c, request, "not-held", "journal time follows the wall clock", "nothing to confirm");
                return;
        }
        clock_journal_confirm(&e->clock);
        engine_say(e, "clock-confirmed", c->actor, "journal time follows the wall clock again");
        client_send(c, json_pack("{s:O?, s:b}", "id", json_object_get(request, "id"), "ok", 1));
}

static void verb_acts(struct engine_client *c, json_t *request) {
        client_send(c, json_pack("{s:O?, s:b, s:o}", "id", json_object_get(request, "id"), "ok", 1, "acts",
                                 engine_tell_acts()));
}

static void verb_site(struct engine_client *c, json_t *request) {
        json_t *answer = engine_tell_site(c->engine, request);

        if (answer)
                client_send(c, answer);
        else
                client_refuse(c, request, "malformed", "`part` is none of the site",
                              "parts: zones, assets, modes, schedules, plans, dispositions, procedures, posts, kinds");
}

static void verb_rules(struct engine_client *c, json_t *request) {
        client_send(c, engine_tell_rules(c->engine, request));
}

/* of alarm_verbs[]; the pipeline knows more exactly: these keep out who may do none of it */
#define ACTS (ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR | ALARM_ROLE_MAINTENANCE | ALARM_ROLE_ADMINISTRATOR)

static const struct engine_verb verbs[] = {
        { "status", false, true, ROLES_ALL, verb_status },
        { "follow", false, true, ROLES_ALL, engine_follow_start },
        { "acts", false, true, ROLES_ALL, verb_acts },
        { "site", false, true, ROLES_ALL, verb_site },
        { "rules", false, true, ROLES_ALL, verb_rules },
        { "reader", false, true, 0, verb_reader },
        { "cursor", false, true, 0, verb_cursor },
        { "checkpoint", false, true, 0, verb_checkpoint },
        { "clock-confirm", false, false, ALARM_ROLE_ADMINISTRATOR, verb_clock },
        { "notice", true, true, 0, NULL },
        { "tip", true, true, 0, NULL },
        { "mode", true, false, ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR, NULL },
        { "list", true, false, ALARM_ROLE_SUPERVISOR | ALARM_ROLE_INTEGRATOR, NULL },
        { "record", true, false, ROLES_ALL, NULL },
        { "record-read", true, false, ROLES_ALL, NULL },
        { "rules-sign", true, false, ALARM_ROLE_INTEGRATOR | ALARM_ROLE_ADMINISTRATOR, NULL },
        { "event", true, false, ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR | ALARM_ROLE_INTEGRATOR, NULL },
};

/* Those of the alarm and response stages have tables of their own; a verb without roles there is the workers'. */
static bool verb_find(const char *name, struct engine_verb *ret) {
        const struct response_verb *response = response_verb_find(name);
        const struct alarm_verb *alarm = alarm_verb_find(name);

        for (size_t i = 0; name && i < sizeof verbs / sizeof *verbs; i++) {
                if (strcmp(verbs[i].name, name) == 0) {
                        *ret = verbs[i];
                        return true;
                }
        }
        if (alarm)
                *ret = (struct engine_verb){ alarm->name, true, false, ACTS, NULL };
        else if (response)
                *ret = (struct engine_verb){ response->name, true, response->roles == 0, response->roles, NULL };
        return alarm || response;
}

/* --- who acts --- */

struct client_who {
        const char *actor;
        unsigned granted; /* by the socket */
        unsigned roles; /* and those of the operator of that name: the pipeline adds them anew at the command's turn */
        bool worker;
};

static unsigned operator_roles(const struct engine_client *c, const char *name) {
        return response_operator_roles(pipeline_response(c->engine->pipeline), ww_str(name));
}

/* False, after refusing: may not speak for that operator, or there is none. */
static bool client_who(struct engine_client *c, json_t *request, struct client_who *ret) {
        const json_t *as = json_object_get(request, "as");
        const char *name = json_string_value(as);

        *ret = (struct client_who){ c->actor, c->roles, c->roles | operator_roles(c, c->actor), c->worker };
        if (!as)
                return true;
        if (!c->speaks) {
                client_refuse(c, request, "role", "only the console may speak for others", "leave `as` out");
                return false;
        }
        *ret = (struct client_who){ name, 0, name ? operator_roles(c, name) : 0, false };
        if (!ret->roles)
                client_refuse(c, request, "unknown-operator", "no operator of that name has a role",
                              "an administrator adds operators: `wardwatch act operator-add`");
        return ret->roles;
}

/* A name that somebody types is no consent: where people log in, the console asks the one who is named. */
static bool client_second_person(struct engine_client *c, json_t *request) {
        bool named = json_string_length(json_object_get(request, "second_person")) > 0;

        if (!named || !c->engine->config->auth.enabled || (c->speaks && json_object_get(request, "as")))
                return true;
        client_refuse(
                c, request, "second-person-absent", "the second person must agree, in a session of their own",
                "do it on the console's page, and name them there: they are asked; in an emergency `break_glass`");
        return false;
}

/* --- verbs that wait for a turn --- */

static void client_queue(struct engine_client *c, json_t *request, const struct client_who *who) {
        struct engine *e = c->engine;
        const char *id = json_string_value(json_object_get(request, "id"));
        struct engine_command *command = &e->commands[e->n_commands];

        if (!id || !*id || strlen(id) > 128) {
                client_refuse(c, request, "id-needed", "a request that changes something needs an `id`",
                              "choose one of 1 to 128 bytes, new for each request, the same for a repeat");
                return;
        }
        if (e->full) {
                client_refuse(c, request, "journal-full", "the journal is full",
                              "repeat with the same id when it has room");
                return;
        }
        if (e->n_commands == ENGINE_PENDING_MAX || c->pending >= CLIENT_PENDING_MAX) {
                e->feed->busy++;
                client_refuse(c, request, "busy", "too many requests wait for an answer", "repeat with the same id");
                return;
        }
        json_object_set_new(request, "roles", json_integer(who->granted));
        json_object_set_new(request, "edition", json_integer(EDITION_NEWEST));
        (void)json_object_del(request, "via"); /* it is ours to say */
        if (who->actor != c->actor)
                json_object_set_new(request, "via", json_string(c->actor));
        *command = (struct engine_command){
                .client = c->number,
                .id = strdup(id),
                .actor = strdup(who->actor),
                .body = json_dumps(request, JSON_COMPACT),
        };
        if (!command->id || !command->actor || !command->body)
                engine_fatal("cannot queue a command", -ENOMEM);
        e->n_commands++;
        c->pending++;
        engine_turn_wanted(e);
}

static void client_line(void *userdata, struct jsonline *line, json_t *request) {
        struct engine_client *c = userdata;
        struct engine_verb verb;
        struct client_who who;

        if (!verb_find(json_string_value(json_object_get(request, "cmd")), &verb))
                client_refuse(c, request, "unknown-command", "no such command", "see `wardwatch help`");
        else if (!client_second_person(c, request) || !client_who(c, request, &who))
                return;
        else if (!(who.roles & verb.roles) && !(who.worker && verb.workers))
                client_refuse(c, request, "role", "your role does not allow this", "ask an administrator");
        else if (verb.journaled)
                client_queue(c, request, &who);
        else
                verb.act(c, request);
}

/* --- clients come and go --- */

static void client_closed(void *userdata, struct jsonline *line, const char *why) {
        struct engine_client *c = userdata;
        struct engine_feed *feed = c->engine->feed;
        struct engine_client **at = &feed->clients;

        while (*at != c)
                at = &(*at)->next;
        *at = c->next;
        feed->n--;
        if (c->follow != FOLLOW_NOT)
                feed->n_followers--;
        jsonline_free(c->line);
        json_decref(c->figures);
        free(c);
}

static void client_drained(void *userdata, struct jsonline *line) {
        struct engine_client *c = userdata;

        engine_follow_drained(c);
        engine_follow_heads(c->engine->feed);
}

static bool user_in_group(const char *user, gid_t gid, const char *group) {
        const struct group *g = *group ? getgrnam(group) : NULL;

        if (!g)
                return false;
        for (char **member = g->gr_mem; *member; member++) {
                if (strcmp(*member, user) == 0)
                        return true;
        }
        return g->gr_gid == gid;
}

static bool user_is(const char *user, const char *configured) {
        return *configured && strcmp(configured, user) == 0;
}

static bool user_is_worker(const struct engine *e, const char *user) {
        return user_is(user, e->config->users.store) || user_is(user, e->config->users.auth) ||
               user_is(user, e->config->users.console) || user_is(user, e->config->users.notify);
}

/* Who is it? False: nobody we know. */
static bool client_identify(struct engine_client *c, int fd) {
        struct ucred peer;
        socklen_t n = sizeof peer;
        const struct passwd *pw;
        bool own;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) < 0)
                return false;
        pw = getpwuid(peer.uid);
        (void)snprintf(c->actor, sizeof c->actor, "unix:%s", pw ? pw->pw_name : "?");
        if (!pw)
                (void)snprintf(c->actor, sizeof c->actor, "unix:%u", (unsigned)peer.uid);
        own = peer.uid == 0 || peer.uid == geteuid();
        c->worker = own || (pw && user_is_worker(c->engine, pw->pw_name));
        c->speaks = own || (pw && user_is(pw->pw_name, c->engine->config->users.console));
        if (own)
                c->roles = ROLES_ALL & ~0x80000000U;
        else if (pw && user_in_group(pw->pw_name, peer.gid, c->engine->config->command.group))
                c->roles = ALARM_ROLE_OPERATOR;
        return c->roles || c->worker || operator_roles(c, c->actor);
}

static void feed_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int length,
                        void *userdata) {
        const struct jsonline_handlers handlers = { NULL, client_line, client_closed, client_drained };
        struct engine_feed *feed = userdata;
        struct jsonline_handlers own = handlers;
        struct engine_client *c = calloc(1, sizeof *c);

        if (!c || feed->n >= (size_t)feed->engine->config->command.clients_max) {
                feed->refused++;
                free(c);
                (void)close(fd);
                return;
        }
        c->engine = feed->engine;
        c->number = ++feed->next_number;
        own.userdata = c;
        if (!client_identify(c, fd) ||
            jsonline_new(&c->line, feed->engine->base, fd, (size_t)feed->engine->config->command.queue_max, &own)) {
                feed->refused++;
                free(c);
                (void)close(fd);
                return;
        }
        c->next = feed->clients;
        feed->clients = c;
        feed->n++;
        feed->accepted++;
}

/* --- life --- */

static int feed_listen(struct engine_feed *feed) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        if (strlen(feed->path) >= sizeof address.sun_path)
                return -ENAMETOOLONG;
        memcpy(address.sun_path, feed->path, strlen(feed->path) + 1);
        (void)unlink(feed->path); /* the journal's lock says that nobody else listens here */
        feed->listener = evconnlistener_new_bind(feed->engine->base, feed_accept, feed,
                                                 LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 64,
                                                 (struct sockaddr *)&address, sizeof address);
        if (!feed->listener)
                return -errno;
        return chmod(feed->path, 0666) < 0 ? -errno : 0;
}

int engine_feed_new(struct engine *e) {
        struct engine_feed *feed = calloc(1, sizeof *feed);
        int r;

        if (!feed)
                return -ENOMEM;
        e->feed = feed;
        feed->engine = e;
        if (asprintf(&feed->path, "%s/wardwatch.sock", e->config->state.run_dir) < 0)
                return -ENOMEM;
        r = feed_listen(feed);
        if (r)
                log_error("command-socket", feed->path, "cannot listen: %s", strerror(-r));
        return r;
}

void engine_feed_free(struct engine *e) {
        struct engine_feed *feed = e->feed;

        if (!feed)
                return;
        while (feed->clients)
                client_closed(feed->clients, feed->clients->line, NULL);
        if (feed->listener)
                evconnlistener_free(feed->listener);
        free(feed->path);
        free(feed);
        e->feed = NULL;
}

/* --- after the commit --- */

static struct engine_client *feed_client(struct engine_feed *feed, uint64_t number) {
        struct engine_client *c = feed->clients;

        while (c && c->number != number)
                c = c->next;
        return c;
}

static void feed_replies(struct engine_feed *feed) {
        struct engine *e = feed->engine;

        for (size_t i = 0; i < e->n_commands; i++) {
                struct engine_command *command = &e->commands[i];
                struct engine_client *c = feed_client(feed, command->client);

                if (c) {
                        c->pending--;
                        if (command->reply && jsonline_send_text(c->line, command->reply, strlen(command->reply)))
                                feed->lost++;
                }
                free(command->id);
                free(command->actor);
                free(command->body);
                free(command->reply);
        }
        e->n_commands = 0;
}

void engine_feed_committed(struct engine *e) {
        feed_replies(e->feed);
        engine_follow_lines(e->feed);
        engine_follow_heads(e->feed);
}

bool engine_feed_ask_last(const struct engine *e) {
        char text[64];
        int n = snprintf(text, sizeof text, "{\"last\":%" PRIu64 "}", e->committed);

        for (struct engine_client *c = e->feed->clients; c; c = c->next) {
                if (strcmp(c->reader, "store") == 0 && json_is_true(json_object_get(c->figures, "connected")) &&
                    jsonline_send_text(c->line, text, (size_t)n) == 0)
                        return true;
        }
        return false;
}

bool engine_feed_wants_lines(const struct engine *e) {
        return e->feed && e->feed->n_followers > 0;
}

void engine_feed_metrics(const struct engine *e, struct metrics *m) {
        const struct engine_feed *feed = e->feed;
        size_t fullest = 0;

        for (const struct engine_client *c = feed->clients; c; c = c->next)
                if (jsonline_queued(c->line) > fullest)
                        fullest = jsonline_queued(c->line);
        metrics_put_bytes(m, "feed", fullest, (size_t)e->config->command.queue_max, feed->resets + feed->lost);
        metrics_put_queue(m, "commands", e->n_commands, ENGINE_PENDING_MAX, feed->busy);
        metrics_put(m, METRICS_FEED_CLIENTS, (double)feed->n);
        metrics_put(m, METRICS_FEED_CLIENTS_LIMIT, (double)e->config->command.clients_max);
        metrics_put(m, METRICS_FEED_FOLLOWERS, (double)feed->n_followers);
        metrics_put(m, METRICS_FEED_ACCEPTED, (double)feed->accepted);
        metrics_put(m, METRICS_FEED_REFUSED, (double)feed->refused);
        metrics_put(m, METRICS_FEED_RESETS, (double)feed->resets);
}

json_t *engine_feed_readers(const struct engine *e) {
        json_t *readers = json_object();

        for (const struct engine_client *c = e->feed->clients; c; c = c->next) {
                if (c->reader[0])
                        json_object_set_new(readers, c->reader,
                                            c->figures ? json_deep_copy(c->figures) : json_object());
        }
        return readers;
}
