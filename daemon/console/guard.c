/*
 * What stands before every route.
 *
 * Host: one of ours, or a page that made a name of its own lead here (DNS rebinding) would be let in. Origin: a browser
 * says with each POST where the page comes from; it must be us. Beside it a header that no form can send, with a value
 * that only our page can know. The body must be JSON, which no form sends either.
 */
#include "console/console_internal.h"

#include <event2/keyvalq_struct.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *header(struct evhttp_request *request, const char *name) {
        return evhttp_find_header(evhttp_request_get_input_headers(request), name);
}

/* "[::1]:8080" → "[::1]"; the port is the browser's affair: it may come through a proxy. */
static size_t host_length(const char *host) {
        const char *end = *host == '[' ? strchr(host, ']') : NULL;

        return end ? (size_t)(end + 1 - host) : strcspn(host, ":");
}

static bool is_host(const char *host, size_t n, const char *name) {
        return strlen(name) == n && strncasecmp(host, name, n) == 0;
}

static bool host_ours(const struct console *c, const char *host) {
        static const char *const loopback[] = { "localhost", "127.0.0.1", "[::1]" };
        const char *listen = c->config->console.listen;
        size_t n = host_length(host);

        for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++)
                if (is_host(host, n, loopback[i]))
                        return true;
        for (size_t i = 0; i < c->config->console.names.n; i++)
                if (is_host(host, n, c->config->console.names.items[i]))
                        return true;
        return n && host_length(listen) == n && strncasecmp(listen, host, n) == 0;
}

bool guard_request(struct console *c, struct evhttp_request *request) {
        const char *host = header(request, "Host");

        if (host && host_ours(c, host))
                return true;
        answer_plain(c, request, 421, "name", "nobody of that name is here", "set console.names");
        return false;
}

bool guard_cookie(struct evhttp_request *request, char token[SESSION_TOKEN_SIZE]) {
        static const char name[] = "__Host-wardwatch=";
        const char *cookies = header(request, "Cookie"), *p = cookies;

        while (p && *p) {
                p += strspn(p, " ;");
                if (strncmp(p, name, sizeof name - 1) == 0) {
                        p += sizeof name - 1;
                        if (strspn(p, "0123456789abcdef") != SESSION_TOKEN_SIZE - 1)
                                return false;
                        memcpy(token, p, SESSION_TOKEN_SIZE - 1);
                        token[SESSION_TOKEN_SIZE - 1] = '\0';
                        return true;
                }
                p = strchr(p, ';');
        }
        return false;
}

const char *guard_bearer(struct evhttp_request *request) {
        const char *value = header(request, "Authorization");

        return value && strncasecmp(value, "Bearer ", 7) == 0 ? value + 7 : NULL;
}

/* scheme://host as we are reached. A proxy before us that speaks TLS makes it https where we speak plain. */
static bool origin_ours(const struct console *c, struct evhttp_request *request, const char *origin) {
        const char *host = header(request, "Host");
        const char *rest = strncmp(origin, "https://", 8) == 0                           ? origin + 8
                           : strncmp(origin, "http://", 7) == 0 && !http_is_tls(c->http) ? origin + 7
                                                                                         : NULL;

        return host && rest && strcasecmp(rest, host) == 0;
}

static bool guard_site(struct call *call) {
        const char *site = header(call->request, "Sec-Fetch-Site");

        return !site || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
}

static bool guard_origin(struct call *call) {
        const char *origin = header(call->request, "Origin");

        if (!guard_site(call))
                return false;
        if (call->who.key && !origin)
                return true;
        return origin && origin_ours(call->console, call->request, origin);
}

bool guard_form(struct call *call) {
        return header(call->request, "Origin") ? guard_origin(call) : guard_site(call);
}

static bool guard_csrf(struct call *call) {
        const char *value = header(call->request, "X-Wardwatch-CSRF");

        if (call->who.key)
                return true;
        if (!value)
                return false;
        if (!call->who.session)
                return true; /* to log in: the header is there, and the Origin was right */
        return strlen(value) == sizeof call->csrf - 1 && sodium_memcmp(value, call->csrf, sizeof call->csrf - 1) == 0;
}

bool guard_change(struct call *call, const char *type) {
        if (!type || strncasecmp(type, "application/json", 16) != 0 || (type[16] && type[16] != ';')) {
                api_refuse(call, 415, "not-json", "a change is JSON", "Content-Type: application/json");
                return false;
        }
        if (!guard_origin(call)) {
                api_refuse(call, 403, "origin", "the request comes from another page",
                           "`Origin` must be the address of this console");
                return false;
        }
        if (!guard_csrf(call)) {
                api_refuse(call, 403, "csrf", "X-Wardwatch-CSRF is missing, or of another session",
                           "take `csrf` of GET /api/v1/session");
                return false;
        }
        return true;
}
