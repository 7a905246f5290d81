#include "supervisor_spawn.h"
#include "base/log.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child. Everything that the supervisor has open closes itself at exec, and the service manager's words are for
 * the supervisor alone. */
static void become(const char *executable, const char *const *arguments) {
        const char *path = executable ? executable : "/proc/self/exe";
        sigset_t none;

        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        unsetenv("NOTIFY_SOCKET");
        unsetenv("WATCHDOG_PID");
        unsetenv("WATCHDOG_USEC");
        execv(path, (char *const *)arguments);
        log_error("worker-exec", arguments[1], "%s: %s", path, strerror(errno));
        _exit(127);
}

/* False: the supervisor is gone. */
static bool wait_for_parent(int control_fd) {
        char byte;
        ssize_t n;

        do
                n = read(control_fd, &byte, 1);
        while (n < 0 && errno == EINTR);
        return n == 1;
}

/* The child may go on, and become somebody whose files the supervisor cannot open. */
static void release(int control_fd) {
        (void)send(control_fd, "\n", 1, MSG_NOSIGNAL);
}

static void become_worker(const struct supervisor_spawn *s, int control_fd) {
        char fd_text[16], config_text[32];
        const char *arguments[10] = { "wardwatch", s->name, "--control-fd", fd_text, "-c", config_text };
        size_t n = 6;

        if (!wait_for_parent(control_fd))
                _exit(1);
        snprintf(fd_text, sizeof(fd_text), "%d", control_fd);
        snprintf(config_text, sizeof(config_text), "/proc/self/fd/%d", s->config_fd);
        if (s->careful)
                arguments[n++] = "--careful";
        if (s->replay_other_version)
                arguments[n++] = "--replay-other-version";
        if (s->readers_gone)
                arguments[n++] = "--readers-gone";
        fcntl(control_fd, F_SETFD, 0);
        fcntl(s->config_fd, F_SETFD, 0);
        become(s->executable, arguments);
}

int supervisor_spawn_check(const char *executable, const char *config, pid_t *ret_pid) {
        const char *arguments[] = { "wardwatch", "check", "-c", config, NULL };
        pid_t pid = fork();

        if (pid < 0)
                return -errno;
        if (pid == 0) {
                dup2(STDERR_FILENO, STDOUT_FILENO);
                become(executable, arguments);
        }
        *ret_pid = pid;
        return 0;
}

int supervisor_spawn(const struct supervisor_spawn *s, pid_t *ret_pid, int *ret_control_fd,
                     struct supervisor_processor_files *ret_processor) {
        int fds[2], r;
        pid_t pid;

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
                return -errno;
        pid = fork();
        r = -errno;
        if (pid == 0) {
                close(fds[0]); /* its end would keep it waiting for itself */
                become_worker(s, fds[1]);
        }
        close(fds[1]);
        if (pid < 0) {
                close(fds[0]);
                return r;
        }
        supervisor_processor_open(pid, ret_processor);
        release(fds[0]);
        *ret_pid = pid;
        *ret_control_fd = fds[0];
        return 0;
}

void supervisor_spawn_ending(int status, char out[static 64]) {
        if (WIFSIGNALED(status))
                snprintf(out, 64, "killed by signal %d (%.32s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
        else
                snprintf(out, 64, "exit code %d", WEXITSTATUS(status));
}
