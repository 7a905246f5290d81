#include "supervisor.h"
#include "base/log.h"
#include "supervisor_child.h"
#include "supervisor_dirs.h"
#include "supervisor_inforce.h"
#include "supervisor_internal.h"
#include "supervisor_lock.h"
#include "supervisor_notify.h"
#include <event2/event.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wardwatch/time.h>

/*
 * The map of the daemon: a table of workers, four signals, and one order in which things stop.
 *
 * Workers are started all at once: the store waits for the engine's journal by itself. They are stopped one by one in
 * the table's order: the engine first, so that the store can still carry to PostgreSQL what the engine's last turn
 * concluded. If this process is killed, the kernel kills the workers (base/worker_enter.c).
 */

/* Together less than the unit's TimeoutStopSec=90. The engine writes a snapshot of all that it knows. */
#define STOP_ENGINE  (50 * WW_SECOND)
#define STOP_STORE   (10 * WW_SECOND)
#define STOP_NOTIFY  (5 * WW_SECOND)
#define STOP_CONSOLE (5 * WW_SECOND)
#define STOP_AUTH    (2 * WW_SECOND)

/* Of one that is not ready. It has nothing yet that it would leave in order, and may not hear before it is. */
#define UNREADY_WAIT (5 * WW_SECOND)

/* Beside what a worker may be silent for, and pause for after that: until another one has begun and said so. */
#define START_MARGIN WW_MINUTE

static bool wants_store(const struct config *config) {
        return config->database.url[0] != '\0';
}

static bool wants_auth(const struct config *config) {
        return config->auth.enabled;
}

static bool wants_notify(const struct config *config) {
        return config->notify.channels[0] != '\0';
}

static bool wants_console(const struct config *config) {
        return config->console.listen[0] != '\0';
}

static const struct supervisor_worker workers[] = {
        { .name = "engine",
          .careful = true,
          .replays = true,
          .essential = true,
          .shows_workers = true,
          .writes_journal = true,
          .stop_wait = STOP_ENGINE },
        { .name = "store", .wanted = wants_store, .reads_journal = true, .stop_wait = STOP_STORE },
        { .name = "notify", .wanted = wants_notify, .reads_journal = true, .stop_wait = STOP_NOTIFY },
        { .name = "console", .wanted = wants_console, .stop_wait = STOP_CONSOLE },
        { .name = "auth", .wanted = wants_auth, .stop_wait = STOP_AUTH },
};

/* --- telling --- */

static void tell_engine(struct supervisor *s) {
        json_t *list = json_array(), *object;

        for (size_t i = 0; i < s->n; i++)
                json_array_append_new(list, supervisor_child_describe(s->children[i]));
        object = json_pack("{s:o}", "workers", list);
        for (size_t i = 0; object && i < s->n; i++)
                if (supervisor_child_worker(s->children[i])->shows_workers)
                        supervisor_child_send(s->children[i], object);
        json_decref(object);
}

/* A death that the sandbox brought about is an alarm. The engine's own waits for the next engine. */
static void tell_forbidden(struct supervisor *s, struct supervisor_child *engine) {
        for (size_t i = 0; i < s->n; i++) {
                json_t *object;

                if (!supervisor_child_take_forbidden(s->children[i]))
                        continue;
                object = json_pack("{s:s}", "forbidden", supervisor_child_worker(s->children[i])->name);
                if (object)
                        supervisor_child_send(engine, object);
                json_decref(object);
        }
}

static void tell_all_forbidden(struct supervisor *s) {
        for (size_t i = 0; i < s->n; i++)
                if (supervisor_child_worker(s->children[i])->shows_workers &&
                    supervisor_child_state(s->children[i]) == SUPERVISOR_CHILD_RUNNING)
                        tell_forbidden(s, s->children[i]);
}

static void tell_manager(struct supervisor *s) {
        char text[2048] = ""; /* has room for all that all of them may say */
        size_t n = 0;

        for (size_t i = 0; i < s->n && n < sizeof(text); i++) {
                const struct supervisor_child *c = s->children[i];
                const char *status = supervisor_child_status(c);
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %s%s%s", i ? "; " : "",
                                      supervisor_child_worker(c)->name, supervisor_child_state_name(c),
                                      *status ? ": " : "", status);
        }
        supervisor_notify_status(text);
}

static bool all_essential_run(const struct supervisor *s) {
        for (size_t i = 0; i < s->n; i++)
                if (supervisor_child_worker(s->children[i])->essential &&
                    supervisor_child_state(s->children[i]) != SUPERVISOR_CHILD_RUNNING)
                        return false;
        return true;
}

/* --- starting anew --- */

/* Readers of the journal can write into LMDB's table of readers, which has its mutexes: a fault of one, or a stranger
 * in one, can hold up each engine that comes. With the last of them gone the next engine makes the table anew. */
