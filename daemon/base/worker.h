#pragma once
/*
 * A worker's side of the supervisor's control pipe: a socketpair, one JSON object per line each way.
 *
 *   worker → supervisor   {"alive":N}  every second, from the worker's own loop (so a hung loop is seen)
 *                         {"ready":true}  once, when it does its work
 *                         {"status":"one line"}  for sd_notify and the log
 *   supervisor → worker   {"reload":true}  {"refused":"why"}: a reload that the check did not let through
 *                         {"forbidden":"console"}: the kernel killed that worker for a system call that it may not make
 *                         {"stop":true}  {"workers":[{"name","pid","restarts","state","since"}…]}
 *
 * When the pipe closes the supervisor is gone and the worker stops at once.
 */
#include "base/error.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct metrics;
struct worker;

struct worker_handlers {
        void *userdata;
        void (*reload)(void *userdata);
        void (*stop)(void *userdata);                          /* orderly: finish the turn, leave the loop */
        void (*closed)(void *userdata);                        /* the supervisor is gone; default (NULL): stop */
        void (*workers)(void *userdata, json_t *workers);      /* borrowed; NULL = not interested */
        void (*refused)(void *userdata, const char *why);      /* NULL = not interested */
        void (*forbidden)(void *userdata, const char *worker); /* NULL = not interested */
};

/** True if this process may take another user: root, or who was given CAP_SETUID (contrib/systemd). */
bool worker_may_change_user(void);

/** Before worker_enter: a folder that belongs to `user`, and that he cannot reach afterwards, because the one around it
 *  is closed to him. Descriptor or -errno. */
int worker_open_folder(const char *user, const char *path);

/** At the top of a worker's main (worker_enter.c), after log_init and before anything else: user and group dropped to
 *  `user` (NULL or "", or worker_may_change_user() is false = stay), supplementary groups set, no_new_privs, core
 * limits, umask 0007, signals, PR_SET_PDEATHSIG(SIGKILL), getppid check; of capabilities only those of `capabilities`
 * (bits 1 << CAP_…). 0 or -errno after telling in the log what to do (an unknown user names the configuration key).
 * control_fd < 0: run by hand. */
int worker_enter(const char *name, const char *user, uint64_t capabilities, int control_fd);

/** The control pipe in the worker's loop; takes control_fd over. SIGTERM calls `stop`. control_fd < 0: run by hand,
 *  without a supervisor; then SIGINT calls `stop`, too, SIGHUP calls `reload`, and the functions below do nothing. */
int worker_new(struct worker **ret, struct event_base *base, int control_fd, const struct worker_handlers *handlers);
struct worker *worker_free(struct worker *w);
DEFINE_CLEANUP(struct worker *, worker_free)
void worker_ready(struct worker *w);
/** From work that keeps the loop waiting (a replay at start): a sign of life, at most one a second, sent at once. */
void worker_alive(struct worker *w);
/** What waits for the supervisor. */
void worker_metrics(const struct worker *w, struct metrics *m);
/** One line for the log and `systemctl status`, cut at 255 bytes. */
void worker_status(struct worker *w, const char *format, ...) _printf_(2, 3);
