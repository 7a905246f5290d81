/* Logging in and out, and what belongs to one's own session. */
#include "console/console_internal.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INVITE_TIME (10 * WW_MINUTE)

/* --- what a session is --- */

static json_t *names_of(unsigned set, const char *const *names, size_t n) {
        json_t *list = json_array();

        for (size_t i = 0; i < n; i++)
                if (set & 1U << i)
                        (void)json_array_append_new(list, json_string(names[i]));
        return list;
}

static json_t *time_json(int64_t t) {
        char text[32];

        instant_format(t, text);
        return json_string(text);
}

static json_t *describe(const struct call *call) {
        const struct session *s = call->who.session;
        const char *kind = call->who.key ? "key" : s && s->kind == SESSION_WALLBOARD ? "wallboard" : "person";

        return json_pack("{s:b, s:I, s:s, s:s, s:o, s:o, s:s, s:b, s:b, s:f, s:o, s:o}", "ok", 1, "number",
                         (json_int_t)call->who.number, "name", call->who.name, "kind", kind, "roles",
                         names_of(call->who.roles, role_names, ROLES_N), "scopes",
                         call->who.key ? names_of(call->who.scopes, scope_names, SCOPES_N) : json_null(), "csrf",
                         call->csrf, "locked", s && s->locked, "password_given", s && s->given, "idle",
                         (double)call->console->config->console.idle / WW_SECOND, "began_at",
                         time_json(s ? s->began : clock_wall()), "ends_at", s ? time_json(s->ends) : json_null());
}

void on_session(struct call *call) {
        api_answer(call, 200, describe(call));
}

/* A new session in place of the one that came along; the answer carries its cookie. */
static void begin(struct call *call, enum session_kind kind, const char *name, bool given) {
        struct console *c = call->console;
        char token[SESSION_TOKEN_SIZE];
        struct session *old = guard_cookie(call->request, token) ? sessions_find(c->sessions, token) : NULL, *s;

        if (old)
                sessions_end(c->sessions, old, "logged in anew");
        s = sessions_begin(c->sessions, kind, name, call->source, clock_wall(), token);
        if (!s) {
                api_refuse(call, 503, "no-memory", "there is no memory", "try again");
                return;
        }
        s->given = given;
        call->who = (struct who){ .session = s, .number = s->number };
        (void)snprintf(call->who.name, sizeof call->who.name, "%s", name);
        call->who.roles = kind == SESSION_WALLBOARD ? ROLE_WALLBOARD : console_roles(c, name);
        sessions_csrf(token, call->csrf);
        answer_cookie(call, token, (s->ends - s->began) / WW_SECOND);
        explicit_bzero(token, sizeof token);
        console_record(c, "login", name, "%s from %s, session %llu",
                       kind == SESSION_WALLBOARD ? "a screen" : "a person", call->source,
                       (unsigned long long)s->number);
        api_answer(call, 200, describe(call));
}

/* --- passwords --- */

/* The auth process says it better. */
static bool about_factor(const char *error) {
        static const char *const names[] = { "wrong-code", "none-begun", "no-factor", "same-person" };

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (strcmp(error, names[i]) == 0)
                        return true;
        return false;
}

/* True: it is right. Else the call is refused. */
static bool verdict(struct call *call, const json_t *answer, const char *name) {
        struct console *c = call->console;
        const char *result = json_string_value(json_object_get(answer, "result"));
        const char *error = json_string_value(json_object_get(json_object_get(answer, "error"), "name"));

        if (!answer) {
                api_refuse(call, 503, "auth-away", "passwords cannot be checked now", "try again in a while");
        } else if (error && strcmp(error, "weak") == 0) {
                api_refuse(call, 400, "weak",
                           json_string_value(json_object_get(json_object_get(answer, "error"), "text")),
                           "take four or more words that have nothing to do with each other");
        } else if (error && strcmp(error, "busy") == 0) {
                c->logins_busy++;
                api_refuse(call, 429, "busy", "others wait already", "try again in a while");
        } else if (error && about_factor(error)) {
                api_refuse(call, 409, error,
                           json_string_value(json_object_get(json_object_get(answer, "error"), "text")),
                           json_string_value(json_object_get(json_object_get(answer, "error"), "cure")));
        } else if (result && strcmp(result, "totp") == 0) {
                c->logins_totp++;
                api_refuse(call, 401, "totp-needed", "the second factor is missing", "repeat with `totp`");
        } else if (!result || strcmp(result, "yes") != 0) {
                c->logins_no++;
                console_record(c, "login-refused", name, "from %s", call->source);
                api_refuse(call, 401, "refused", "name, password or code is wrong",
                           "an administrator gives a new password: `wardwatch user passwd`");
        } else {
                c->logins_yes++;
                return true;
        }
        return false;
}

