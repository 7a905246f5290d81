/*
 * A program of the site: its arguments as they stand in the file, no shell, the notification as one JSON line on its
 * input. Exit code 0 is delivered, 75 (EX_TEMPFAIL) is to be tried again, another one is a refusal.
 *
 * The input is a file in memory, so that nobody waits for a program that does not read. Its end is seen through a
 * descriptor of the process, not by a signal; what it started holds nobody up.
 */
#include "notify/transports.h"

#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

struct program {
        struct delivery *delivery;
        pid_t pid;
        int pid_fd, out_fd;
        struct event *ended, *said;
        char words[DELIVERY_ANSWER_MAX];
        size_t n;
};

struct program_line {
        struct event_base *base;
};

static void program_free(struct program *p) {
        if (p->ended)
                event_free(p->ended);
        if (p->said)
                event_free(p->said);
        cleanup_closep(&p->pid_fd);
        cleanup_closep(&p->out_fd);
        free(p);
}

static void program_hear(struct program *p) {
        char bytes[4096];
        ssize_t n;

        while ((n = read(p->out_fd, bytes, sizeof bytes)) > 0) {
                size_t room = sizeof p->words - 1 - p->n, some = (size_t)n < room ? (size_t)n : room;

                memcpy(p->words + p->n, bytes, some);
                p->n += some;
        }
        if (n == 0 && p->said)
                (void)event_del(p->said);
}

static void on_said(evutil_socket_t fd, short events, void *userdata) {
        (void)fd;
        (void)events;
        program_hear(userdata);
}

static void on_ended(evutil_socket_t fd, short events, void *userdata) {
        struct program *p = userdata;
        struct delivery *d = p->delivery;
        char words[sizeof p->words];
        int status = 0;

        (void)fd;
        (void)events;
        (void)waitpid(p->pid, &status, 0);
        program_hear(p);
        p->words[p->n] = 0;
        memcpy(words, p->words, sizeof words);
        program_free(p);
        if (WIFSIGNALED(status))
                delivery_ended(d, OUTCOME_FAILED, "killed by signal %d: %s", WTERMSIG(status), words);
        else
                delivery_ended(d,
                               WEXITSTATUS(status) == 0             ? OUTCOME_SENT
                               : WEXITSTATUS(status) == EX_TEMPFAIL ? OUTCOME_FAILED
                                                                    : OUTCOME_REFUSED,
                               "exit code %d%s%s", WEXITSTATUS(status), *words ? ": " : "", words);
}

/* In the child: nothing but system calls. Of our descriptors it gets none. */
static void become(const struct channel_config *c, int in, int out) {
        static const char *const environment[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                                                   "LANG=C.UTF-8", NULL };
        char *argv[CHANNEL_TEXTS_MAX + 1] = { NULL };
        sigset_t none;

        for (size_t i = 0; i < c->argv.n; i++)
                argv[i] = (char *)c->argv.items[i];
        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        (void)signal(SIGPIPE, SIG_DFL);
        (void)setpgid(0, 0);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || close_range(3, ~0U, 0) < 0)
                _exit(EX_TEMPFAIL);
        (void)execve(argv[0], argv, (char *const *)environment);
        (void)!write(2, "it cannot be run", 16);
        _exit(EX_TEMPFAIL);
}

static int input_of(const struct delivery *d) {
        _cleanup_buf_ struct buf body = BUF_INIT;
        _cleanup_close_ int fd = memfd_create("notification", MFD_CLOEXEC);
        int r = fd < 0 ? -errno : delivery_body(d, &body), made;

        buf_puts(&body, "\n");
        if (!r)
                r = body.error;
        if (!r && (write(fd, body.p, body.n) != (ssize_t)body.n || lseek(fd, 0, SEEK_SET) < 0))
                r = -EIO;
        if (r)
                return r;
        made = fd;
        fd = -1;
        return made;
}

static int program_start(struct program *p, const struct delivery *d) {
        _cleanup_close_ int in = input_of(d);
        int pipe_fds[2];

        if (in < 0)
                return in;
        if (pipe2(pipe_fds, O_CLOEXEC) < 0)
                return -errno;
        p->out_fd = pipe_fds[0];
        (void)fcntl(p->out_fd, F_SETFL, O_NONBLOCK);
        p->pid = fork();
        if (p->pid == 0)
                become(d->channel, in, pipe_fds[1]);
        (void)close(pipe_fds[1]);
        return p->pid < 0 ? -errno : 0;
}

static void program_kill(struct program *p) {
        (void)kill(-p->pid, SIGKILL);
        (void)kill(p->pid, SIGKILL); /* it may not have made its group yet */
        (void)waitpid(p->pid, NULL, 0);
}

static int program_send(struct delivery *d) {
        const struct program_line *line = d->line;
        struct program *p = calloc(1, sizeof *p);
        int r;

        if (!p)
                return -ENOMEM;
        p->delivery = d;
        p->pid_fd = p->out_fd = -1;
        r = program_start(p, d);
        if (r) {
                program_free(p);
                return r;
        }
        p->pid_fd = pidfd_open(p->pid, 0);
        if (p->pid_fd >= 0) {
                p->ended = event_new(line->base, p->pid_fd, EV_READ, on_ended, p);
                p->said = event_new(line->base, p->out_fd, EV_READ | EV_PERSIST, on_said, p);
        }
        if (!p->ended || !p->said || event_add(p->ended, NULL) != 0 || event_add(p->said, NULL) != 0) {
                program_kill(p);
                program_free(p);
                return -ENOMEM;
        }
        d->state = p;
        return 0;
}

static void program_cancel(struct delivery *d) {
        program_kill(d->state);
        program_free(d->state);
        d->state = NULL;
}

static int program_open(void **ret, const struct channel_config *channel, const struct transport_ground *ground) {
        struct program_line *line = calloc(1, sizeof *line);

        (void)channel;
        if (!line)
                return -ENOMEM;
        line->base = ground->base;
        *ret = line;
        return 0;
}

const struct transport transport_program = {
        .open = program_open, .close = free, .send = program_send, .cancel = program_cancel
};
