/*
 *     off ──► connecting ──► idle ◄──► asking
 *      ▲          │           │          │ error, cancelled
 *      └── 2 s ◄──┴───────────┴──────────┘
 *
 * A connection whose question was cancelled is closed: the server hears of it by a cancel request, which libpq can only
 * send while waiting, so a thread of its own does that.
 */
#include "console/database.h"

#include "base/clock.h"
#include "base/log.h"
#include <wardwatch/time.h>

#include <event2/event.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN        (2 * WW_SECOND)
#define CONNECT_TIME (10 * WW_SECOND)
#define SLOW_TIME    (10 * WW_MINUTE)
#define ANSWER_TIME  ((DATABASE_STATEMENT + 15) * WW_SECOND) /* without a byte, longer than the server's own limit */

enum state { OFF, CONNECTING, IDLE, ASKING };

struct query {
        struct query *next;
        struct database *database;
        struct link *link; /* NULL: it waits */
        struct query_handlers handlers;
        char *sql, *values[DATABASE_PARAMS_MAX], *person;
        size_t n;
        bool paused;
        bool slow;     /* without a limit for the statement */
        bool begun;    /* a row has come: it cannot be asked again */
        bool repeated; /* once: the connection was dead already, and nobody had noticed */
        int64_t until; /* boot clock, while it waits */
};

struct link {
        struct database *database;
        enum state state;
        PGconn *conn;
        struct event *io;
        struct query *query;
        int64_t since; /* boot clock */
        bool naming;   /* the server is being told who asks, before the question */
        bool again;    /* set: try when `since` is AGAIN ago */
};

struct database {
        struct event_base *base;
        char *url, *password;
        struct link links[DATABASE_CONNECTIONS];
        struct query *waiting, **waiting_end;
        size_t n_waiting;
        struct event *tick;
        uint64_t done, failed, cancelled, refused;
        bool up;
        char trouble[200];
};

static void link_io(evutil_socket_t fd, short what, void *userdata);
static void links_work(struct database *d);

/* --- queries --- */

static void query_free(struct query *q) {
        for (size_t i = 0; i < q->n; i++)
                free(q->values[i]);
        free(q->sql);
        free(q->person);
        free(q);
}

static void query_end(struct query *q, enum query_result result, const char *why) {
        struct database *d = q->database;

        d->done += result == QUERY_DONE;
        d->failed += result == QUERY_FAILED || result == QUERY_AWAY;
        q->handlers.end(q->handlers.userdata, result, why);
        query_free(q);
}

static struct query *waiting_take(struct database *d) {
        struct query *q = d->waiting;

        if (!q)
                return NULL;
        d->waiting = q->next;
        if (!d->waiting)
                d->waiting_end = &d->waiting;
        d->n_waiting--;
        q->next = NULL;
        return q;
}

static void waiting_remove(struct query *q) {
        struct database *d = q->database;
        struct query **at = &d->waiting;

        while (*at != q)
                at = &(*at)->next;
        *at = q->next;
        if (!*at)
                d->waiting_end = at;
        d->n_waiting--;
}

/* First of all, with a connection that is made anew. */
static void waiting_again(struct query *q) {
        struct database *d = q->database;

        q->repeated = true;
        q->link = NULL;
        q->until = clock_boot() + CONNECT_TIME;
        q->next = d->waiting;
        d->waiting = q;
        if (!q->next)
                d->waiting_end = &q->next;
        d->n_waiting++;
        event_active(d->tick, EV_TIMEOUT, 0);
}

/* --- one connection --- */

static void set_up(struct database *d) {
        bool up = d->up && !*d->trouble; /* a connection was closed because nobody waited for its answer */

        for (size_t i = 0; i < DATABASE_CONNECTIONS; i++)
                up |= d->links[i].state >= IDLE;
        if (up != d->up)
                log_notice(up ? "database-back" : "database-away", NULL, "%s",
                           up ? "history can be asked" : d->trouble);
        d->up = up;
}

static void set_state(struct link *l, enum state state) {
        l->state = state;
        l->since = clock_boot();
        set_up(l->database);
}

