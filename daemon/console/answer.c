/* Answers: one shape of refusal, and the headers that every answer has. */
#include "console/console_internal.h"

#include "base/log.h"

#include <event2/buffer.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Nothing but our own scripts, styles, pictures, sounds and requests; no frame around, none inside. */
static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                             "font-src 'self'; media-src 'self'; connect-src 'self'; manifest-src 'self'; "
                             "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
static const char permissions[] =
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), bluetooth=()";

void answer_headers(const struct console *c, struct evhttp_request *request, bool api) {
        struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
        static const char *const pairs[][2] = {
                { "Content-Security-Policy", policy },
                { "X-Content-Type-Options", "nosniff" },
                { "X-Frame-Options", "DENY" },
                { "Referrer-Policy", "no-referrer" },
                { "Cross-Origin-Opener-Policy", "same-origin" },
                { "Cross-Origin-Resource-Policy", "same-origin" },
                { "Permissions-Policy", permissions },
        };

        for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
                if (!evhttp_find_header(headers, pairs[i][0])) /* an answer may have a stricter one of its own */
                        (void)evhttp_add_header(headers, pairs[i][0], pairs[i][1]);
        if (http_is_tls(c->http))
                (void)evhttp_add_header(headers, "Strict-Transport-Security", "max-age=63072000");
        if (api)
                (void)evhttp_add_header(headers, "Cache-Control", "no-store");
}

static const char *reason_of(int code) {
        switch (code) {
        case 200:
                return "OK";
        case 400:
                return "Bad Request";
        case 401:
                return "Unauthorized";
        case 403:
                return "Forbidden";
        case 404:
                return "Not Found";
        case 405:
                return "Method Not Allowed";
        case 409:
                return "Conflict";
        case 413:
                return "Content Too Large";
        case 415:
                return "Unsupported Media Type";
        case 421:
                return "Misdirected Request";
        case 429:
                return "Too Many Requests";
        case 503:
                return "Service Unavailable";
        default:
                return "Internal Server Error";
        }
}

static void free_text(const void *data, size_t n, void *userdata) {
        free(userdata);
}

/* `text` is taken over. */
static void send_text(struct console *c, struct evhttp_request *request, int code, const char *type, char *text,
                      size_t n) {
        struct evbuffer *body = evbuffer_new();

        answer_headers(c, request, true);
        (void)evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", type);
        if (body && evbuffer_add_reference(body, text, n, free_text, text) == 0)
                text = NULL;
        free(text);
        c->answered[code / 100 % 6]++;
        evhttp_send_reply(request, code, reason_of(code), body);
        if (body)
                evbuffer_free(body);
}

void answer_plain(struct console *c, struct evhttp_request *request, int code, const char *name, const char *text,
                  const char *cure) {
        json_t *body = json_pack("{s:b, s:{s:s, s:s, s:s}}", "ok", 0, "error", "name", name, "text", text, "cure",
                                 cure);
        char *dump = body ? json_dumps(body, JSON_COMPACT) : NULL;

        json_decref(body);
        if (!dump)
                dump = strdup("{}");
        send_text(c, request, code, "application/json", dump, dump ? strlen(dump) : 0);
}

/* --- the end of a call --- */

static void call_free(struct call *call) {
        struct call **at = &call->console->calls;

        while (*at != call)
                at = &(*at)->next;
        *at = call->next;
        if (call->query) {
                evhttp_clear_headers(call->query);
                free(call->query);
        }
        json_decref(call->body);
        explicit_bzero(call->token, sizeof call->token);
        free(call);
}

void api_release(struct call *call) {
        if (call->connection)
                http_connection_watch(call->connection, NULL, NULL);
        call_free(call);
}

/* Also when the client is gone: evhttp has let the request go then, and it is freed by its answer. */
static void call_send(struct call *call, int code, const char *type, char *text, size_t n) {
        if (text)
                send_text(call->console, call->request, code, type, text, n);
        else
                answer_plain(call->console, call->request, 500, "no-memory", "there is no memory", "try again");
        api_release(call);
}

void api_answer(struct call *call, int code, json_t *body) {
        char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

        json_decref(body);
        call_send(call, code, "application/json", text, text ? strlen(text) : 0);
}

void api_text(struct call *call, int code, const char *type, const char *text, size_t n) {
        char *copy = malloc(n ? n : 1);

        if (copy)
                memcpy(copy, text, n);
        call_send(call, code, type, copy, n);
}

static void put_disposition(struct evhttp_request *request, const char *name, bool keep) {
        char text[160];

        (void)snprintf(text, sizeof text, "%s; filename=\"%s\"", keep ? "attachment" : "inline", name);
        (void)evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Disposition", text);
}

/* It lies in the kernel until the client reads it. */
void api_file(struct call *call, const char *type, const char *name, bool keep, int fd, int64_t size) {
        struct evbuffer *body = evbuffer_new();
        int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        bool good = body && own >= 0 && (size == 0 || evbuffer_add_file(body, own, 0, size) == 0);

        if (own >= 0 && (!good || size == 0))
                (void)close(own);
        if (!good) {
                api_refuse(call, 503, "no-memory", "there is no memory", "try again");
        } else {
                answer_headers(call->console, call->request, true);
                (void)evhttp_add_header(evhttp_request_get_output_headers(call->request), "Content-Type", type);
                if (name)
                        put_disposition(call->request, name, keep);
                call->console->answered[2]++;
                evhttp_send_reply(call->request, 200, reason_of(200), body);
                api_release(call);
        }
        if (body)
                evbuffer_free(body);
}

void api_refuse(struct call *call, int code, const char *name, const char *text, const char *cure) {
        api_answer(call, code,
                   json_pack("{s:b, s:{s:s, s:s, s:s}}", "ok", 0, "error", "name", name, "text", text, "cure", cure));
}

void api_done(struct call *call) {
        api_answer(call, 200, json_pack("{s:b}", "ok", 1));
}

/* Browsers take Secure cookies from loopback without TLS, too. */
void answer_cookie(struct call *call, const char *token, int64_t seconds) {
        char text[200];

        (void)snprintf(text, sizeof text,
                       "__Host-wardwatch=%s; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=%lld", token,
                       (long long)seconds);
        (void)evhttp_add_header(evhttp_request_get_output_headers(call->request), "Set-Cookie", text);
        explicit_bzero(text, sizeof text);
}
