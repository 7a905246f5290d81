#include "supervisor_child.h"
#include "base/clock.h"
#include "base/jsonline.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/span.h"
#include "base/utf8.h"
#include "supervisor_backoff.h"
#include "supervisor_processor.h"
#include "supervisor_spawn.h"
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wardwatch/time.h>

/*
 * A death is seen twice: the process is reaped, and its end of the pipe closes. Only when both have happened is it
 * buried, so that its last words are read first. A grandchild may hold the pipe open
 * (the engine's snapshot writer does), so the second is waited for no longer than LAST_WORDS.
 *
 * The watch for hanging measures the worker's silence. When this very process was stopped or starved, its timer fires
 * late and the signs of life lie unread in the pipe: then it is not the worker that hung, and the watch begins anew.
 * Nor has it hung when it was ready nearly all that time and got no processor: the start of another would get none
 * either, and begin from the start. That is granted a few times; a loop without end on a machine that others fill looks
 * like it.
 */
#define LAST_WORDS (100 * WW_MSEC)
#define GRANTS     5
#define LATE       WW_SECOND
#define WAIT_STEP  (20 * WW_MSEC)
#define WAIT_MAX   (5 * WW_SECOND)
#define HELP_EVERY WW_MINUTE
#define QUEUE_MAX  ((size_t)256 * 1024)

enum { STATUS_SIZE = 256 };

struct supervisor_child {
        struct supervisor_child_options options;
        struct event_base *base;
        struct supervisor_backoff backoff;
        enum supervisor_child_state state;
        pid_t pid;
        struct jsonline *pipe;
        struct event *hung;  /* armed while the process lives and is not told to stop */
        struct event *later; /* waiting: start; stopping: kill; reaped: bury */
        int64_t hung_at;     /* boot clock, when `hung` should fire */
        uint64_t signs;      /* of life, of all its processes */
        int64_t since;       /* wall clock, of the state */
        struct supervisor_processor_files files;
        struct supervisor_processor processor; /* when the watch began */
        unsigned grants;                       /* of patience, since the last sign of life */
        bool reaped, forbidden;
        bool hung_up;                /* killed for its silence */
        bool hindered, readers_gone; /* see supervisor_child_take_hindered */
        int64_t helped;              /* boot clock: that it was, last; NONE = not since it lived well */
        bool renewed;                /* killed for another's sake */
        int64_t waits_until;         /* boot clock: for others, at the longest */
        int ending;                  /* wait status, once reaped */
        char last[64];               /* how it died last */
        char status[STATUS_SIZE];    /* its own words */
};

static const char *const state_names[] = {
        [SUPERVISOR_CHILD_WAITING] = "waiting", [SUPERVISOR_CHILD_STARTING] = "starting",
        [SUPERVISOR_CHILD_RUNNING] = "running", [SUPERVISOR_CHILD_STOPPING] = "stopping",
        [SUPERVISOR_CHILD_STOPPED] = "stopped",
};

static const char *subject(const struct supervisor_child *c) {
        static char text[64];

        snprintf(text, sizeof(text), "worker=%s pid=%d", c->options.worker->name, (int)c->pid);
        return text;
}

static void arm(struct event *e, int64_t usec) {
        event_add(e, &(struct timeval){ .tv_sec = usec / WW_SECOND, .tv_usec = usec % WW_SECOND });
}

static void changed(struct supervisor_child *c) {
        c->options.changed(c->options.userdata, c);
}

static void set_state(struct supervisor_child *c, enum supervisor_child_state state) {
        c->state = state;
        c->since = clock_wall();
        changed(c);
}

static void watch(struct supervisor_child *c) {
        c->hung_at = clock_boot() + c->options.hung_after;
        supervisor_processor_read(&c->files, &c->processor);
        arm(c->hung, c->options.hung_after);
}

