/*
 * The map of the console:
 *
 *   engine.c    the feed and the commands        http.c, tls.c    connections and their bounds
 *   live.c      what is now, and the newest lines  api.c, guard.c   who asks, and may he: routes.c is the table
 *   auth.c      passwords, keys                  stream.c         server-sent events
 *   database.c  questions about the past         on_*.c           the routes
 *   session.c   who is logged in                 pages.c          the files that browsers get
 *   rights.c    roles and credentials that end while somebody is logged in
 *   tips.c      the public form for hints, with tip_page.c and quota.c
 *   work.c      what takes long, in processes of its own
 *
 * One loop, in which nothing waits.
 */
#include "console/console.h"

#include "base/log.h"
#include "base/metrics_http.h"
#include "base/worker.h"
#include "console/console_internal.h"
#include "console/tips.h"
#include "wardwatch-build.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define BEAT_SECONDS 2 /* a page calls itself NOT LIVE after 5 s without one */

/* --- the feed --- */

static void on_flush(evutil_socket_t fd, short what, void *userdata) {
        streams_flush(userdata);
}

/* Once in a turn of the loop, for all lines that came. */
static void flush_soon(struct console *c) {
        event_active(c->flush, EV_TIMEOUT, 0);
}

static void on_line(void *userdata, const json_t *line) {
        struct console *c = userdata;

        if (!live_take(c->live, line))
                return;
        c->lines++;
        rights_line(c, line);
        flush_soon(c);
}

static void on_reset(void *userdata) {
        struct console *c = userdata;

        c->resets++;
        live_reset(c->live);
        streams_keys(c, NULL); /* whether a key was taken back meanwhile shows when it comes again */
        flush_soon(c);
}

static const char *on_at(void *userdata) {
        struct console *c = userdata;

        return live_complete(c->live) ? live_at(c->live) : "";
}

static void on_past(void *userdata, const json_t *lines) {
        struct console *c = userdata;

        live_past(c->live, lines);
}

static void on_engine(void *userdata) {
        streams_beat(userdata);
}

/* --- sessions --- */

static void on_session_changed(void *userdata, struct session *s, bool ended, const char *why) {
        struct console *c = userdata;
        char data[200];

        (void)snprintf(data, sizeof data, ended ? "{\"ended\":\"%s\"}" : "{\"locked\":%s}",
                       ended       ? why
                       : s->locked ? "true"
                                   : "false");
        streams_session(c, s->number, data, ended);
        console_record(c, ended ? "logout" : "session-locked", s->name, "%s, session %llu", why,
                       (unsigned long long)s->number);
}

/* --- time --- */

static void on_beat(evutil_socket_t fd, short what, void *userdata) {
        streams_beat(userdata);
}

static void on_second(evutil_socket_t fd, short what, void *userdata) {
        struct console *c = userdata;

        sessions_turn(c->sessions, clock_wall());
        exports_turn(c);
        works_turn(c->works);
        seconds_turn(c);
        rights_turn(c);
        site_refresh(c);
        if (database_up(c->database) != c->database_up) {
                c->database_up = !c->database_up;
                streams_beat(c);
        }
        worker_status(c->worker, "%zu sessions, %zu streams, engine %s, history %s", sessions_count(c->sessions),
                      c->n_streams, engine_link_up(c->engine) ? "there" : "away",
                      database_up(c->database) ? "there" : "away");
}

/* --- metrics --- */

