#pragma once
/* What supervisor.c and supervisor_reload.c share. */
#include "base/metrics_http.h"
#include "supervisor.h"
#include "supervisor_child.h"
#include <event2/event.h>

#define SUPERVISOR_WORKERS_MAX 8

struct supervisor {
        const struct supervisor_options *options;
        struct config config; /* as it was at the start: what a restart is needed for is told against it */
        struct event_base *base;
        struct supervisor_child *children[SUPERVISOR_WORKERS_MAX];
        size_t n;
        int lock_fd;
        int config_fd; /* supervisor_inforce.h */
        bool ready;    /* the service manager was told */
        bool stopping; /* children are stopped in their order */
        struct event *watchdog;
        struct metrics_http *metrics;
        struct {
                pid_t pid;  /* of the running check, 0 = none */
                bool again; /* another SIGHUP came meanwhile */
                struct event *deadline;
                uint64_t taken, refused;
        } reload;
};

/** SIGHUP: has the files checked by a process of its own, which may crash or hang without harm. */
void supervisor_reload_begin(struct supervisor *s);
/** The check ended: puts the files in force, or says why not. */
void supervisor_reload_end(struct supervisor *s, int status);
/** What the supervisor knows of itself and its workers. */
void supervisor_metrics_collect(void *userdata, struct metrics *m);
void supervisor_log_level_set(const struct config *config); /* log.level */