/* True: it is not given up. */
static bool starved(struct supervisor_child *c) {
        if (c->grants == GRANTS || !supervisor_processor_starved(&c->files, &c->processor, c->options.hung_after))
                return false;
        c->grants++;
        log_warning(
                "worker-starved", subject(c),
                "no sign of life for %.1f s, in which it was ready and got no processor: left alone, %u of %d times",
                (double)c->options.hung_after / (double)WW_SECOND, c->grants, GRANTS);
        return true;
}

static void on_hung(evutil_socket_t fd, short what, void *userdata) {
        struct supervisor_child *c = userdata;

        if (clock_boot() > c->hung_at + LATE || starved(c)) {
                watch(c);
                return;
        }
        log_error("worker-hung", subject(c), "no sign of life for %.1f s: it is killed",
                  (double)c->options.hung_after / (double)WW_SECOND);
        c->hung_up = true;
        kill(c->pid, SIGKILL);
}

/* --- its words --- */

static void hear_ready(struct supervisor_child *c) {
        if (c->state != SUPERVISOR_CHILD_STARTING)
                return;
        log_info("worker-ready", subject(c), "works");
        set_state(c, SUPERVISOR_CHILD_RUNNING);
}

/* One line of whole characters, whatever a worker says that was taken over: systemd takes a line for itself as an order
 * of ours, such as MAINPID=. */
static void keep_line(char to[static STATUS_SIZE], const char *text) {
        size_t n = 0, left = strlen(text), step;

        while (left && (step = utf8_length(text, left)) && n + step < STATUS_SIZE) {
                memcpy(to + n, text, step);
                if ((unsigned char)to[n] < 0x20 || to[n] == 0x7f)
                        to[n] = ' ';
                n += step;
                text += step;
                left -= step;
        }
        to[n] = '\0';
}

static void hear_status(struct supervisor_child *c, const char *text) {
        char line[STATUS_SIZE];

        keep_line(line, text);
        if (strcmp(c->status, line) == 0)
                return;
        memcpy(c->status, line, sizeof(line));
        log_info("worker-status", subject(c), "%s", c->status);
        changed(c);
}

static void on_line(void *userdata, struct jsonline *l, json_t *object) {
        struct supervisor_child *c = userdata;
        const char *status = json_string_value(json_object_get(object, "status"));

        c->signs++; /* whatever it says is a sign of life */
        c->grants = 0;
        if (!c->reaped && (c->state == SUPERVISOR_CHILD_STARTING || c->state == SUPERVISOR_CHILD_RUNNING))
                watch(c);
        c->options.alive(c->options.userdata, c);
        if (json_is_true(json_object_get(object, "ready")))
                hear_ready(c);
        if (status)
                hear_status(c, status);
}

static void bury(struct supervisor_child *c);

static void on_closed(void *userdata, struct jsonline *l, const char *why) {
        struct supervisor_child *c = userdata;

        c->pipe = jsonline_free(c->pipe);
        if (c->reaped)
                bury(c);
}

/* --- its life --- */

static void die(struct supervisor_child *c) {
        bool starting = c->state == SUPERVISOR_CHILD_STARTING;
        int64_t pause = supervisor_backoff_death(&c->backoff, clock_boot());

        if (pause == SUPERVISOR_BACKOFF_MIN && !(starting && c->hung_up)) /* it had lived well */
                c->helped = WW_TIME_NONE;
        c->hindered = supervisor_backoff_careful(&c->backoff) || (starting && c->hung_up);
        log_error("worker-died", subject(c), "%s; started again in %.1f s", c->last, (double)pause / (double)WW_SECOND);
        c->pid = 0;
        c->waits_until = clock_boot() + pause + WAIT_MAX;
        arm(c->later, pause);
        set_state(c, SUPERVISOR_CHILD_WAITING);
}

static void bury(struct supervisor_child *c) {
        bool stopping = c->state == SUPERVISOR_CHILD_STOPPING;

        event_del(c->later);
        event_del(c->hung);
        supervisor_processor_close(&c->files);
        c->pipe = jsonline_free(c->pipe);
        c->reaped = c->renewed = false;
        c->status[0] = '\0';
        supervisor_spawn_ending(c->ending, c->last);
        if (!stopping) {
                die(c);
                return;
        }
        log_info("worker-stopped", subject(c), "%s", c->last);
        c->pid = 0;
        set_state(c, SUPERVISOR_CHILD_STOPPED);
}