static void on_collect(void *userdata, struct metrics *m) {
        static const char *const classes[] = { "", "1xx", "2xx", "3xx", "4xx", "5xx" };
        const struct console *c = userdata;
        struct http_figures http;
        struct engine_figures engine;
        struct database_figures database = { 0 };
        struct tips_figures tips;

        http_figures(c->http, &http);
        engine_link_figures(c->engine, &engine);
        if (c->database)
                database_figures(c->database, &database);
        tips_figures(c->tips, &tips);
        metrics_put(m, METRICS_CONSOLE_ENGINE, engine_link_up(c->engine));
        metrics_put(m, METRICS_CONSOLE_DATABASE, database_up(c->database));
        metrics_put(m, METRICS_CONSOLE_CONNECTIONS, (double)http.connections);
        metrics_put(m, METRICS_CONSOLE_CONNECTIONS_LIMIT, (double)c->config->console.connections);
        metrics_put_of(m, METRICS_CONSOLE_TURNED_AWAY, ww_str("address"), (double)http.turned_away_address);
        metrics_put_of(m, METRICS_CONSOLE_TURNED_AWAY, ww_str("slow"), (double)http.turned_away_slow);
        metrics_put_of(m, METRICS_CONSOLE_TURNED_AWAY, ww_str("files"), (double)http.turned_away_files);
        for (size_t i = 2; i < 6; i++)
                metrics_put_of(m, METRICS_CONSOLE_REQUESTS, ww_str(classes[i]), (double)c->answered[i]);
        metrics_put(m, METRICS_CONSOLE_SESSIONS, (double)sessions_count(c->sessions));
        metrics_put(m, METRICS_CONSOLE_STREAMS, (double)c->n_streams);
        metrics_put(m, METRICS_CONSOLE_STREAMS_DROPPED, (double)c->streams_dropped);
        metrics_put(m, METRICS_CONSOLE_LINES, (double)c->lines);
        metrics_put(m, METRICS_CONSOLE_RESETS, (double)c->resets);
        metrics_put_of(m, METRICS_CONSOLE_LOGINS, ww_str("yes"), (double)c->logins_yes);
        metrics_put_of(m, METRICS_CONSOLE_LOGINS, ww_str("no"), (double)c->logins_no);
        metrics_put_of(m, METRICS_CONSOLE_LOGINS, ww_str("totp"), (double)c->logins_totp);
        metrics_put_of(m, METRICS_CONSOLE_LOGINS, ww_str("busy"), (double)c->logins_busy);
        metrics_put_of(m, METRICS_CONSOLE_TIPS, ww_str("taken"), (double)tips.taken);
        metrics_put_of(m, METRICS_CONSOLE_TIPS, ww_str("refused"), (double)tips.refused);
        metrics_put_of(m, METRICS_CONSOLE_TIPS, ww_str("often"), (double)tips.often);
        metrics_put_of(m, METRICS_CONSOLE_TIPS, ww_str("asked"), (double)tips.asked);
        metrics_put_of(m, METRICS_CONSOLE_QUERIES, ww_str("done"), (double)database.done);
        metrics_put_of(m, METRICS_CONSOLE_QUERIES, ww_str("failed"), (double)database.failed);
        metrics_put_of(m, METRICS_CONSOLE_QUERIES, ww_str("cancelled"), (double)database.cancelled);
        metrics_put_queue(m, "engine", engine.waiting, ENGINE_WAITING_MAX, engine.refused);
        metrics_put_queue(m, "notices", engine.notices, ENGINE_NOTICES_MAX, engine.notices_lost);
        metrics_put_queue(m, "queries", database.waiting, DATABASE_WAITING_MAX, database.refused);
        works_metrics(c->works, m);
        worker_metrics(c->worker, m);
}

/* --- life --- */

static void on_stop(void *userdata) {
        struct console *c = userdata;

        (void)event_base_loopbreak(c->base);
}

/*
 * It says nothing but that both it and its keeper are gone. This process may start nobody itself: it is started anew,
 * and with it both; sessions and who was asked to be a second person are kept, files that were made are not.
 */
static void on_helper(evutil_socket_t fd, short what, void *userdata) {
        struct console *c = userdata;

        log_error("console-work", NULL,
                  "the process that starts others is gone, and the one that would start it anew, too; "
                  "the console is started anew");
        c->helper_gone = true;
        (void)event_base_loopbreak(c->base);
}

static void on_reload(void *userdata) {
        struct console *c = userdata;

        (void)http_reload(c->http);
}