static void link_drop(struct link *l, enum query_result result, const char *why) {
        struct query *q = l->query;

        if (l->io)
                event_free(l->io);
        l->io = NULL;
        l->query = NULL;
        if (result == QUERY_AWAY)
                (void)snprintf(l->database->trouble, sizeof l->database->trouble, "%.*s", (int)strcspn(why, "\n"), why);
        PQfinish(l->conn);
        l->conn = NULL;
        set_state(l, OFF);
        if (q && result == QUERY_AWAY && !q->begun && !q->repeated)
                waiting_again(q);
        else if (q)
                query_end(q, result, why);
}

static bool link_wait(struct link *l, short what) {
        if (l->io)
                event_free(l->io);
        l->io = event_new(l->database->base, PQsocket(l->conn), (short)(what | EV_PERSIST), link_io, l);
        return l->io && event_add(l->io, NULL) == 0;
}

static void link_connect(struct link *l) {
        const struct database *d = l->database;
        /* What stands before the URL holds unless the URL says otherwise. Not read-only: reading some views is
         * recorded, which the role may have done and may not do itself. */
        static const char settings[] = "-c statement_timeout=" DATABASE_STATEMENT_TEXT
                                       " -c lock_timeout=5s -c search_path=wardwatch "
                                       "-c timezone=UTC -c datestyle=ISO";
        const char *const names[] = {
                "sslmode", "connect_timeout", "keepalives_idle", "tcp_user_timeout", "application_name",
                "dbname",  "password",        "client_encoding", "options",          NULL
        };
        const char *const values[] = { "verify-full", "10",        "10",   "15000",  "wardwatch-console",
                                       d->url,        d->password, "UTF8", settings, NULL };

        l->conn = PQconnectStartParams(names, values, 1);
        set_state(l, CONNECTING);
        if (!l->conn || PQstatus(l->conn) == CONNECTION_BAD || !link_wait(l, EV_WRITE))
                link_drop(l, QUERY_AWAY, l->conn ? PQerrorMessage(l->conn) : "no memory");
}

static bool link_send(struct link *l, const char *sql, size_t n, const char *const *values, bool rows) {
        return PQsendQueryParams(l->conn, sql, (int)n, NULL, values, NULL, NULL, 0) &&
               (!rows || PQsetSingleRowMode(l->conn)) &&
               link_wait(l, (short)(EV_READ | (PQflush(l->conn) ? EV_WRITE : 0)));
}

static void link_send_query(struct link *l) {
        const struct query *q = l->query;

        l->naming = false;
        if (!link_send(l, q->sql, q->n, (const char *const *)q->values, true))
                link_drop(l, QUERY_AWAY, PQerrorMessage(l->conn));
}

/* Who asks stands in the record of what was read. */
static void link_ask(struct link *l, struct query *q) {
        const char *const values[] = { q->person, q->slow ? "0" : DATABASE_STATEMENT_TEXT };

        q->link = l;
        l->query = q;
        l->naming = true;
        set_state(l, ASKING);
        if (!link_send(l,
                       "SELECT set_config('wardwatch.person', $1, false), set_config('statement_timeout', $2, false)",
                       2, values, false))
                link_drop(l, QUERY_AWAY, PQerrorMessage(l->conn));
}

static void link_next(struct link *l) {
        struct query *q;

        l->database->trouble[0] = '\0';
        set_state(l, IDLE);
        if (!link_wait(l, EV_READ)) {
                link_drop(l, QUERY_AWAY, "no memory");
                return;
        }
        q = waiting_take(l->database);
        if (q)
                link_ask(l, q);
}

static void on_connecting(struct link *l) {
        switch (PQconnectPoll(l->conn)) {
        case PGRES_POLLING_OK:
                link_next(l);
                break;
        case PGRES_POLLING_READING:
                (void)link_wait(l, EV_READ);
                break;
        case PGRES_POLLING_WRITING:
                (void)link_wait(l, EV_WRITE);
                break;
        case PGRES_POLLING_FAILED:
        case PGRES_POLLING_ACTIVE:
        default:
                link_drop(l, QUERY_AWAY, PQerrorMessage(l->conn));
        }
}

