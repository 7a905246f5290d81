/*
 * The form for hints: a public door, and so a narrow one.
 *
 *     GET  /tips          the form
 *     POST /tips          a hint ─► the engine ({"cmd": "tip"}) ─► it is in the journal ─► the page with its number
 *     POST /tips/answer   the number ─► what is live, then PostgreSQL ─► how it stands, or the answer
 *
 * Anonymous: neither address nor headers go anywhere. The number is 100 random bits; only its hash is kept in the
 * record, so that nobody who reads records can speak as the one who gave it, and it can be neither guessed nor listed.
 * The form brings the number along: sent twice (a second press, an answer that was lost) it is one hint, because the
 * command's id is made of the number and of what was written.
 *
 * Bounds: console.tips_per_address and console.tips_per_hour of hints; ASKED_TIMES as many questions for answers; a
 * body of BODY_MAX; a few kilobytes a request. What was sent is never in a page.
 */
#include "console/tips.h"

#include "console/quota.h"
#include "console/tip_page.h"

#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#define BODY_MAX         16384 /* bytes */
#define REFERENCE_GROUPS 4
#define REFERENCE_LETTER 5 /* in a group; five bits each */
#define REFERENCE_N      (REFERENCE_GROUPS * REFERENCE_LETTER)
#define HASH_BYTES       16
#define HASH_SIZE        (2 * HASH_BYTES + 1)
#define ASKED_TIMES      3

struct tips {
        struct quota *given, *asked;
        struct tips_figures figures;
};

/* One request. */
struct tip {
        struct call *call;
        struct evkeyvalq body;
        enum tip_language language;
        char reference[TIP_REFERENCE_MAX], hash[HASH_SIZE];
        struct query *query;
        enum tip_said said; /* of the newest row */
        char *answer;
};

/* --- the number --- */

