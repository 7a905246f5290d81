#include "base/log.h"
#include "supervisor_inforce.h"
#include "supervisor_internal.h"
#include "supervisor_notify.h"
#include "supervisor_spawn.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A reload is `wardwatch check` in a process of its own, and only if that is content, {"reload"} to the workers. What
 * is wrong stands on stderr in the words of that command; the workers go on with what they have, and are told that it
 * was refused: the engine raises an alarm about it.
 */
#define CHECK_MAX_SECONDS 60

static void refuse(struct supervisor *s, const char *why) {
        json_t *refused = json_pack("{s:s}", "refused", why);

        s->reload.refused++;
        log_error("reload-refused", s->options->config, "%s; nothing is changed", why);
        for (size_t i = 0; refused && i < s->n; i++)
                supervisor_child_send(s->children[i], refused);
        json_decref(refused);
}

static void on_deadline(evutil_socket_t fd, short what, void *userdata) {
        struct supervisor *s = userdata;

        if (s->reload.pid > 0)
                kill(s->reload.pid, SIGKILL);
}

void supervisor_reload_begin(struct supervisor *s) {
        int r;

        if (s->stopping)
                return;
        if (s->reload.pid > 0) {
                s->reload.again = true;
                return;
        }
        supervisor_notify_reloading();
        if (!s->reload.deadline)
                s->reload.deadline = evtimer_new(s->base, on_deadline, s);
        r = s->reload.deadline ? supervisor_spawn_check(s->options->executable, s->options->config, &s->reload.pid)
                               : -ENOMEM;
        if (r < 0) {
                log_error("reload-refused", s->options->config, "the files could not be checked: %s", strerror(-r));
                supervisor_notify_ready();
                return;
        }
        event_add(s->reload.deadline, &(struct timeval){ .tv_sec = CHECK_MAX_SECONDS });
}

static void tell_diag(const struct diag *d) {
        _cleanup_buf_ struct buf out = BUF_INIT;

        diag_render(d, &out);
        if (write(STDERR_FILENO, out.p, out.n) < 0)
                return;
}

static void tell_restart_needed(struct supervisor *s, const struct config *fresh) {
        const char *names[64];
        size_t n = config_restart_needed(&s->config, fresh, names, 64);

        for (size_t i = 0; i < n && i < 64; i++)
                log_warning("restart-needed", names[i],
                            "was changed, but takes effect only when the daemon is started anew");
}

void supervisor_log_level_set(const struct config *config) {
        static const struct {
                const char *name;
                enum log_level level;
        } levels[] = {
                { "error", LOG_LEVEL_ERROR }, { "warning", LOG_LEVEL_WARNING }, { "notice", LOG_LEVEL_NOTICE },
                { "info", LOG_LEVEL_INFO },   { "debug", LOG_LEVEL_DEBUG },
        };

        for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
                if (strcmp(levels[i].name, config->log.level) == 0)
                        log_set_level(levels[i].level);
}

static void put_in_force(struct supervisor *s, const struct config *fresh) {
        json_t *reload = json_pack("{s:b}", "reload", 1);

        s->reload.taken++;
        supervisor_log_level_set(fresh);
        for (size_t i = 0; i < s->n; i++) {
                supervisor_child_set_limits(s->children[i], fresh->supervisor.hung_after,
                                            fresh->supervisor.backoff_max);
                if (reload)
                        supervisor_child_send(s->children[i], reload);
        }
        json_decref(reload);
        tell_restart_needed(s, fresh);
        log_notice("reload", s->options->config, "the files are right; the workers take them over");
}

/* The file may have changed since the check: it is read once more, and what does not load is refused like before. */
static void load_and_apply(struct supervisor *s) {
        struct config fresh = { 0 };
        struct diag d = DIAG_INIT;
        int r = config_load(&fresh, s->options->config, &d);

        tell_diag(&d);
        if (r == 0)
                r = supervisor_inforce_put(s->config_fd, &fresh);
        if (r == 0)
                put_in_force(s, &fresh);
        else
                refuse(s, "the files are not right");
        config_deinit(&fresh);
        diag_deinit(&d);
}

void supervisor_reload_end(struct supervisor *s, int status) {
        char ending[64], why[96];

        event_del(s->reload.deadline);
        s->reload.pid = 0;
        supervisor_spawn_ending(status, ending);
        if (s->stopping)
                return;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                load_and_apply(s);
        else {
                (void)snprintf(why, sizeof why, "the check ended with %s", ending);
                refuse(s, why);
        }
        supervisor_notify_ready();
        if (s->reload.again) {
                s->reload.again = false;
                supervisor_reload_begin(s);
        }
}
