/*
 * From a request to its route: denied by default.
 *
 *     host ─► path ─► method ─► who (cookie, or key by the auth process) ─► role, scope ─► POST: origin, csrf, JSON ─►
 * run
 *
 * What does not begin with /api/ is the form for hints, or a page's file.
 */
#include "console/console_internal.h"

#include "base/log.h"
#include "console/tips.h"

#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define API       "/api/v1"
#define KEY_KNOWN (30 * WW_SECOND) /* a key that was taken back is good for so long */

const char *const role_names[] = { "operator", "supervisor", "maintenance", "auditor", "integrator", "administrator" };
const char *const scope_names[] = { "live", "act", "history", "figures" };

/* --- routes --- */

/* Both point to the beginning of a part. */
static bool part_matches(const char **pattern, const char **path, char param[CALL_PARAM_SIZE]) {
        size_t n = strcspn(*pattern, "/"), m = strcspn(*path, "/");
        bool same = **pattern == '{' ? m > 0 && m < CALL_PARAM_SIZE : n == m && strncmp(*pattern, *path, n) == 0;

        if (same && **pattern == '{') {
                memcpy(param, *path, m);
                param[m] = '\0';
        }
        *pattern += n;
        *path += m;
        return same;
}

static bool path_matches(const char *pattern, const char *path, char param[CALL_PARAM_SIZE]) {
        while (*pattern == '/' && *path == '/') {
                pattern++;
                path++;
                if (!part_matches(&pattern, &path, param))
                        return false;
        }
        return !*pattern && !*path;
}

static const struct route *find_route(const char *path, const char *method, char param[CALL_PARAM_SIZE],
                                      bool *ret_path) {
        *ret_path = false;
        for (size_t i = 0; i < routes_n; i++) {
                if (!path_matches(routes[i].path, path, param))
                        continue;
                *ret_path = true;
                if (method && strcmp(routes[i].method, method) == 0)
                        return &routes[i];
        }
        return NULL;
}

static const char *method_of(struct evhttp_request *request) {
        enum evhttp_cmd_type command = evhttp_request_get_command(request);

        return command == EVHTTP_REQ_GET ? "GET" : command == EVHTTP_REQ_POST ? "POST" : NULL;
}

/* --- who --- */

struct roles_of {
        const char *name;
        unsigned roles;
        bool found;
};

static int visit_operator(void *userdata, const json_t *change) {
        struct roles_of *of = userdata;
        const json_t *body = json_object_get(change, "body"), *entry;
        const char *name = json_string_value(json_object_get(body, "name"));
        size_t i;

        if (!name || strcmp(name, of->name) != 0)
                return 0;
        of->found = true;
        json_array_foreach(json_object_get(body, "roles"), i, entry) {
                for (size_t k = 0; k < ROLES_N; k++)
                        if (json_is_string(entry) && strcmp(json_string_value(entry), role_names[k]) == 0)
                                of->roles |= 1U << k;
        }
        return 1;
}

unsigned console_roles(const struct console *c, const char *name) {
        struct roles_of of = { .name = name };

        if (!live_complete(c->live))
                return ROLE_UNTOLD;
        (void)live_each(c->live, "operator", visit_operator, &of);
        return of.roles;
}

unsigned console_hidden(const struct who *who) {
        static const unsigned trusted = ROLE_OPERATOR | ROLE_SUPERVISOR | ROLE_AUDITOR | ROLE_ADMINISTRATOR;

        if (who->roles & ROLE_WALLBOARD)
                return LIVE_COVERT | LIVE_PEOPLE | LIVE_AUDIT;
        return (who->roles & trusted ? 0U : LIVE_COVERT) | (who->roles & ROLES_AUDIT ? 0U : LIVE_AUDIT);
}

void console_record(struct console *c, const char *name, const char *subject, const char *format, ...) {
        char text[256];
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(text, sizeof text, format, ap);
        va_end(ap);
        engine_link_notice(c->engine, name, subject, text);
}

static void who_session(struct call *call) {
        struct console *c = call->console;
        struct session *s;

        if (!guard_cookie(call->request, call->token) || !(s = sessions_find(c->sessions, call->token)))
                return;
        call->who = (struct who){ .session = s, .number = s->number };
        (void)snprintf(call->who.name, sizeof call->who.name, "%s", s->name);
        call->who.roles = s->kind == SESSION_WALLBOARD ? ROLE_WALLBOARD : console_roles(c, s->name);
        sessions_csrf(call->token, call->csrf);
}

/* --- the gate --- */