/* False: the question is over, or was dropped by its own handler. */
static bool take_result(struct link *l, PGresult *result) {
        struct query *q = l->query;
        ExecStatusType status = PQresultStatus(result);
        char why[200];

        if (status == PGRES_SINGLE_TUPLE && PQntuples(result) == 1) {
                q->begun = true;
                if (!PQgetisnull(result, 0, 0))
                        q->handlers.row(q->handlers.userdata, PQgetvalue(result, 0, 0),
                                        (size_t)PQgetlength(result, 0, 0));
                PQclear(result);
                return l->query == q && !q->paused;
        }
        (void)snprintf(why, sizeof why, "%.*s", (int)strcspn(PQresultErrorMessage(result), "\n"),
                       PQresultErrorMessage(result));
        PQclear(result);
        if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
                return true; /* the end of the rows; the end of the statement is no result at all */
        l->query = NULL;
        if (PQstatus(l->conn) != CONNECTION_OK) {
                l->query = q;
                link_drop(l, QUERY_AWAY, why);
                return false;
        }
        query_end(q, QUERY_FAILED, why);
        return true;
}

static void drain(struct link *l) {
        while (l->conn && !PQisBusy(l->conn)) {
                PGresult *result = PQgetResult(l->conn);
                struct query *q = l->query;

                if (!result && q && l->naming) {
                        link_send_query(l);
                        return;
                }
                if (!result) {
                        l->query = NULL;
                        if (q)
                                query_end(q, QUERY_DONE, "");
                        if (l->conn)
                                link_next(l);
                        return;
                }
                if (!take_result(l, result))
                        return;
        }
}

static void on_asking(struct link *l, short what) {
        if (what & EV_WRITE) {
                int r = PQflush(l->conn);

                if (r == 0)
                        (void)link_wait(l, EV_READ);
                if (r < 0) {
                        link_drop(l, QUERY_AWAY, PQerrorMessage(l->conn));
                        return;
                }
        }
        if (!(what & EV_READ))
                return;
        l->since = clock_boot();
        if (!PQconsumeInput(l->conn))
                link_drop(l, QUERY_AWAY, PQerrorMessage(l->conn));
        else
                drain(l);
}

static void link_io(evutil_socket_t fd, short what, void *userdata) {
        struct link *l = userdata;

        if (l->state == CONNECTING)
                on_connecting(l);
        else if (l->state == ASKING)
                on_asking(l, what);
        else if (!PQconsumeInput(l->conn) || PQstatus(l->conn) != CONNECTION_OK)
                link_drop(l, QUERY_AWAY, PQerrorMessage(l->conn));
}

/* --- cancelling --- */

static void *cancel_thread(void *userdata) {
        PGcancel *cancel = userdata;
        char why[256];

        (void)PQcancel(cancel, why, sizeof why);
        PQfreeCancel(cancel);
        return NULL;
}

