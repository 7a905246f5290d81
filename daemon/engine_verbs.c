/*
 * What can be said at the command socket: who may say it, how large it may be, and what becomes of it.
 *
 * A request names its verb in "cmd", and carries an "id" of the client's choice if it changes something: a repeat gets
 * the first answer. Verbs that change something wait for the next turn and are answered after its commit; the others
 * are answered at once.
 *
 * Workers report what is theirs, as the tables say: verbs[], notice_kinds[], response_verbs[], the journal's readers.
 * The console's user speaks for those who have logged in: "as" names the operator, who may what his roles say, and
 * nothing else.
 *
 * What is journaled fills the map that keeps the intake going. So a verb has a largest size, a user has so many bytes
 * in a time (engine_peer.c), and from where the bulk lane closes only what is short is taken. What people do about
 * alarms and incidents is taken beyond that, if it is short and not many. An answer with "again" says that the same
 * request, with the same id, can be taken later.
 */
#include "engine_feed.h"

#include "alarm/alarm_verbs.h"
#include "notices.h"
#include "records/records.h"
#include "response/verbs.h"

#include <stdio.h>

#define CLIENT_PENDING_MAX 64
#define ROLES_ALL          ENGINE_ROLES_ALL
#define KIB                1024

struct engine_verb {
        const char *name;
        unsigned reporters; /* set of enum reporter: workers that may */
        unsigned roles;     /* of enum alarm_role: people who may */
        /* NULL = all of them; else: which workers may say what this request says */
        unsigned (*whose)(const json_t *request);
        void (*act)(struct engine_client *c, json_t *request); /* NULL: goes through the journal, needs an id */
        size_t size, lean; /* of what is journaled, in bytes at most; and while the bulk lane is closed */
        bool kept;         /* people have a few of them in each time, however much was written */
};

/* --- answers --- */

static void client_send(struct engine_client *c, json_t *answer) {
        if (answer && jsonline_send(c->line, answer)) /* who does not read his answers loses them */
                c->engine->feed->lost++;
        json_decref(answer);
}

static json_t *refusal(const char *id, const char *name, const char *text, const char *cure) {
        return json_pack("{s:s, s:b, s:{s:s, s:s, s:s}}", "id", id ? id : "", "ok", 0, "error", "name", name, "text",
                         text, "cure", cure);
}

static void client_refuse(struct engine_client *c, json_t *request, const char *name, const char *text,
                          const char *cure) {
        client_send(c, refusal(json_string_value(json_object_get(request, "id")), name, text, cure));
}

static const struct {
        const char *name, *text, *cure, *metric;
} put_offs[ENGINE_PUT_OFF_MAX_] = {
        [ENGINE_PUT_OFF_FULL] = { "journal-full", "the journal is full", "repeat with the same id when it has room",
                                  "full" },
        [ENGINE_PUT_OFF_LEAN] = { "journal-full", "the journal is nearly full: only what is short is taken",
                                  "repeat with the same id when it has room, or say it shorter", "lean" },
        [ENGINE_PUT_OFF_OFTEN] = { "often", "this user has had as much written as it may in this time",
                                   "repeat with the same id in a while", "often" },
        [ENGINE_PUT_OFF_BUSY] = { "busy", "too many requests wait for an answer", "repeat with the same id", NULL },
};

static json_t *put_off(struct engine_feed *feed, const char *id, enum engine_put_off why) {
        json_t *answer = refusal(id, put_offs[why].name, put_offs[why].text, put_offs[why].cure);

        feed->put_off[why]++;
        if (answer)
                json_object_set_new(answer, "again", json_true());
        return answer;
}

static void client_put_off(struct engine_client *c, json_t *request, enum engine_put_off why) {
        client_send(c, put_off(c->engine->feed, json_string_value(json_object_get(request, "id")), why));
}

