#pragma once
/*
 * One worker as the supervisor sees it: a process, its control pipe, and what to do when either is silent.
 *
 *                 spawn              {"ready"}
 *      waiting ─────────► starting ─────────────► running
 *         ▲                  │ died, hung → SIGKILL  │
 *         └───── pause ◄─────┴───────────────────────┘
 *
 *      supervisor_child_stop: from any of them → stopping ── exit, or SIGKILL after stop_wait ──► stopped
 */
#include "config/config.h"
#include <jansson.h>
#include <sys/types.h>

struct event_base;
struct metrics;
struct supervisor_child;

enum supervisor_child_state {
        SUPERVISOR_CHILD_WAITING, /* not started yet, or dead and to be started after a pause */
        SUPERVISOR_CHILD_STARTING,
        SUPERVISOR_CHILD_RUNNING,
        SUPERVISOR_CHILD_STOPPING,
        SUPERVISOR_CHILD_STOPPED,
};

/* a row of the table of workers (supervisor.c) */
struct supervisor_worker {
        const char *name;                            /* the subcommand */
        bool (*wanted)(const struct config *config); /* NULL = always */
        bool careful;                                /* knows --careful */
        bool replays;                                /* knows --replay-other-version */
        bool essential;                              /* the daemon is ready when it is */
        bool shows_workers;                          /* wants {"workers"} */
        bool writes_journal, reads_journal; /* the one that keeps it; those who have its files open beside it */
        int64_t stop_wait;                  /* µs between {"stop"} and SIGKILL */
};

struct supervisor_child_options {
        const struct supervisor_worker *worker;
        const char *executable; /* must outlive the child */
        int config_fd;          /* the same */
        bool replay_other_version;
        int64_t hung_after, backoff_max; /* µs */
        void *userdata;
        void (*changed)(void *userdata, struct supervisor_child *c);     /* its state, or its status line */
        void (*alive)(void *userdata, struct supervisor_child *c);       /* a sign of life */
        bool (*waits)(void *userdata, const struct supervisor_child *c); /* for others to end, before it starts anew */
};

int supervisor_child_new(struct supervisor_child **ret, struct event_base *base,
                         const struct supervisor_child_options *options);
/** Kills it if it still lives. */
struct supervisor_child *supervisor_child_free(struct supervisor_child *c);
DEFINE_CLEANUP(struct supervisor_child *, supervisor_child_free)

void supervisor_child_start(struct supervisor_child *c);
/** `wait` µs until SIGKILL; 0 = at once. May be called again with less. */
void supervisor_child_stop(struct supervisor_child *c, int64_t wait);
/** After waitpid. */
void supervisor_child_reaped(struct supervisor_child *c, int status);
void supervisor_child_set_limits(struct supervisor_child *c, int64_t hung_after, int64_t backoff_max);
/** Did the kernel kill it for a system call that it may not make, since this was asked last? */
bool supervisor_child_take_forbidden(struct supervisor_child *c);
/** It died again and again, or hung while it was starting: others may keep it from its work. Once a minute. If that was
 * no help, its next start is told that they are gone: what they left is removed, whoever else looks at it. */
bool supervisor_child_take_hindered(struct supervisor_child *c);
/** Kills it, so that another takes its place. */
void supervisor_child_renew(struct supervisor_child *c, const char *why);
/** Killed by that, and not buried yet. */
bool supervisor_child_ends(const struct supervisor_child *c);
/** One line to the worker; lost if it is not there. */
void supervisor_child_send(struct supervisor_child *c, json_t *object);

const struct supervisor_worker *supervisor_child_worker(const struct supervisor_child *c);
enum supervisor_child_state supervisor_child_state(const struct supervisor_child *c);
const char *supervisor_child_state_name(const struct supervisor_child *c); /* "running" */
pid_t supervisor_child_pid(const struct supervisor_child *c);              /* 0 = no process */
const char *supervisor_child_status(const struct supervisor_child *c);     /* its own last line, "" = none */
/** State, restarts and what waits for it. */
void supervisor_child_metrics(const struct supervisor_child *c, struct metrics *m);
/** {"name","pid","restarts","state","since","last","status"}: since = RFC 3339, last = how it died last, "" = never. */
json_t *supervisor_child_describe(const struct supervisor_child *c);