/* As many connections as are allowed need as many descriptors. */
static void raise_files(const struct config *config) {
        struct rlimit files;
        rlim_t wanted = (rlim_t)config->console.connections + 200;

        if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur >= wanted)
                return;
        files.rlim_cur = wanted < files.rlim_max ? wanted : files.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur < wanted)
                log_warning("console-files", NULL, "%llu descriptors, fewer than console.connections needs (%llu)",
                            (unsigned long long)files.rlim_cur, (unsigned long long)wanted);
}

static int setup_database(struct console *c) {
        const struct config *config = c->config;
        struct diag d = DIAG_INIT;
        _cleanup_buf_ struct buf text = BUF_INIT;
        char *password = NULL;
        int r = 0;

        if (!*config->console.database)
                return 0;
        if (*config->console.database_password_file)
                r = config_secret(config->console.database_password_file, &d, &password);
        diag_render(&d, &text);
        diag_deinit(&d);
        if (r)
                log_error("console-password", config->console.database_password_file, "%.*s",
                          WW_STR_ARG(buf_str(&text)));
        if (!r)
                r = database_new(&c->database, c->base, config->console.database, password);
        if (password)
                explicit_bzero(password, strlen(password));
        free(password);
        return r;
}

static int setup_links(struct console *c) {
        const struct engine_handlers engine = { c, on_line, on_reset, on_at, on_past, on_engine };
        char path[4096];
        int r;

        (void)snprintf(path, sizeof path, "%s/auth/auth.sock", c->config->state.run_dir);
        r = auth_link_new(&c->auth, c->base, c->config->auth.enabled ? path : "");
        (void)snprintf(path, sizeof path, "%s/wardwatch.sock", c->config->state.run_dir);
        return r ? r : engine_link_new(&c->engine, c->base, path, &engine);
}

static int setup_http(struct console *c, int listen_fd) {
        const struct config *config = c->config;
        const char *pages = *config->console.pages ? config->console.pages : WARDWATCH_DATADIR "/console";
        const struct http_options options = {
                .fd = listen_fd,
                .tls_cert = config->console.tls_cert,
                .tls_key = config->console.tls_key,
                .connections = (size_t)config->console.connections,
                .connections_per_address = (size_t)config->console.connections_per_address,
                .userdata = c,
                .request = api_begin,
        };
        int r = pages_new(&c->pages, pages);

        if (!r)
                r = tips_new(&c->tips, config);
        return r ? r : http_new(&c->http, c->base, &options);
}

static int setup_events(struct console *c, int helper) {
        static const struct timeval second = { .tv_sec = 1 }, beat = { .tv_sec = BEAT_SECONDS };

        c->second = event_new(c->base, -1, EV_PERSIST, on_second, c);
        c->beat = event_new(c->base, -1, EV_PERSIST, on_beat, c);
        c->flush = event_new(c->base, -1, 0, on_flush, c);
        c->helper = event_new(c->base, helper, EV_READ, on_helper, c);
        return c->second && c->beat && c->flush && c->helper && !event_add(c->second, &second) &&
                               !event_add(c->beat, &beat) && !event_add(c->helper, NULL)
                       ? 0
                       : -ENOMEM;
}

static int setup(struct console *c, int helper, int control_fd, const struct console_files *files) {
        const struct worker_handlers worker = { .userdata = c, .stop = on_stop, .reload = on_reload };
        const struct sessions_options sessions = { files->dir, c->config->console.idle, c->config->console.session_max,
                                                   c, on_session_changed };
        const struct metrics_http_options metrics = {
                .key = "metrics.console", .port = c->config->metrics.console, .userdata = c, .collect = on_collect
        };
        int r;

        c->dir_fd = files->dir;
        c->base = event_base_new();
        r = c->base ? worker_new(&c->worker, c->base, control_fd, &worker) : -ENOMEM;
        if (!r)
                r = setup_events(c, helper);
        if (!r)
                r = sessions_new(&c->sessions, &sessions, clock_wall());
        if (!r)
                seconds_read(c);
        if (!r)
                r = live_new(&c->live);
        if (!r)
                r = works_new(&c->works, c->base, helper, files->dir);
        if (!r)
                r = setup_database(c);
        if (!r)
                r = setup_links(c);
        if (!r)
                r = setup_http(c, files->listen);
        return r ? r : metrics_http_new(&c->metrics, c->base, &metrics);
}