static void renew_readers(struct supervisor *s, struct supervisor_child *writer) {
        if (s->stopping || !supervisor_child_worker(writer)->writes_journal || !supervisor_child_take_hindered(writer))
                return;
        for (size_t i = 0; i < s->n; i++)
                if (supervisor_child_worker(s->children[i])->reads_journal)
                        supervisor_child_renew(s->children[i], "it may be what keeps the engine from the journal");
}

/* The next engine would find the table in use. */
static bool on_waits(void *userdata, const struct supervisor_child *c) {
        const struct supervisor *s = userdata;

        for (size_t i = 0; supervisor_child_worker(c)->writes_journal && i < s->n; i++)
                if (supervisor_child_ends(s->children[i]))
                        return true;
        return false;
}

/* --- stopping --- */

static void stop_one(struct supervisor_child *c, enum supervisor_child_state state) {
        int64_t wait = supervisor_child_worker(c)->stop_wait;

        supervisor_child_stop(c, state == SUPERVISOR_CHILD_STARTING && wait > UNREADY_WAIT ? UNREADY_WAIT : wait);
}

/* Stops the first one that still lives; its end calls this again. */
static void stop_next(struct supervisor *s) {
        for (size_t i = 0; i < s->n; i++) {
                enum supervisor_child_state state = supervisor_child_state(s->children[i]);
                if (state == SUPERVISOR_CHILD_STOPPED)
                        continue;
                if (state != SUPERVISOR_CHILD_STOPPING)
                        stop_one(s->children[i], state);
                return;
        }
        event_base_loopbreak(s->base);
}

static void on_changed(void *userdata, struct supervisor_child *c) {
        struct supervisor *s = userdata;

        tell_engine(s);
        tell_all_forbidden(s);
        tell_manager(s);
        renew_readers(s, c);
        if (s->stopping) {
                stop_next(s);
        } else if (!s->ready && all_essential_run(s)) {
                s->ready = true;
                supervisor_notify_ready();
                log_notice("ready", NULL, "all that is needed to raise alarms runs");
        }
}

/* A start that goes on may take as long as it takes: what ends it is a worker's silence. */
static void on_alive(void *userdata, struct supervisor_child *c) {
        const struct supervisor *s = userdata;

        if (!s->ready && !s->stopping && supervisor_child_worker(c)->essential)
                supervisor_notify_extend(s->config.supervisor.hung_after + s->config.supervisor.backoff_max +
                                         START_MARGIN);
}

static void on_stop(evutil_socket_t number, short what, void *userdata) {
        struct supervisor *s = userdata;

        if (s->stopping) {
                log_warning("stop", NULL, "told a second time: the workers are killed");
                for (size_t i = 0; i < s->n; i++)
                        supervisor_child_stop(s->children[i], 0);
                return;
        }
        log_notice("stop", NULL, "signal %d: the workers are stopped in order", (int)number);
        supervisor_notify_stopping();
        s->stopping = true;
        stop_next(s);
}

/* --- the other signals --- */

static void reap(struct supervisor *s, pid_t pid, int status) {
        if (pid == s->reload.pid) {
                supervisor_reload_end(s, status);
                return;
        }
        for (size_t i = 0; i < s->n; i++) {
                if (supervisor_child_pid(s->children[i]) != pid)
                        continue;
                supervisor_child_reaped(s->children[i], status);
                return;
        }
}

static void on_child(evutil_socket_t number, short what, void *userdata) {
        pid_t pid;
        int status;

        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
                reap(userdata, pid, status);
}

static void on_reload(evutil_socket_t number, short what, void *userdata) {
        supervisor_reload_begin(userdata);
}

static void on_watchdog(evutil_socket_t fd, short what, void *userdata) {
        supervisor_notify_watchdog();
}

/* --- making --- */