void supervisor_child_reaped(struct supervisor_child *c, int status) {
        c->reaped = true;
        c->ending = status;
        c->forbidden |= WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
        event_del(c->hung);
        if (c->pipe)
                arm(c->later, LAST_WORDS);
        else
                bury(c);
}

static int open_pipe(struct supervisor_child *c, int fd) {
        struct jsonline_handlers handlers = { .userdata = c, .line = on_line, .closed = on_closed };

        return jsonline_new(&c->pipe, c->base, fd, QUEUE_MAX, &handlers);
}

static int spawn(struct supervisor_child *c) {
        struct supervisor_spawn s = {
                .executable = c->options.executable,
                .name = c->options.worker->name,
                .config_fd = c->options.config_fd,
                .careful = c->options.worker->careful && supervisor_backoff_careful(&c->backoff),
                .replay_other_version = c->options.replay_other_version,
                .readers_gone = c->readers_gone,
        };
        int fd, r;

        r = supervisor_spawn(&s, &c->pid, &fd, &c->files);
        if (r < 0)
                return r;
        log_info("worker-started", subject(c), "%s", s.careful ? "careful" : "normal start");
        r = open_pipe(c, fd);
        if (r < 0) {
                close(fd);
                kill(c->pid, SIGKILL);
        }
        return 0;
}

void supervisor_child_start(struct supervisor_child *c) {
        int64_t pause;
        int r;

        supervisor_backoff_start(&c->backoff, clock_boot());
        r = spawn(c);
        if (r == 0) {
                c->grants = 0;
                c->hung_up = c->readers_gone = false;
                watch(c);
                set_state(c, SUPERVISOR_CHILD_STARTING);
                return;
        }
        pause = supervisor_backoff_death(&c->backoff, clock_boot());
        snprintf(c->last, sizeof(c->last), "not started: %s", strerror(-r));
        log_error("worker-died", subject(c), "%s; tried again in %.1f s", c->last, (double)pause / (double)WW_SECOND);
        arm(c->later, pause);
        set_state(c, SUPERVISOR_CHILD_WAITING);
}

static bool waits(const struct supervisor_child *c) {
        return clock_boot() < c->waits_until && c->options.waits(c->options.userdata, c);
}

static void on_later(evutil_socket_t fd, short what, void *userdata) {
        struct supervisor_child *c = userdata;

        if (c->reaped)
                bury(c);
        else if (c->state == SUPERVISOR_CHILD_WAITING && waits(c))
                arm(c->later, WAIT_STEP);
        else if (c->state == SUPERVISOR_CHILD_WAITING)
                supervisor_child_start(c);
        else if (c->state == SUPERVISOR_CHILD_STOPPING) {
                log_warning("worker-killed", subject(c), "did not stop in time");
                kill(c->pid, SIGKILL);
        }
}

void supervisor_child_stop(struct supervisor_child *c, int64_t wait) {
        json_t *stop;

        if (c->state == SUPERVISOR_CHILD_STOPPED)
                return;
        if (c->pid == 0) {
                event_del(c->later);
                set_state(c, SUPERVISOR_CHILD_STOPPED);
                return;
        }
        if (c->state != SUPERVISOR_CHILD_STOPPING) {
                event_del(c->hung);
                if ((stop = json_pack("{s:b}", "stop", 1)))
                        supervisor_child_send(c, stop);
                json_decref(stop);
                set_state(c, SUPERVISOR_CHILD_STOPPING);
        }
        if (!c->reaped)
                arm(c->later, wait);
}

/* --- making, showing --- */