static const char letters[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"; /* none that looks like another */

static void reference_group(const char plain[REFERENCE_N], char reference[TIP_REFERENCE_MAX]) {
        (void)snprintf(reference, TIP_REFERENCE_MAX, "%.5s-%.5s-%.5s-%.5s", plain, plain + REFERENCE_LETTER,
                       plain + 2 * REFERENCE_LETTER, plain + 3 * REFERENCE_LETTER);
}

static void reference_new(char reference[TIP_REFERENCE_MAX]) {
        char plain[REFERENCE_N];

        for (size_t i = 0; i < REFERENCE_N; i++)
                plain[i] = letters[randombytes_uniform(sizeof letters - 1)];
        reference_group(plain, reference);
}

/* As people write it down: small letters, blanks, without dashes. */
static bool reference_read(const char *text, char reference[TIP_REFERENCE_MAX]) {
        char plain[REFERENCE_N];
        size_t n = 0;

        for (; text && *text; text++) {
                char letter = *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text;

                if (strchr(" -\t\r\n", letter))
                        continue;
                if (n == REFERENCE_N || !strchr(letters, letter))
                        return false;
                plain[n++] = letter;
        }
        if (n == REFERENCE_N)
                reference_group(plain, reference);
        return n == REFERENCE_N;
}

static void reference_hash(const char *reference, char hash[HASH_SIZE]) {
        static const uint8_t key[] = "wardwatch: number of a hint";
        uint8_t bytes[HASH_BYTES];

        (void)crypto_generichash(bytes, sizeof bytes, (const uint8_t *)reference, strlen(reference), key,
                                 sizeof key - 1);
        sodium_bin2hex(hash, HASH_SIZE, bytes, sizeof bytes);
}

/* --- the answer --- */

static int code_of(enum tip_said said) {
        static const int codes[TIP_SAID_MAX_] = {
                [TIP_SAID_EMPTY] = 400,        [TIP_SAID_LONG] = 413,    [TIP_SAID_MALFORMED] = 400,
                [TIP_SAID_ELSEWHERE] = 403,    [TIP_SAID_OFTEN] = 429,   [TIP_SAID_AWAY] = 503,
                [TIP_SAID_NO_REFERENCE] = 400, [TIP_SAID_UNKNOWN] = 404,
        };

        return codes[said] ? codes[said] : 200;
}

static void tip_free(struct tip *t) {
        evhttp_clear_headers(&t->body);
        free(t->answer);
        free(t);
}

static void send_page(struct call *call, enum tip_said said, const struct tip_page *page) {
        struct evkeyvalq *headers = evhttp_request_get_output_headers(call->request);
        _cleanup_buf_ struct buf html = BUF_INIT;

        tip_page_write(&html, page);
        /* with `no-referrer` a browser would not say that the form is ours */
        (void)evhttp_add_header(headers, "Referrer-Policy", "same-origin");
        (void)evhttp_add_header(headers, "Content-Security-Policy", tip_page_policy());
        if (html.error)
                api_refuse(call, 503, "no-memory", "there is no memory", "try again");
        else
                api_text(call, code_of(said), "text/html; charset=utf-8", (const char *)html.p, html.n);
}

/* Ends the request. `taken`: its number is shown. */
static void tip_answer(struct tip *t, enum tip_said said, bool taken) {
        char next[TIP_REFERENCE_MAX];
        const struct tip_page page = { .language = t->language,
                                       .said = said,
                                       .reference = taken ? t->reference : NULL,
                                       .next = next,
                                       .answer = said == TIP_SAID_ANSWERED ? t->answer : NULL };
        struct tips *tips = t->call->console->tips;

        reference_new(next);
        tips->figures.refused += code_of(said) >= 400 && code_of(said) < 500;
        tips->figures.often += said == TIP_SAID_OFTEN;
        t->call->gone = NULL;
        send_page(t->call, said, &page);
        tip_free(t);
}

/* --- what was sent --- */

/* A text of the form as it is kept: lines end in \n, and controls are none. False: not UTF-8, or too long. */
static bool field_of(const struct tip *t, const char *name, size_t max, json_t **ret, enum tip_said *ret_said) {
        const char *given = evhttp_find_header(&t->body, name);
        char text[TIP_TEXT_MAX + 1];
        size_t n = 0;

        for (; given && *given; given++) {
                unsigned char byte = (unsigned char)*given;

                if ((byte < ' ' && byte != '\n' && byte != '\t') || byte == 0x7f || (!n && strchr(" \n\t", *given)))
                        continue;
                if (n == max) {
                        *ret_said = TIP_SAID_LONG;
                        return false;
                }
                text[n++] = (char)byte;
        }
        while (n && strchr(" \n\t", text[n - 1]))
                n--;
        *ret = json_stringn(text, n);
        if (!*ret)
                *ret_said = TIP_SAID_MALFORMED;
        return *ret != NULL;
}

static bool is_form(struct evhttp_request *request) {
        static const char type[] = "application/x-www-form-urlencoded";
        const char *is = evhttp_find_header(evhttp_request_get_input_headers(request), "Content-Type");

        return is && strncasecmp(is, type, sizeof type - 1) == 0 &&
               (!is[sizeof type - 1] || is[sizeof type - 1] == ';');
}

static enum tip_said read_body(struct tip *t) {
        struct evbuffer *input = evhttp_request_get_input_buffer(t->call->request);
        size_t n = evbuffer_get_length(input);
        char *text;
        bool ok;

        if (n > BODY_MAX)
                return TIP_SAID_LONG;
        if (!is_form(t->call->request) || !(text = malloc(n + 1)))
                return TIP_SAID_MALFORMED;
        (void)evbuffer_copyout(input, text, n);
        text[n] = '\0';
        ok = strlen(text) == n && n && evhttp_parse_query_str(text, &t->body) == 0;
        free(text);
        return ok ? TIP_SAID_NOTHING : TIP_SAID_MALFORMED;
}

/* --- a hint --- */

static void on_taken(void *userdata, const json_t *answer) {
        struct tip *t = userdata;
        bool taken = json_is_true(json_object_get(answer, "ok"));

        t->call->console->tips->figures.taken += taken;
        tip_answer(t, taken ? TIP_SAID_TAKEN : TIP_SAID_AWAY, taken);
}

/* The same hint again is the same command. */
static json_t *id_of(const struct tip *t, const json_t *request) {
        char *text = json_dumps(request, JSON_COMPACT | JSON_SORT_KEYS), hash[HASH_SIZE];

        if (!text)
                return NULL;
        reference_hash(text, hash);
        free(text);
        return json_sprintf("tip:%s:%s", t->hash, hash);
}

static enum tip_said request_of(struct tip *t, json_t **ret) {
        static const struct {
                const char *name;
                size_t max;
        } fields[] = { { "text", TIP_TEXT_MAX },
                       { "place", TIP_WORD_MAX },
                       { "from", TIP_WORD_MAX },
                       { "reply_to", TIP_WORD_MAX } };
        json_t *request = json_pack("{s:s, s:s}", "cmd", "tip", "reference", t->hash);
        enum tip_said why = TIP_SAID_AWAY;

        for (size_t i = 0; request && i < sizeof fields / sizeof *fields; i++) {
                json_t *text = NULL;

                if (!field_of(t, fields[i].name, fields[i].max, &text, &why) ||
                    json_object_set_new(request, fields[i].name, text)) {
                        json_decref(request);
                        return why;
                }
        }
        if (request && !json_string_length(json_object_get(request, "text"))) {
                json_decref(request);
                return TIP_SAID_EMPTY;
        }
        if (!request || json_object_set_new(request, "id", id_of(t, request))) {
                json_decref(request);
                return TIP_SAID_AWAY;
        }
        *ret = request;
        return TIP_SAID_NOTHING;
}

static void give(struct tip *t) {
        struct console *c = t->call->console;
        json_t *request = NULL;
        enum tip_said said;

        if (!reference_read(evhttp_find_header(&t->body, "reference"), t->reference))
                reference_new(t->reference);
        reference_hash(t->reference, t->hash);
        said = request_of(t, &request);
        if (said != TIP_SAID_NOTHING) {
                tip_answer(t, said, false);
        } else if (engine_link_busy(c->engine, json_string_value(json_object_get(request, "id")))) {
                json_decref(request); /* pressed twice: the other answer is on its way, and this one will do */
                tip_answer(t, TIP_SAID_TAKEN, true);
        } else if (!quota_take(c->tips->given, t->call->source, clock_boot())) {
                json_decref(request);
                tip_answer(t, TIP_SAID_OFTEN, false);
        } else {
                engine_link_ask(c->engine, request, on_taken, t);
        }
}

/* --- its answer --- */

static enum tip_said said_of(const char *state) {
        return !state                           ? TIP_SAID_UNKNOWN
               : strcmp(state, "answered") == 0 ? TIP_SAID_ANSWERED
               : strcmp(state, "new") == 0      ? TIP_SAID_NEW
                                                : TIP_SAID_TRIAGED;
}

/* A row, or a live record: {state, fields: {answer}}. */
static void take_state(struct tip *t, const json_t *body) {
        const char *answer = json_string_value(json_object_get(json_object_get(body, "fields"), "answer"));

        t->said = said_of(json_string_value(json_object_get(body, "state")));
        free(t->answer);
        t->answer = answer ? strdup(answer) : NULL;
}

static int visit_live(void *userdata, const json_t *change) {
        struct tip *t = userdata;
        const json_t *body = json_object_get(change, "body");
        const char *kind = json_string_value(json_object_get(body, "kind"));
        const char *hash = json_string_value(json_object_get(json_object_get(body, "fields"), "reference"));

        if (!kind || strcmp(kind, "tip") != 0 || !hash || strcmp(hash, t->hash) != 0)
                return 0;
        take_state(t, body);
        return 1;
}

static void on_row(void *userdata, const char *text, size_t n) {
        struct tip *t = userdata;
        json_t *body = json_loadb(text, n, 0, NULL);

        if (body)
                take_state(t, body);
        json_decref(body);
}

static void on_end(void *userdata, enum query_result result, const char *why) {
        struct tip *t = userdata;

        (void)why;
        tip_answer(t, result == QUERY_DONE ? t->said : TIP_SAID_AWAY, false);
}

static void on_gone(struct call *call) {
        struct tip *t = call->state;

        query_cancel(t->query);
        tip_answer(t, TIP_SAID_AWAY, false); /* frees what evhttp let go */
}

static void ask_history(struct tip *t) {
        static const char sql[] =
                "SELECT json_build_object('state', body->>'state', 'fields', body->'fields')::text "
                "FROM change WHERE subject = 'record' AND body->>'kind' = 'tip' "
                "AND body->'fields'->>'reference' = $1 ORDER BY changed_at DESC, version DESC LIMIT 1";
        const char *values[] = { t->hash };
        const struct query_handlers handlers = { t, on_row, on_end };
        struct console *c = t->call->console;

        t->query = c->database && database_up(c->database) ? database_ask(c->database, "", sql, values, 1, &handlers)
                                                           : NULL;
        if (!t->query) {
                tip_answer(t, TIP_SAID_AWAY, false);
                return;
        }
        t->call->state = t;
        t->call->gone = on_gone;
        if (t->call->connection)
                http_connection_attend(t->call->connection);
}

static void look(struct tip *t) {
        struct console *c = t->call->console;

        c->tips->figures.asked++;
        if (!quota_take(c->tips->asked, t->call->source, clock_boot())) {
                tip_answer(t, TIP_SAID_OFTEN, false);
        } else if (!reference_read(evhttp_find_header(&t->body, "number-asked"), t->reference)) {
                tip_answer(t, TIP_SAID_NO_REFERENCE, false);
        } else {
                reference_hash(t->reference, t->hash);
                t->said = TIP_SAID_UNKNOWN;
                (void)live_each(c->live, "record", visit_live, t);
                if (t->said != TIP_SAID_UNKNOWN)
                        tip_answer(t, t->said, false);
                else
                        ask_history(t);
        }
}

/* --- beginning --- */

static enum tip_language language_of(const struct tip *t, bool post) {
        const char *word = post ? evhttp_find_header(&t->body, "lang") : evhttp_find_header(t->call->query, "lang");

        return tip_page_language(
                word ? word
                     : evhttp_find_header(evhttp_request_get_input_headers(t->call->request), "Accept-Language"));
}

static void tip_run(struct tip *t, const char *path) {
        bool post = evhttp_request_get_command(t->call->request) == EVHTTP_REQ_POST;
        enum tip_said wrong = post ? read_body(t) : TIP_SAID_NOTHING;

        t->language = language_of(t, post);
        if (wrong != TIP_SAID_NOTHING || !post)
                tip_answer(t, wrong, false);
        else if (!guard_form(t->call))
                tip_answer(t, TIP_SAID_ELSEWHERE, false);
        else if (strcmp(path, "/tips") == 0)
                give(t);
        else
                look(t);
}

void tips_begin(struct console *c, struct evhttp_request *request, struct http_connection *connection,
                const char *path) {
        enum evhttp_cmd_type method = evhttp_request_get_command(request);
        struct call *call;
        struct tip *t;

        if (method != EVHTTP_REQ_POST && (method != EVHTTP_REQ_GET || strcmp(path, "/tips") != 0)) {
                answer_plain(c, request, 405, "method", "this takes another method", "begin with GET /tips");
                return;
        }
        call = api_call_new(c, request, connection, NULL, "");
        if (!call) {
                answer_plain(c, request, 400, "malformed", "the address cannot be read", "begin with GET /tips");
                return;
        }
        t = calloc(1, sizeof *t);
        if (!t) {
                api_refuse(call, 503, "no-memory", "there is no memory", "try again");
                return;
        }
        TAILQ_INIT(&t->body);
        t->call = call;
        tip_run(t, path);
}

bool tips_path(const struct tips *t, const char *path) {
        return t && (strcmp(path, "/tips") == 0 || strcmp(path, "/tips/answer") == 0);
}

/* --- life --- */

int tips_new(struct tips **ret, const struct config *config) {
        int64_t each = config->console.tips_per_address, all = config->console.tips_per_hour;
        struct tips *t;
        int r;

        if (!config->console.tips)
                return 0;
        t = calloc(1, sizeof *t);
        if (!t)
                return -ENOMEM;
        r = quota_new(&t->given, each, all);
        if (!r)
                r = quota_new(&t->asked, ASKED_TIMES * each, ASKED_TIMES * all);
        if (r) {
                tips_free(t);
                return r;
        }
        *ret = t;
        return 0;
}

struct tips *tips_free(struct tips *t) {
        if (!t)
                return NULL;
        quota_free(t->given);
        quota_free(t->asked);
        free(t);
        return NULL;
}

void tips_figures(const struct tips *t, struct tips_figures *ret) {
        *ret = t ? t->figures : (struct tips_figures){ 0 };
}