static void tell_server(PGconn *conn) {
        PGcancel *cancel = PQgetCancel(conn);
        pthread_attr_t attr;
        pthread_t thread;

        if (!cancel)
                return;
        (void)pthread_attr_init(&attr);
        (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
        if (pthread_create(&thread, &attr, cancel_thread, cancel) != 0)
                PQfreeCancel(cancel);
        (void)pthread_attr_destroy(&attr);
}

void query_cancel(struct query *q) {
        struct link *l = q->link;

        q->database->cancelled++;
        if (!l) {
                waiting_remove(q);
        } else {
                tell_server(l->conn);
                l->query = NULL;
                link_drop(l, QUERY_CANCELLED, "");
        }
        query_free(q);
}

void query_pause(struct query *q, bool pause) {
        if (q->paused == pause)
                return;
        q->paused = pause;
        if (!q->link)
                return;
        q->link->since = clock_boot();
        if (pause)
                (void)event_del(q->link->io);
        else if (event_add(q->link->io, NULL) == 0)
                event_active(q->link->io, EV_READ, 0); /* rows that are read already lie in libpq */
}

/* --- asking --- */

static struct query *put_query(struct database *d, const char *person, const char *sql, const char *const *values,
                               size_t n, const struct query_handlers *handlers) {
        struct query *q = d->n_waiting < DATABASE_WAITING_MAX && n <= DATABASE_PARAMS_MAX ? calloc(1, sizeof *q) : NULL;

        if (!q) {
                d->refused++;
                return NULL;
        }
        q->database = d;
        q->handlers = *handlers;
        q->sql = strdup(sql);
        q->person = strdup(person);
        for (q->n = 0; q->n < n; q->n++)
                q->values[q->n] = values[q->n] ? strdup(values[q->n]) : NULL;
        q->until = clock_boot() + CONNECT_TIME;
        if (!q->sql || !q->person) {
                query_free(q);
                return NULL;
        }
        *d->waiting_end = q;
        d->waiting_end = &q->next;
        d->n_waiting++;
        event_active(d->tick, EV_TIMEOUT, 0); /* not from here: nobody is called back before this returns */
        return q;
}

struct query *database_ask(struct database *d, const char *person, const char *sql, const char *const *values, size_t n,
                           const struct query_handlers *handlers) {
        return put_query(d, person, sql, values, n, handlers);
}

struct query *database_ask_long(struct database *d, const char *person, const char *sql, const char *const *values,
                                size_t n, const struct query_handlers *handlers) {
        struct query *q = put_query(d, person, sql, values, n, handlers);

        if (q)
                q->slow = true;
        return q;
}

static void links_work(struct database *d) {
        int64_t now = clock_boot();

        for (size_t i = 0; i < DATABASE_CONNECTIONS; i++) {
                struct link *l = &d->links[i];
                bool paused = l->query && l->query->paused;
                int64_t limit = l->query && l->query->slow ? SLOW_TIME : ANSWER_TIME;

                if (l->state == IDLE && d->waiting)
                        link_ask(l, waiting_take(d));
                else if (l->state == CONNECTING && now - l->since > CONNECT_TIME)
                        link_drop(l, QUERY_AWAY, "the server does not answer");
                else if (l->state == ASKING && !paused && now - l->since > limit)
                        link_drop(l, QUERY_AWAY, "the server does not answer");
                else if (l->state == OFF && (d->waiting || i == 0) && (!l->again || now - l->since > AGAIN)) {
                        l->again = true;
                        link_connect(l);
                }
        }
}

/* Who waits for a database that is away is told soon. */
static void waiting_give_up(struct database *d) {
        int64_t now = clock_boot();

        while (d->waiting && (now > d->waiting->until || (!d->up && *d->trouble)))
                query_end(waiting_take(d), QUERY_AWAY, d->trouble);
}

static void on_tick(evutil_socket_t fd, short what, void *userdata) {
        struct database *d = userdata;

        links_work(d);
        waiting_give_up(d);
}

/* --- life --- */

int database_new(struct database **ret, struct event_base *base, const char *url, const char *password) {
        static const struct timeval interval = { .tv_usec = 500000 };
        struct database *d = calloc(1, sizeof *d);

        if (!d)
                return -ENOMEM;
        d->base = base;
        d->url = strdup(url);
        d->password = password ? strdup(password) : NULL;
        d->waiting_end = &d->waiting;
        for (size_t i = 0; i < DATABASE_CONNECTIONS; i++)
                d->links[i].database = d;
        d->tick = event_new(base, -1, EV_PERSIST, on_tick, d);
        if (!d->url || !d->tick || event_add(d->tick, &interval) < 0) {
                database_free(d);
                return -ENOMEM;
        }
        links_work(d);
        *ret = d;
        return 0;
}

struct database *database_free(struct database *d) {
        if (!d)
                return NULL;
        for (size_t i = 0; i < DATABASE_CONNECTIONS; i++)
                if (d->links[i].conn)
                        link_drop(&d->links[i], QUERY_AWAY, "the console stops");
        while (d->waiting)
                query_end(waiting_take(d), QUERY_AWAY, "the console stops");
        if (d->tick)
                event_free(d->tick);
        if (d->password)
                explicit_bzero(d->password, strlen(d->password));
        free(d->password);
        free(d->url);
        free(d);
        return NULL;
}

bool database_up(const struct database *d) {
        return d && d->up;
}

void database_figures(const struct database *d, struct database_figures *ret) {
        *ret = (struct database_figures){ 0, d->n_waiting, d->done, d->failed, d->cancelled, d->refused };
        for (size_t i = 0; i < DATABASE_CONNECTIONS; i++)
                ret->running += d->links[i].state == ASKING;
}
