#include "console/work_helper.h"

#include "base/log.h"
#include "base/worker.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FDS         3
#define REQUEST_MAX 32768
#define PAUSE_MAX   30 /* s, before it is started anew */
#define GOOD_TIME   60 /* s that it must have lived to be started at once */

extern char **environ;

union control {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(FDS * sizeof(int))];
};

/* --- the helper --- */

static int spawn(const char *config, const char *words, const char *person, const int fds[FDS]) {
        const char *const arguments[] = { "wardwatch", "console", "--make", words, "--person",
                                          person,      "-c",      config,   NULL };
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t signals;
        pid_t pid;
        int r = posix_spawn_file_actions_init(&actions);

        (void)posix_spawnattr_init(&attributes);
        sigemptyset(&signals);
        sigaddset(&signals, SIGCHLD);
        r = r ? r : posix_spawnattr_setsigdefault(&attributes, &signals);
        r = r ? r : posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        for (int i = 0; !r && i < FDS; i++)
                r = posix_spawn_file_actions_adddup2(&actions, fds[i], i);
        r = r ? r : posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, (char *const *)arguments, environ);
        (void)posix_spawn_file_actions_destroy(&actions);
        (void)posix_spawnattr_destroy(&attributes);
        return -r;
}

static void begin(const char *config, const char *text, size_t n, const int fds[FDS]) {
        json_t *request = json_loadb(text, n, 0, NULL);
        const char *person = json_string_value(json_object_get(request, "person"));
        char *words = json_dumps(json_object_get(request, "words"), JSON_COMPACT);
        int r = words && person ? spawn(config, words, person, fds) : -EINVAL;

        if (r)
                log_warning("console-work", person, "cannot be started: %s", strerror(-r));
        free(words);
        json_decref(request);
}

/* False: the console is gone. */
static bool serve_one(int socket, const char *config) {
        static char text[REQUEST_MAX];
        union control control;
        struct iovec part = { text, sizeof text };
        struct msghdr message = {
                .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
        };
        ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
        const struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
        int fds[FDS], count;

        if (n <= 0)
                return n < 0 && errno == EINTR;
        if (!c || c->cmsg_type != SCM_RIGHTS)
                return true;
        count = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(fds, CMSG_DATA(c), (size_t)count * sizeof(int));
        if (count == FDS)
                begin(config, text, (size_t)n, fds);
        for (int i = 0; i < count; i++)
                (void)close(fds[i]);
        return true;
}

_Noreturn static void serve(int socket, const char *config) {
        (void)signal(SIGCHLD, SIG_IGN); /* nobody waits for them */
        while (serve_one(socket, config))
                ;
        _exit(EXIT_SUCCESS);
}

/* --- its keeper --- */

/* True: the console is gone, and the helper went because of it. */
static bool helper_ended(pid_t pid) {
        int status = 0;

        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return false;
        if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
                return true;
        log_warning("console-work", NULL, "the process that starts others was ended by signal %d; it is started anew",
                    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
        return false;
}

static void keep(int socket, const char *config) {
        for (time_t pause = 0;; pause = pause < PAUSE_MAX ? pause + 1 : PAUSE_MAX) {
                struct timespec began, ended;
                pid_t pid;

                (void)nanosleep(&(struct timespec){ .tv_sec = pause }, NULL);
                (void)clock_gettime(CLOCK_BOOTTIME, &began);
                pid = fork();
                if (pid == 0)
                        serve(socket, config);
                if (pid > 0 && helper_ended(pid))
                        return;
                (void)clock_gettime(CLOCK_BOOTTIME, &ended);
                if (ended.tv_sec - began.tv_sec > GOOD_TIME)
                        pause = -1; /* the next one at once */
        }
}

static void guard(int socket, const char *user, const char *config) {
        (void)signal(SIGHUP, SIG_IGN); /* nothing is to be read anew */
        (void)signal(SIGCHLD, SIG_DFL);
        if (worker_enter("console", user, 0, -1) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0)
                keep(socket, config);
        _exit(EXIT_SUCCESS);
}

/* --- the console --- */

int work_helper_start(const char *user, const char *config, int control_fd) {
        int fds[2], r;
        pid_t pid;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
                return -errno;
        pid = fork();
        if (pid == 0) {
                (void)close(fds[0]);
                if (control_fd >= 0)
                        (void)close(control_fd);
                guard(fds[1], user, config);
        }
        r = pid < 0 ? -errno : fds[0];
        (void)close(fds[1]);
        if (pid < 0)
                (void)close(fds[0]);
        return r;
}

int work_helper_ask(int helper, const json_t *request, const int fds[FDS]) {
        char *text = json_dumps(request, JSON_COMPACT);
        union control control = { .bytes = { 0 } };
        struct iovec part = { text, text ? strlen(text) : 0 };
        struct msghdr message = {
                .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
        };
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        int r = !text ? -ENOMEM : part.iov_len > REQUEST_MAX ? -EMSGSIZE : 0;

        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(FDS * sizeof(int));
        memcpy(CMSG_DATA(c), fds, FDS * sizeof(int));
        if (!r && sendmsg(helper, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
                r = -errno;
        free(text);
        return r;
}
