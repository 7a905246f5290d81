/*
 * What is made while the client waits: a case bundle, reports, what no sensor type explains, and the draft of one that
 * would. With progress, and to be fetched later, the first two are exports as well (on_export.c).
 */
#include "console/make.h"
#include "console/search.h"
#include "report/report.h"

#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct made {
        struct made *next;
        struct call *call;
        struct work *work;
        const struct make *make;
};

/* Its call goes on by itself. */
static void made_end(struct made *m) {
        struct made **at = &m->call->console->made;

        while (*at != m)
                at = &(*at)->next;
        *at = m->next;
        m->call->gone = NULL;
        work_free(m->work);
        free(m);
}

/* A report is a page of its own: it has its style in it, and nothing in it runs. */
static void send_it(struct call *call, const struct make *make, const struct work *work) {
        const char *format = make_format(make, call->query);
        bool keep = strcmp(format, "csv") == 0 || strcmp(format, "zip") == 0;
        char name[100];
        int64_t size;
        int file = work_file(work, &size);

        make_file_name(make, call->query, name);
        if (strcmp(format, "html") == 0)
                (void)evhttp_add_header(evhttp_request_get_output_headers(call->request), "Content-Security-Policy",
                                        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox");
        api_file(call, make_type(format), name, keep, file, size);
}

static void on_end(void *userdata, enum work_result result, const char *text, const char *cure) {
        struct made *m = userdata, was = *m;
        char said[WORK_TEXT_SIZE], helps[WORK_TEXT_SIZE];

        (void)snprintf(said, sizeof said, "%s", text);
        (void)snprintf(helps, sizeof helps, "%s", cure);
        m->work = NULL;
        made_end(m);
        if (result == WORK_DONE)
                send_it(was.call, was.make, was.work);
        else
                make_refuse(was.call, result, said, helps);
        work_free(was.work);
}

static void stop(struct made *m, const char *name, const char *text) {
        struct call *call = m->call;

        made_end(m);
        api_refuse(call, 503, name, text, "try again in a while"); /* frees what evhttp let go */
}

static void on_gone(struct call *call) {
        stop(call->state, "gone", "nobody waits any more");
}

void made_free(struct console *c) {
        while (c->made)
                stop(c->made, "stops", "the console stops");
}

/* --- asking --- */

static void begin(struct call *call, const struct make *make, json_t *words) {
        struct console *c = call->console;
        struct made *m = calloc(1, sizeof *m);
        const struct work_handlers handlers = { m, NULL, on_end };

        if (m)
                m->work = work_begin(c->works, call->who.name, words, &handlers);
        else
                json_decref(words);
        if (!m || !m->work) {
                free(m);
                api_refuse(call, 429, "busy", "too much is being made, or the disk is full", "try again in a while");
                return;
        }
        if (make->subject)
                console_record(c, "history-exported", call->who.name, "%s of %s", make->name, call->param);
        *m = (struct made){ c->made, call, m->work, make };
        c->made = m;
        call->state = m;
        call->gone = on_gone;
        if (call->connection)
                http_connection_attend(call->connection);
}

/* The path's part is a word like those of the address. */
static void ask(struct call *call, const char *name) {
        const struct make *make = make_find(name);
        char why[MAKE_WHY] = "no memory";
        json_t *words;

        if (make->subject) {
                while (evhttp_remove_header(call->query, make->subject) == 0)
                        ; /* one goes at a time: what is made is what is recorded, whatever else the address says */
                (void)evhttp_add_header(call->query, make->subject, call->param);
        }
        if (!search_ready(call))
                return;
        words = make_words(make, call->query, why);
        if (words)
                begin(call, make, words);
        else
                api_refuse(call, 400, "malformed", why, "see GET /api/v1/openapi.yaml");
}

/* --- routes --- */

void on_case(struct call *call) {
        json_int_t number;

        if (api_number(call, &number))
                ask(call, "case");
}

void on_unknown(struct call *call) {
        ask(call, "unknown");
}

void on_draft(struct call *call) {
        ask(call, "draft");
}

void on_report(struct call *call) {
        if (report_find(call->param))
                ask(call, "report");
        else
                api_refuse(call, 404, "unknown", "there is no such report", "GET /api/v1/reports lists them");
}

void on_reports(struct call *call) {
        json_t *list = json_array();
        const struct report *r;

        for (size_t i = 0; (r = report_at(i)); i++)
                (void)json_array_append_new(
                        list, json_pack("{s:s, s:s, s:s}", "report", r->name, "title", r->title, "period", r->period));
        api_answer(call, 200, json_pack("{s:o}", "reports", list));
}