char *engine_verbs_full(struct engine_feed *feed, const char *id) {
        json_t *answer = put_off(feed, id, ENGINE_PUT_OFF_FULL);
        char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;

        json_decref(answer);
        return text;
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

/* It may go back, on the same connection, too: PostgreSQL came back as an older copy of itself (a replica that took
 * over, a backup), and what it lost must be there to be stored again. Only forward it takes the store's word away. */
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
        engine_say(e, "clock-confirmed", c->peer.name, "journal time follows the wall clock again");
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
#define ACTS        (ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR | ALARM_ROLE_MAINTENANCE | ALARM_ROLE_ADMINISTRATOR)

#define ACT_SIZE    (16 * KIB) /* two texts of 4000 bytes, all of whose characters are escaped */
#define ACT_LEAN    (8 * KIB)
#define ACT_KEPT    (2 * KIB)
#define NOTICE_LEAN (KIB + KIB / 4) /* the longest that the store has, if each character of it is escaped */
#define SIGNERS     (ALARM_ROLE_INTEGRATOR | ALARM_ROLE_ADMINISTRATOR)
#define STORE       REPORTER_STORE
#define CONSOLE     REPORTER_CONSOLE
#define READERS     (REPORTER_STORE | REPORTER_NOTIFY)

static unsigned notice_whose(const json_t *request) {
        const char *name = json_string_value(json_object_get(request, "name"));
        const struct notice_kind *kind = name ? notice_find(ww_str(name)) : NULL;

        return kind && kind->workers ? kind->workers : REPORTER_ANY; /* the pipeline refuses what nobody may say */
}

static unsigned reader_whose(const json_t *request) {
        enum engine_reader reader;

        return engine_reader_find(json_string_value(json_object_get(request, "name")), &reader)
                       ? engine_reader_reporters(reader)
                       : REPORTER_ANY;
}

/* clang-format off */
static const struct engine_verb verbs[] = {
        { "status", REPORTER_ANY, ROLES_ALL, NULL, verb_status, 0, 0 },
        { "follow", CONSOLE, ROLES_ALL, NULL, engine_follow_start, 0, 0 },
        { "acts", CONSOLE, ROLES_ALL, NULL, verb_acts, 0, 0 },
        { "site", CONSOLE, ROLES_ALL, NULL, verb_site, 0, 0 },
        { "rules", CONSOLE, ROLES_ALL, NULL, verb_rules, 0, 0 },
        { "reader", READERS, 0, reader_whose, verb_reader, 0, 0 },
        { "cursor", READERS, 0, NULL, verb_cursor, 0, 0 },
        { "checkpoint", STORE, 0, NULL, verb_checkpoint, 0, 0 },
        { "clock-confirm", 0, ALARM_ROLE_ADMINISTRATOR, NULL, verb_clock, 0, 0 },
        { "notice", REPORTER_ANY, 0, notice_whose, NULL, 4 * KIB, NOTICE_LEAN }, /* they begin alarms, and are who logged in */
        { "tip", CONSOLE, 0, NULL, NULL, ACT_SIZE, 0 },
        { "mode", 0, ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR, NULL, NULL, 4 * KIB, 4 * KIB },
        { "list", 0, ALARM_ROLE_SUPERVISOR | ALARM_ROLE_INTEGRATOR, NULL, NULL, 4 * KIB, 4 * KIB },
        { "record", 0, ROLES_ALL, NULL, NULL, RECORD_BODY_BYTES + ACT_SIZE, ACT_LEAN },
        { "record-read", 0, ROLES_ALL, NULL, NULL, 4 * KIB, 4 * KIB },
        { "rules-sign", 0, SIGNERS, NULL, NULL, 128 * KIB, ACT_LEAN }, /* names what has changed */
        { "event", 0, ALARM_ROLE_OPERATOR | ALARM_ROLE_SUPERVISOR | ALARM_ROLE_INTEGRATOR, NULL, NULL, ACT_LEAN, ACT_LEAN },
};
/* clang-format on */

/* What a person does about what is there, and what brings little with it. */
static bool verb_is_kept(const char *name) {
        static const char *const kept[] = { "incident-take", "incident-assign", "incident-resolve", "incident-close",
                                            "step-done",     "step-skip",       "step-run" };

        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
                if (strcmp(name, kept[i]) == 0)
                        return true;
        }
        return alarm_verb_find(name);
}