int supervisor_child_new(struct supervisor_child **ret, struct event_base *base,
                         const struct supervisor_child_options *options) {
        _cleanup_(supervisor_child_freep) struct supervisor_child *c = calloc(1, sizeof(*c));

        if (!c)
                return -ENOMEM;
        c->options = *options;
        c->base = base;
        c->files = SUPERVISOR_PROCESSOR_FILES_NONE;
        c->since = clock_wall();
        c->helped = WW_TIME_NONE;
        supervisor_backoff_init(&c->backoff, options->backoff_max);
        c->hung = evtimer_new(base, on_hung, c);
        c->later = evtimer_new(base, on_later, c);
        if (!c->hung || !c->later)
                return -ENOMEM;
        *ret = c;
        c = NULL;
        return 0;
}

struct supervisor_child *supervisor_child_free(struct supervisor_child *c) {
        if (!c)
                return NULL;
        if (c->pid > 0 && !c->reaped)
                kill(c->pid, SIGKILL);
        jsonline_free(c->pipe);
        supervisor_processor_close(&c->files);
        if (c->hung)
                event_free(c->hung);
        if (c->later)
                event_free(c->later);
        free(c);
        return NULL;
}

void supervisor_child_set_limits(struct supervisor_child *c, int64_t hung_after, int64_t backoff_max) {
        c->options.hung_after = hung_after;
        c->options.backoff_max = backoff_max;
        c->backoff.max = backoff_max;
}

bool supervisor_child_take_forbidden(struct supervisor_child *c) {
        bool forbidden = c->forbidden;

        c->forbidden = false;
        return forbidden;
}

bool supervisor_child_take_hindered(struct supervisor_child *c) {
        bool again = c->helped != WW_TIME_NONE;
        bool hindered = c->hindered && (!again || clock_boot() - c->helped >= HELP_EVERY);

        c->hindered = false;
        if (!hindered)
                return false;
        c->helped = clock_boot();
        c->readers_gone = again;
        return true;
}

bool supervisor_child_ends(const struct supervisor_child *c) {
        return c->renewed;
}

void supervisor_child_renew(struct supervisor_child *c, const char *why) {
        if (c->pid == 0 || c->reaped || c->state == SUPERVISOR_CHILD_STOPPING)
                return;
        log_warning("worker-renewed", subject(c), "killed, and started anew: %s", why);
        c->renewed = true;
        kill(c->pid, SIGKILL);
}

void supervisor_child_send(struct supervisor_child *c, json_t *object) {
        if (c->pipe)
                (void)jsonline_send(c->pipe, object);
}

const struct supervisor_worker *supervisor_child_worker(const struct supervisor_child *c) {
        return c->options.worker;
}

enum supervisor_child_state supervisor_child_state(const struct supervisor_child *c) {
        return c->state;
}

const char *supervisor_child_state_name(const struct supervisor_child *c) {
        return state_names[c->state];
}

pid_t supervisor_child_pid(const struct supervisor_child *c) {
        return c->pid;
}

const char *supervisor_child_status(const struct supervisor_child *c) {
        return c->status;
}

void supervisor_child_metrics(const struct supervisor_child *c, struct metrics *m) {
        struct ww_str name = ww_str(c->options.worker->name);

        metrics_put_state(m, METRICS_WORKER_STATE, name, state_names, sizeof(state_names) / sizeof(state_names[0]),
                          c->state);
        metrics_put_of(m, METRICS_WORKER_RESTARTS, name, (double)c->backoff.restarts);
        metrics_put_of(m, METRICS_WORKER_SINCE, name, (double)c->since / WW_SECOND);
        metrics_put_of(m, METRICS_WORKER_SIGNS, name, (double)c->signs);
        if (c->pipe)
                metrics_put_bytes(m, name.p, jsonline_queued(c->pipe), QUEUE_MAX, jsonline_refused(c->pipe));
}

json_t *supervisor_child_describe(const struct supervisor_child *c) {
        char since[32];

        instant_format(c->since, since);
        return json_pack("{s:s,s:i,s:i,s:s,s:s,s:s,s:s}", "name", c->options.worker->name, "pid", (int)c->pid,
                         "restarts", (int)c->backoff.restarts, "state", state_names[c->state], "since", since, "last",
                         c->last, "status", c->status);
}