static bool may(const struct call *call) {
        const struct route *r = call->route;
        bool person = call->who.session && call->who.session->kind == SESSION_PERSON;

        if (r->roles & ROLE_PUBLIC)
                return true;
        if (call->who.key)
                return (r->scope & call->who.scopes) && (r->roles & (call->who.roles | ROLE_ANYBODY | ROLE_PROGRAM));
        return r->roles & (call->who.roles | (person ? (unsigned)ROLE_ANYBODY : 0));
}

static bool read_body(struct call *call) {
        struct evbuffer *input = evhttp_request_get_input_buffer(call->request);
        size_t n = evbuffer_get_length(input);
        const char *p = n ? (const char *)evbuffer_pullup(input, -1) : "";

        call->body = json_loadb(p, n, JSON_REJECT_DUPLICATES, NULL);
        if (json_is_object(call->body))
                return true;
        api_refuse(call, 400, "malformed", "the body is not one JSON object", "see GET /api/v1/openapi.yaml");
        return false;
}

/* Who has been given a password chooses his own, and goes. */
static bool while_given(const struct route *r) {
        return (r->roles & ROLE_PUBLIC) || r->run == on_session || r->run == on_password || r->run == on_logout;
}

static void refuse_role(struct call *call) {
        if (!call->who.session && !call->who.key)
                api_refuse(call, 401, "login-needed", "nobody is logged in", "POST /api/v1/login, or a key");
        else if (call->who.roles & ROLE_UNTOLD)
                api_refuse(call, 503, "engine-away", "who may do this is not known yet", "try again in a while");
        else
                api_refuse(call, 403, "role", "your role does not allow this", "ask an administrator");
}

static void call_run(struct call *call) {
        bool change = strcmp(call->route->method, "POST") == 0;
        bool locked = call->who.session && call->who.session->locked;

        if (call->who.session && call->who.session->given && !while_given(call->route)) {
                api_refuse(call, 403, "password-given", "somebody else chose the password",
                           "POST /api/v1/session/password with one of your own");
                return;
        }
        if (!may(call)) {
                refuse_role(call);
                return;
        }
        if (change &&
            !guard_change(call, evhttp_find_header(evhttp_request_get_input_headers(call->request), "Content-Type")))
                return;
        if (change && locked && !call->route->locked) {
                api_refuse(call, 401, "locked", "nobody acted for a while: the session is locked",
                           "POST /api/v1/session/unlock with the password");
                return;
        }
        if (change && !read_body(call))
                return;
        if (change && call->who.session && !locked)
                sessions_touch(call->console->sessions, call->who.session, clock_wall());
        call->route->run(call);
}

/* --- keys --- */

static void key_hash(const char *key, char hash[65]) {
        uint8_t bytes[32];

        (void)crypto_generichash(bytes, sizeof bytes, (const uint8_t *)key, strlen(key), NULL, 0);
        sodium_bin2hex(hash, 65, bytes, sizeof bytes);
}

static void who_key(struct call *call, const struct known_key *key) {
        call->who = (struct who){ .key = true, .scopes = key->scopes };
        (void)snprintf(call->who.name, sizeof call->who.name, "%s", key->name);
        call->who.roles = console_roles(call->console, key->name);
}

static struct known_key *key_known(struct console *c, const char *hash) {
        for (size_t i = 0; i < KEYS_KNOWN; i++)
                if (c->keys[i].until > clock_boot() && strcmp(c->keys[i].hash, hash) == 0)
                        return &c->keys[i];
        return NULL;
}

static unsigned scopes_of(const json_t *list) {
        const json_t *entry;
        unsigned set = 0;
        size_t i;

        json_array_foreach(list, i, entry) for (size_t k = 0; k < SCOPES_N;
                                                k++) if (json_is_string(entry) &&
                                                         strcmp(json_string_value(entry), scope_names[k]) == 0)
                set |= 1U << k;
        return set;
}

static void on_key(void *userdata, const json_t *answer) {
        struct call *call = userdata;
        struct console *c = call->console;
        const char *result = json_string_value(json_object_get(answer, "result"));
        const char *name = json_string_value(json_object_get(answer, "name"));
        struct known_key *key = &c->keys[c->next_key++ % KEYS_KNOWN];
        char hash[65];

        key_hash(call->state, hash);
        free(call->state);
        call->state = NULL;
        if (!answer) {
                api_refuse(call, 503, "auth-away", "keys cannot be checked now", "try again in a while");
                return;
        }
        if (!result || strcmp(result, "yes") != 0 || !name) {
                console_record(c, "login-refused", "key", "no such key, from %s", call->source);
                api_refuse(call, 401, "key", "there is no such key", "`wardwatch user key-add` makes one");
                return;
        }
        *key = (struct known_key){ .scopes = scopes_of(json_object_get(answer, "scopes")),
                                   .until = clock_boot() + KEY_KNOWN };
        (void)snprintf(key->name, sizeof key->name, "%s", name);
        (void)snprintf(key->hash, sizeof key->hash, "%s", hash);
        console_record(c, "key-used", name, "from %s", call->source);
        who_key(call, key);
        call_run(call);
}