/* Those of the alarm and response stages have tables of their own. */
static bool verb_find(const char *name, struct engine_verb *ret) {
        const struct response_verb *response = response_verb_find(name);
        const struct alarm_verb *alarm = alarm_verb_find(name);

        for (size_t i = 0; name && i < sizeof verbs / sizeof *verbs; i++) {
                if (strcmp(verbs[i].name, name) == 0) {
                        *ret = verbs[i];
                        return true;
                }
        }
        *ret = (struct engine_verb){ .size = ACT_SIZE, .lean = ACT_LEAN };
        ret->roles = alarm ? ACTS : response ? response->roles : 0;
        ret->reporters = !alarm && response ? response->reporters : 0;
        ret->kept = name && verb_is_kept(name);
        return alarm || response;
}

/* --- who acts --- */

struct client_who {
        const char *actor;
        unsigned granted; /* by the socket */
        unsigned roles; /* and those of the operator of that name: the pipeline adds them anew at the command's turn */
        unsigned reporters;
};

unsigned engine_verbs_roles(const struct engine *e, const char *operator) {
        return response_operator_roles(pipeline_response(e->pipeline), ww_str(operator));
}

/* For operators, who logged in with it: the console. */
static bool client_speaks(const struct engine_client *c) {
        return c->peer.reporters & REPORTER_CONSOLE;
}

/* False, after refusing: may not speak for that operator, or there is none. */
static bool client_who(struct engine_client *c, json_t *request, struct client_who *ret) {
        const json_t *as = json_object_get(request, "as");
        const char *name = json_string_value(as);

        *ret = (struct client_who){ c->peer.name, c->peer.roles,
                                    c->peer.roles | engine_verbs_roles(c->engine, c->peer.name), c->peer.reporters };
        if (!as)
                return true;
        if (!client_speaks(c)) {
                client_refuse(c, request, "role", "only the console may speak for others", "leave `as` out");
                return false;
        }
        *ret = (struct client_who){ name, 0, name ? engine_verbs_roles(c->engine, name) : 0, 0 };
        if (!ret->roles)
                client_refuse(c, request, "unknown-operator", "no operator of that name has a role",
                              "an administrator adds operators: `wardwatch act operator-add`");
        return ret->roles;
}

/* A name that somebody types is no consent: where people log in, the console asks the one who is named. */
static bool client_second_person(struct engine_client *c, json_t *request) {
        bool named = json_string_length(json_object_get(request, "second_person")) > 0;

        if (!named || !c->engine->config->auth.enabled || (client_speaks(c) && json_object_get(request, "as")))
                return true;
        client_refuse(
                c, request, "second-person-absent", "the second person must agree, in a session of their own",
                "do it on the console's page, and name them there: they are asked; in an emergency `break_glass`");
        return false;
}

/* --- verbs that wait for a turn --- */

/* As it is journaled; malloc'd. */
static char *client_body(const struct engine_client *c, json_t *request, const struct client_who *who) {
        char *body;

        json_object_set_new(request, "roles", json_integer(who->granted));
        json_object_set_new(request, "edition", json_integer(EDITION_NEWEST));
        (void)json_object_del(request, "via"); /* it is ours to say */
        if (who->actor != c->peer.name)
                json_object_set_new(request, "via", json_string(c->peer.name));
        body = json_dumps(request, JSON_COMPACT);
        if (!body)
                engine_fatal("cannot queue a command", -ENOMEM);
        return body;
}