static bool ask_auth(struct call *call, const char *cmd, const char *name, auth_answer answer) {
        const json_t *totp = json_object_get(call->body, "totp");
        const char *password = api_word(call, "password", 256); /* NULL: the call is over, and gone */
        json_t *request;

        if (!password)
                return false;
        request = json_pack("{s:s, s:s, s:s, s:s, s:s*, s:O*, s:s}", "cmd", cmd, "name", name, "password", password,
                            "source", call->source, "totp", json_string_value(totp), "new",
                            json_object_get(call->body, "new"), "of", call->param);
        auth_link_ask(call->console->auth, request, answer, call);
        return true;
}

static void on_login_checked(void *userdata, const json_t *answer) {
        struct call *call = userdata;
        const char *name = json_string_value(json_object_get(call->body, "name"));

        if (verdict(call, answer, name))
                begin(call, SESSION_PERSON, name, json_is_true(json_object_get(answer, "given")));
}

void on_login(struct call *call) {
        const char *name = api_word(call, "name", 64);

        if (name)
                (void)ask_auth(call, "check", name, on_login_checked);
}

/* The session may have ended while the password was checked. */
static struct session *session_again(struct call *call) {
        call->who.session = sessions_number(call->console->sessions, call->who.number);
        if (!call->who.session)
                api_refuse(call, 401, "login-needed", "the session is over", "log in");
        return call->who.session;
}

void on_lock(struct call *call) {
        sessions_lock(call->console->sessions, call->who.session);
        api_done(call);
}

static void on_unlock_checked(void *userdata, const json_t *answer) {
        struct call *call = userdata;

        if (!verdict(call, answer, call->who.name) || !session_again(call))
                return;
        sessions_unlock(call->console->sessions, call->who.session, clock_wall());
        api_answer(call, 200, describe(call));
}

void on_unlock(struct call *call) {
        (void)ask_auth(call, "check", call->who.name, on_unlock_checked);
}

static void on_password_changed(void *userdata, const json_t *answer) {
        struct call *call = userdata;

        if (!verdict(call, answer, call->who.name) || !session_again(call))
                return;
        call->who.session->given = false;
        call->who.session->seen = clock_wall();
        sessions_proved(call->console->sessions, call->who.session, clock_wall());
        sessions_end_of(call->console->sessions, call->who.name, call->who.session, "the password was changed");
        api_done(call);
}

void on_password(struct call *call) {
        if (api_word(call, "new", 256))
                (void)ask_auth(call, "own", call->who.name, on_password_changed);
}

/* --- the second factor --- */

static void on_factor_begun(void *userdata, const json_t *answer) {
        struct call *call = userdata;

        if (verdict(call, answer, call->who.name) && session_again(call))
                api_answer(call, 200,
                           json_pack("{s:b, s:O?, s:O?}", "ok", 1, "secret", json_object_get(answer, "secret"), "uri",
                                     json_object_get(answer, "uri")));
}

void on_factor(struct call *call) {
        (void)ask_auth(call, "factor", call->who.name, on_factor_begun);
}

static void on_factor_confirmed(void *userdata, const json_t *answer) {
        struct call *call = userdata;

        if (!verdict(call, answer, call->who.name) || !session_again(call))
                return;
        sessions_proved(call->console->sessions, call->who.session, clock_wall());
        sessions_end_of(call->console->sessions, call->who.name, call->who.session, "a second factor was set");
        api_done(call);
}

void on_factor_confirm(struct call *call) {
        const char *code = api_word(call, "totp", 15);

        if (code)
                auth_link_ask(call->console->auth,
                              json_pack("{s:s, s:s, s:s}", "cmd", "confirm", "name", call->who.name, "totp", code),
                              on_factor_confirmed, call);
}

/* Whoever lost the telephone lost the sessions on it, too. */
static void on_factor_gone(void *userdata, const json_t *answer) {
        struct call *call = userdata;

        if (!verdict(call, answer, call->who.name) || !session_again(call))
                return;
        sessions_end_of(call->console->sessions, call->param, NULL, "the second factor was taken away");
        api_done(call);
}

void on_factor_off(struct call *call) {
        (void)ask_auth(call, "factor-off", call->who.name, on_factor_gone);
}

/* --- the end --- */

void on_logout(struct call *call) {
        answer_cookie(call, "", 0);
        if (call->who.session)
                sessions_end(call->console->sessions, call->who.session, "logged out");
        api_done(call);
}

/* --- screens on the wall --- */

void on_invite(struct call *call) {
        struct console *c = call->console;
        const char *title = api_word(call, "title", 64);
        struct invite *invite = &c->invites[0];
        uint8_t bytes[16];

        if (!title)
                return;
        for (size_t i = 1; i < INVITES_MAX; i++)
                if (c->invites[i].until < invite->until)
                        invite = &c->invites[i];
        randombytes_buf(bytes, sizeof bytes);
        sodium_bin2hex(invite->code, sizeof invite->code, bytes, sizeof bytes);
        (void)snprintf(invite->title, sizeof invite->title, "%s", title);
        invite->until = clock_wall() + INVITE_TIME;
        console_record(c, "login", call->who.name, "lets a screen in: %s", title);
        api_answer(call, 200,
                   json_pack("{s:b, s:s, s:o}", "ok", 1, "code", invite->code, "expires_at", time_json(invite->until)));
}