static void teardown(struct console *c) {
        streams_end(c);
        exports_free(c);
        made_free(c);
        seconds_free(c);
        c->database = database_free(c->database);
        c->auth = auth_link_free(c->auth);
        c->engine = engine_link_free(c->engine);
        http_free(c->http);
        works_free(c->works);
        metrics_http_free(c->metrics);
        pages_free(c->pages);
        tips_free(c->tips);
        sessions_free(c->sessions);
        live_free(c->live);
        json_decref(c->site);
        if (c->second)
                event_free(c->second);
        if (c->beat)
                event_free(c->beat);
        if (c->flush)
                event_free(c->flush);
        if (c->helper)
                event_free(c->helper);
        worker_free(c->worker);
        if (c->base)
                event_base_free(c->base);
}

int console_files_open(const struct config *config, struct console_files *ret) {
        char path[4096];

        if (!*config->console.listen) {
                log_error("console-start", NULL, "console.listen is not set");
                return -EINVAL;
        }
        (void)snprintf(path, sizeof path, "%s/" CONSOLE_DIR, config->state.dir);
        ret->dir = worker_open_folder(config->users.console, path);
        if (ret->dir < 0) {
                log_error("console-folder", path, "cannot be opened: %s; `wardwatch run` makes it",
                          strerror(-ret->dir));
                return ret->dir;
        }
        ret->listen = http_bind(config->console.listen);
        if (ret->listen < 0)
                (void)close(ret->dir);
        return ret->listen < 0 ? ret->listen : 0;
}

int console_main(const struct config *config, int helper, int control_fd, const struct console_files *files) {
        struct console c = { .config = config };
        int r;

        (void)prctl(PR_SET_DUMPABLE, 0); /* passwords pass through */
        raise_files(config);
        r = setup(&c, helper, control_fd, files);
        if (r) {
                log_error("console-start", NULL, "%s", strerror(-r));
        } else {
                log_notice("console", config->console.listen, "%s", http_is_tls(c.http) ? "https" : "http");
                worker_ready(c.worker);
                (void)event_base_dispatch(c.base);
        }
        teardown(&c);
        (void)close(files->dir);
        (void)close(helper);
        return r || c.helper_gone ? EXIT_FAILURE : EXIT_SUCCESS;
}

json_t *console_routes(void) {
        json_t *list = json_array();

        for (size_t i = 0; i < routes_n; i++) {
                const struct route *r = &routes[i];
                json_t *roles = json_array(), *scope = json_null();

                for (size_t k = 0; k < ROLES_N; k++)
                        if (r->roles & 1U << k)
                                (void)json_array_append_new(roles, json_string(role_names[k]));
                if (r->roles & ROLE_ANYBODY)
                        (void)json_array_append_new(roles, json_string("anybody"));
                if (r->roles & ROLE_PROGRAM)
                        (void)json_array_append_new(roles, json_string("program"));
                if (r->roles & ROLE_WALLBOARD)
                        (void)json_array_append_new(roles, json_string("wallboard"));
                if (r->roles & ROLE_PUBLIC)
                        (void)json_array_append_new(roles, json_string("public"));
                for (size_t k = 0; k < SCOPES_N; k++)
                        if (r->scope == 1U << k)
                                scope = json_string(scope_names[k]);
                (void)json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o, s:b, s:s}", "method", r->method,
                                                            "path", r->path, "roles", roles, "scope", scope, "locked",
                                                            r->locked, "summary", r->summary));
        }
        return list;
}