/* ENGINE_PUT_OFF_MAX_: it is taken now. */
static enum engine_put_off client_room(struct engine_client *c, const struct engine_verb *verb, const char *actor,
                                       size_t n) {
        struct engine *e = c->engine;

        if (e->full)
                return ENGINE_PUT_OFF_FULL;
        if (e->lean && n > verb->lean)
                return ENGINE_PUT_OFF_LEAN;
        if (e->n_commands == ENGINE_PENDING_MAX || c->pending >= CLIENT_PENDING_MAX)
                return ENGINE_PUT_OFF_BUSY;
        if (engine_peer_write(e->feed, &c->peer, n) || (verb->kept && n <= ACT_KEPT && engine_peer_act(e->feed, actor)))
                return ENGINE_PUT_OFF_MAX_;
        return ENGINE_PUT_OFF_OFTEN;
}

static bool client_id(struct engine_client *c, json_t *request) {
        size_t n = json_string_length(json_object_get(request, "id"));

        if (n > 0 && n <= 128)
                return true;
        client_refuse(c, request, "id-needed", "a request that changes something needs an `id`",
                      "choose one of 1 to 128 bytes, new for each request, the same for a repeat");
        return false;
}

static bool client_fits(struct engine_client *c, json_t *request, const struct engine_verb *verb, size_t n) {
        char text[100];

        if (n <= verb->size)
                return true;
        c->engine->feed->too_large++;
        (void)snprintf(text, sizeof text, "such a request may have %zu bytes, this one has %zu", verb->size, n);
        client_refuse(c, request, "too-large", text, "say it shorter");
        return false;
}

/* Takes `body`. */
static void client_push(struct engine_client *c, json_t *request, const char *actor, char *body) {
        struct engine *e = c->engine;
        struct engine_command *command = &e->commands[e->n_commands];

        *command = (struct engine_command){
                .client = c->number,
                .uid = c->peer.uid,
                .id = strdup(json_string_value(json_object_get(request, "id"))),
                .actor = strdup(actor),
                .body = body,
        };
        if (!command->id || !command->actor)
                engine_fatal("cannot queue a command", -ENOMEM);
        e->n_commands++;
        c->pending++;
        engine_turn_wanted(e);
}

static void client_queue(struct engine_client *c, json_t *request, const struct engine_verb *verb,
                         const struct client_who *who) {
        enum engine_put_off why;
        char *body;

        if (!client_id(c, request))
                return;
        body = client_body(c, request, who);
        if (!client_fits(c, request, verb, strlen(body))) {
                free(body);
                return;
        }
        why = client_room(c, verb, who->actor, strlen(body));
        if (why == ENGINE_PUT_OFF_MAX_) {
                client_push(c, request, who->actor, body);
                return;
        }
        free(body);
        client_put_off(c, request, why);
}

static bool client_may(const struct engine_verb *verb, const struct client_who *who, const json_t *request) {
        unsigned reporters = verb->reporters & (verb->whose ? verb->whose(request) : REPORTER_ANY);

        return (who->roles & verb->roles) || (who->reporters & reporters);
}

void engine_verbs_line(void *userdata, struct jsonline *line, json_t *request) {
        struct engine_client *c = userdata;
        struct engine_verb verb;
        struct client_who who;

        if (!verb_find(json_string_value(json_object_get(request, "cmd")), &verb))
                client_refuse(c, request, "unknown-command", "no such command", "see `wardwatch help`");
        else if (!client_second_person(c, request) || !client_who(c, request, &who))
                return;
        else if (!client_may(&verb, &who, request))
                client_refuse(c, request, "role", "your role does not allow this", "ask an administrator");
        else if (verb.act)
                verb.act(c, request);
        else
                client_queue(c, request, &verb, &who);
}

void engine_verbs_metrics(const struct engine_feed *feed, struct metrics *m) {
        metrics_put_of(m, METRICS_FEED_NOT_TAKEN, ww_str("size"), (double)feed->too_large);
        for (size_t i = 0; i < ENGINE_PUT_OFF_MAX_; i++)
                if (put_offs[i].metric)
                        metrics_put_of(m, METRICS_FEED_NOT_TAKEN, ww_str(put_offs[i].metric), (double)feed->put_off[i]);
}