static int watch_signals(struct supervisor *s, struct event *events[4]) {
        static const struct {
                int number;
                event_callback_fn call;
        } signals[] = { { SIGTERM, on_stop }, { SIGINT, on_stop }, { SIGHUP, on_reload }, { SIGCHLD, on_child } };
        struct sigaction ignore = { .sa_handler = SIG_IGN };

        sigaction(SIGPIPE, &ignore, NULL);
        for (size_t i = 0; i < 4; i++) {
                events[i] = evsignal_new(s->base, signals[i].number, signals[i].call, s);
                if (!events[i] || evsignal_add(events[i], NULL) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int watch_watchdog(struct supervisor *s) {
        int64_t usec = supervisor_notify_interval();
        struct timeval interval = { .tv_sec = usec / WW_SECOND, .tv_usec = usec % WW_SECOND };

        if (usec == 0)
                return 0;
        s->watchdog = event_new(s->base, -1, EV_PERSIST, on_watchdog, s);
        return s->watchdog && event_add(s->watchdog, &interval) == 0 ? 0 : -ENOMEM;
}

static int make_children(struct supervisor *s) {
        for (size_t i = 0; i < sizeof(workers) / sizeof(workers[0]); i++) {
                struct supervisor_child_options options = {
                        .worker = &workers[i],
                        .executable = s->options->executable,
                        .replay_other_version = workers[i].replays && s->options->replay_other_version,
                        .config_fd = s->config_fd,
                        .hung_after = s->config.supervisor.hung_after,
                        .backoff_max = s->config.supervisor.backoff_max,
                        .userdata = s,
                        .changed = on_changed,
                        .alive = on_alive,
                        .waits = on_waits,
                };
                if (workers[i].wanted && !workers[i].wanted(&s->config))
                        continue;
                if (supervisor_child_new(&s->children[s->n], s->base, &options) < 0)
                        return -ENOMEM;
                s->n++;
        }
        return 0;
}

static int make_metrics(struct supervisor *s) {
        const struct metrics_http_options options = {
                .key = "metrics.supervisor",
                .port = s->config.metrics.supervisor,
                .userdata = s,
                .collect = supervisor_metrics_collect,
        };

        return metrics_http_new(&s->metrics, s->base, &options);
}

static int run(struct supervisor *s) {
        struct event *events[4] = { NULL };
        int r;

        s->base = event_base_new();
        r = s->base ? supervisor_inforce_new(&s->config_fd) : -ENOMEM;
        if (r == 0)
                r = supervisor_inforce_put(s->config_fd, &s->config);
        if (r == 0)
                r = watch_signals(s, events);
        if (r == 0)
                r = watch_watchdog(s);
        if (r == 0)
                r = make_children(s);
        if (r == 0)
                r = make_metrics(s);
        for (size_t i = 0; r == 0 && i < s->n; i++)
                supervisor_child_start(s->children[i]);
        if (r == 0 && event_base_dispatch(s->base) < 0)
                r = -EIO;
        if (s->reload.pid > 0)
                kill(s->reload.pid, SIGKILL);
        for (size_t i = 0; i < s->n; i++)
                supervisor_child_free(s->children[i]);
        for (size_t i = 0; i < 4; i++)
                if (events[i])
                        event_free(events[i]);
        if (s->watchdog)
                event_free(s->watchdog);
        if (s->reload.deadline)
                event_free(s->reload.deadline);
        metrics_http_free(s->metrics);
        if (s->base)
                event_base_free(s->base);
        return r;
}

static int take_lock(struct supervisor *s) {
        char holder[128];
        int r = supervisor_lock_take(s->config.state.dir, &s->lock_fd, holder);

        if (r == SUPERVISOR_LOCK_E_HELD)
                log_error("second-daemon", s->config.state.dir,
                          "another Wardwatch works on this state directory (%s); stop it, or set state.dir to another",
                          holder);
        else if (r < 0)
                log_error("second-daemon", s->config.state.dir, "the lock could not be taken: %s", strerror(-r));
        return r;
}

static int load(struct supervisor *s) {
        struct diag d = DIAG_INIT;
        _cleanup_buf_ struct buf out = BUF_INIT;
        int r = config_load(&s->config, s->options->config, &d);

        diag_render(&d, &out);
        fprintf(stderr, "%.*s", (int)out.n, out.n ? (const char *)out.p : "");
        if (r < 0)
                log_error("config", s->options->config, "%s", strerror(-r));
        diag_deinit(&d);
        return r;
}

int supervisor_main(const struct supervisor_options *options) {
        struct supervisor s = { .options = options, .lock_fd = -1, .config_fd = -1 };
        int r;

        r = load(&s);
        if (r == 0)
                supervisor_log_level_set(&s.config);
        if (r == 0)
                r = supervisor_dirs_make(&s.config);
        if (r == 0)
                r = take_lock(&s);
        if (r == 0) {
                log_notice("start", s.config.state.dir, "pid %d", (int)getpid());
                r = run(&s);
                log_notice("end", s.config.state.dir, "%s", r == 0 ? "stopped in order" : strerror(-r));
        }
        cleanup_closep(&s.config_fd);
        cleanup_closep(&s.lock_fd);
        config_deinit(&s.config);
        return r == 0 ? 0 : 1;
}

static int make_lock(const struct config *config, const char *name) {
        const struct passwd *user = getpwnam(name);
        int r;

        if (!user) {
                log_error("prepare", name, "there is no such user on this machine: create it, or name another one");
                return -ENOENT;
        }
        r = supervisor_lock_make(config->state.dir, user->pw_uid, user->pw_gid);
        if (r < 0)
                log_error("prepare", config->state.dir, "the lock cannot be made: %s; only root can do this",
                          strerror(-r));
        return r;
}

int supervisor_prepare(const char *config, const char *user) {
        const struct supervisor_options options = { .config = config };
        struct supervisor s = { .options = &options };
        int r = load(&s);

        if (r == 0)
                r = supervisor_dirs_make(&s.config);
        if (r == 0)
                r = make_lock(&s.config, user);
        config_deinit(&s.config);
        return r == 0 ? 0 : 1;
}