void on_wallboard(struct call *call) {
        struct console *c = call->console;
        const char *code = api_word(call, "code", 64);

        for (size_t i = 0; code && i < INVITES_MAX; i++) {
                struct invite *invite = &c->invites[i];
                char title[72];

                if (invite->until < clock_wall() || strlen(code) != sizeof invite->code - 1 ||
                    sodium_memcmp(code, invite->code, sizeof invite->code - 1) != 0)
                        continue;
                (void)snprintf(title, sizeof title, "%s", invite->title);
                *invite = (struct invite){ 0 };
                begin(call, SESSION_WALLBOARD, title, false);
                return;
        }
        if (!code)
                return;
        console_record(c, "login-refused", "screen", "a code that is none, from %s", call->source);
        api_refuse(call, 401, "refused", "that code is none, was used, or is too old", "ask a supervisor for another");
}

/* --- sessions --- */

static bool may_see(const struct call *call, const struct session *s) {
        return (call->who.roles & ROLE_ADMINISTRATOR) ||
               (s->kind == SESSION_PERSON && strcmp(s->name, call->who.name) == 0) ||
               (s->kind == SESSION_WALLBOARD && (call->who.roles & ROLE_SUPERVISOR));
}

void on_sessions(struct call *call) {
        json_t *list = json_array();

        for (const struct session *s = sessions_first(call->console->sessions); s; s = s->next)
                if (may_see(call, s))
                        (void)json_array_append_new(
                                list,
                                json_pack("{s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:b, s:b}", "number",
                                          (json_int_t)s->number, "name", s->name, "kind",
                                          s->kind == SESSION_WALLBOARD ? "wallboard" : "person", "source", s->source,
                                          "began_at", time_json(s->began), "seen_at", time_json(s->seen), "ends_at",
                                          time_json(s->ends), "streams", (json_int_t)s->streams, "locked", s->locked,
                                          "mine", s->number == call->who.number));
        api_answer(call, 200, json_pack("{s:o}", "sessions", list));
}

void on_session_end(struct call *call) {
        struct session *s;
        json_int_t number;

        if (!api_number(call, &number))
                return;
        s = sessions_number(call->console->sessions, (uint64_t)number);
        if (!s || !may_see(call, s)) {
                api_refuse(call, 404, "unknown", "there is no such session", "GET /api/v1/sessions lists them");
                return;
        }
        if (number == (json_int_t)call->who.number)
                answer_cookie(call, "", 0);
        sessions_end(call->console->sessions, s, "ended by a person");
        api_done(call);
}

/* --- operators --- */

struct operators {
        struct console *console;
        json_t *list;
};

static json_int_t count_sessions(struct console *c, const char *name) {
        json_int_t n = 0;

        for (const struct session *s = sessions_first(c->sessions); s; s = s->next)
                n += s->kind == SESSION_PERSON && strcmp(s->name, name) == 0;
        return n;
}

static int find_shift(void *userdata, const json_t *change) {
        const json_t *body = json_object_get(change, "body");
        const char *person = json_string_value(json_object_get(body, "person"));
        const char *state = json_string_value(json_object_get(body, "state"));

        return person && state && strcmp(person, userdata) == 0 && strcmp(state, "on") == 0;
}

static int visit_operator(void *userdata, const json_t *change) {
        struct operators *o = userdata;
        const json_t *body = json_object_get(change, "body");
        const char *name = json_string_value(json_object_get(body, "name"));

        if (name)
                (void)json_array_append_new(o->list,
                                            json_pack("{s:O, s:s, s:O?, s:O?, s:b, s:n, s:n, s:I, s:b}", "operator",
                                                      json_object_get(change, "id"), "name", name, "title",
                                                      json_object_get(body, "title"), "roles",
                                                      json_object_get(body, "roles"), "active", 1, "password", "totp",
                                                      "sessions", count_sessions(o->console, name), "on_shift",
                                                      live_each(o->console->live, "shift", find_shift, (void *)name)));
        return 0;
}

static void on_users(void *userdata, const json_t *answer) {
        struct call *call = userdata;
        struct operators o = { call->console, json_array() };
        const json_t *users = json_object_get(answer, "users");
        json_t *one;
        size_t i;

        (void)live_each(call->console->live, "operator", visit_operator, &o);
        json_array_foreach(o.list, i, one) {
                const json_t *user = users_find(users, json_string_value(json_object_get(one, "name")));

                if (!users)
                        continue;
                (void)json_object_set_new(one, "password", json_boolean(user));
                (void)json_object_set_new(one, "totp", json_boolean(json_is_true(json_object_get(user, "totp"))));
        }
        api_answer(call, 200, json_pack("{s:o}", "operators", o.list));
}

void on_operators(struct call *call) {
        auth_link_ask(call->console->auth, json_pack("{s:s}", "cmd", "who"), on_users, call);
}
