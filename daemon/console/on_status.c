/* Health, for people, monitors and the page's own eyes. */
#include "console/console_internal.h"

#include "console/openapi.h"

#include <stdio.h>
#include <string.h>

/* What the site is in: a drill that goes on is to be seen wherever alarms are. */
static json_t *modes_of(const json_t *status) {
        json_t *modes = json_object_get(status, "modes"), *list = json_array(), *mode;
        const char *name;

        json_object_foreach(modes, name, mode) {
                json_t *one = json_copy(mode);

                if (one && !json_object_set_new(one, "mode", json_string(name)))
                        (void)json_array_append(list, one);
                json_decref(one);
        }
        return list;
}

json_t *console_beat(const struct console *c) {
        int64_t age = engine_link_age(c->engine);
        const json_t *blind = json_object_get(engine_link_status(c->engine), "blind");
        char now[32];

        instant_format(clock_wall(), now);
        return json_pack("{s:s, s:b, s:o, s:o, s:b, s:s?, s:o}", "now", now, "engine",
                         engine_link_up(c->engine) && live_complete(c->live), "engine_age",
                         age < 0 ? json_null() : json_real((double)age / WW_SECOND), "intake",
                         json_is_boolean(blind) ? json_boolean(json_is_false(blind)) : json_null(), "database",
                         database_up(c->database), "at", *live_at(c->live) ? live_at(c->live) : NULL, "modes",
                         modes_of(engine_link_status(c->engine)));
}

void on_health(struct call *call) {
        const struct console *c = call->console;
        bool well = engine_link_up(c->engine) && live_complete(c->live);

        api_answer(call, well ? 200 : 503,
                   json_pack("{s:b, s:b, s:b}", "ok", well, "engine", well, "database", database_up(c->database)));
}

void on_status(struct call *call) {
        const struct console *c = call->console;
        const json_t *status = engine_link_status(c->engine);
        struct http_figures http;
        struct database_figures database = { 0 };

        if (!status || !engine_link_up(c->engine)) {
                api_refuse(call, 503, "engine-away", "the engine does not answer", "look at the daemon's log");
                return;
        }
        http_figures(c->http, &http);
        if (c->database)
                database_figures(c->database, &database);
        api_answer(call, 200,
                   json_pack("{s:O, s:{s:I, s:I, s:I, s:I, s:b, s:I, s:I}}", "engine", status, "console", "connections",
                             (json_int_t)http.connections, "sessions", (json_int_t)sessions_count(c->sessions),
                             "streams", (json_int_t)c->n_streams, "streams_dropped", (json_int_t)c->streams_dropped,
                             "database", database_up(c->database), "queries_running", (json_int_t)database.running,
                             "queries_waiting", (json_int_t)database.waiting));
}

void on_openapi(struct call *call) {
        api_text(call, 200, "application/yaml", (const char *)openapi_yaml, openapi_yaml_n);
}