static void call_key(struct call *call, const char *text) {
        char hash[65];
        struct known_key *key;

        key_hash(text, hash);
        key = key_known(call->console, hash);
        if (key) {
                who_key(call, key);
                call_run(call);
                return;
        }
        call->state = strdup(text);
        auth_link_ask(call->console->auth,
                      json_pack("{s:s, s:s, s:s}", "cmd", "check-key", "key", text, "source", call->source), on_key,
                      call);
}

/* --- beginning --- */

static void on_gone(void *userdata) {
        struct call *call = userdata;

        call->connection = NULL;
        if (call->gone)
                call->gone(call);
}

struct call *api_call_new(struct console *c, struct evhttp_request *request, struct http_connection *connection,
                          const struct route *route, const char *param) {
        const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request));
        struct call *call = calloc(1, sizeof *call);

        if (!call)
                return NULL;
        call->query = calloc(1, sizeof *call->query);
        if (!call->query || (query && evhttp_parse_query_str(query, call->query) < 0)) {
                free(call->query);
                free(call);
                return NULL;
        }
        if (!query)
                TAILQ_INIT(call->query);
        call->next = c->calls;
        c->calls = call;
        call->console = c;
        call->request = request;
        call->connection = connection;
        call->route = route;
        (void)snprintf(call->source, sizeof call->source, "%s", http_connection_address(connection));
        (void)snprintf(call->param, sizeof call->param, "%s", param);
        http_connection_watch(connection, on_gone, call);
        return call;
}

static void decode(const char *param, char out[CALL_PARAM_SIZE]) {
        size_t n = 0;
        char *text = evhttp_uridecode(param, 0, &n);

        (void)snprintf(out, CALL_PARAM_SIZE, "%s", text && strlen(text) == n ? text : "");
        free(text);
}

static void call_api(struct console *c, struct evhttp_request *request, struct http_connection *connection,
                     const char *path) {
        char raw[CALL_PARAM_SIZE] = "", param[CALL_PARAM_SIZE];
        bool known;
        const struct route *route = find_route(path, method_of(request), raw, &known);
        const char *key = guard_bearer(request);
        struct call *call;

        if (!route) {
                answer_plain(c, request, known ? 405 : 404, known ? "method" : "unknown",
                             known ? "this takes another method" : "there is nothing of that name",
                             "see GET /api/v1/openapi.yaml");
                return;
        }
        decode(raw, param);
        call = api_call_new(c, request, connection, route, param);
        if (!call) {
                answer_plain(c, request, 400, "malformed", "the address cannot be read", "percent-encode it");
        } else if (key && !(route->roles & ROLE_PUBLIC)) {
                call_key(call, key);
        } else {
                who_session(call);
                call_run(call);
        }
}

void api_begin(void *userdata, struct evhttp_request *request, struct http_connection *connection) {
        struct console *c = userdata;
        const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));

        if (!guard_request(c, request))
                return;
        if (strncmp(path, API "/", sizeof API) == 0)
                call_api(c, request, connection, path + sizeof API - 1);
        else if (tips_path(c->tips, path))
                tips_begin(c, request, connection, path);
        else if (evhttp_request_get_command(request) != EVHTTP_REQ_GET)
                answer_plain(c, request, 405, "method", "pages are read", "use GET");
        else
                pages_answer(c, request, path);
}

/* --- what handlers ask --- */

const char *api_query(const struct call *call, const char *name) {
        const char *value = evhttp_find_header(call->query, name);

        return value && *value ? value : NULL;
}

const char *api_word(struct call *call, const char *name, size_t max) {
        const json_t *value = json_object_get(call->body, name);
        char text[100];

        if (json_string_length(value) > 0 && json_string_length(value) <= max &&
            strlen(json_string_value(value)) == json_string_length(value))
                return json_string_value(value);
        (void)snprintf(text, sizeof text, "`%s` must be a text of 1 to %zu bytes", name, max);
        api_refuse(call, 400, "malformed", text, "see GET /api/v1/openapi.yaml");
        return NULL;
}

bool api_number(struct call *call, json_int_t *ret) {
        const char *p = call->param;

        *ret = 0;
        if (*p && strspn(p, "0123456789") == strlen(p) && strlen(p) < 18)
                *ret = strtoll(p, NULL, 10);
        if (*ret)
                return true;
        api_refuse(call, 404, "unknown", "that is no number of anything", "numbers count from 1");
        return false;
}
