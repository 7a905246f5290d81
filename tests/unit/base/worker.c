#include "base/worker.h"
#include "base/jsonline.h"
#include "base/log.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
// cmocka.h needs the three above
#include <cmocka.h>
#include <event2/event.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct calls {
        int reload, stop, closed, workers, refused;
};

static void on_refused(void *userdata, const char *why) {
        assert_string_equal(why, "not right");
        ((struct calls *)userdata)->refused++;
}

static void on_reload(void *userdata) {
        ((struct calls *)userdata)->reload++;
}
static void on_stop(void *userdata) {
        ((struct calls *)userdata)->stop++;
}
static void on_closed(void *userdata) {
        ((struct calls *)userdata)->closed++;
}
static void on_workers(void *userdata, json_t *workers) {
        ((struct calls *)userdata)->workers += (int)json_array_size(workers);
}

struct bench {
        struct event_base *base;
        struct worker *w;
        struct calls calls;
        struct jsonline_state state;
        int supervisor;
};

static void bench_init(struct bench *b, bool own_closed) {
        struct worker_handlers handlers = { &b->calls,  on_reload, on_stop, own_closed ? on_closed : NULL,
                                            on_workers, on_refused };
        int fds[2];

        *b = (struct bench){ .base = event_base_new() };
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        b->supervisor = fds[0];
        assert_int_equal(worker_new(&b->w, b->base, fds[1], &handlers), 0);
}

static void bench_deinit(struct bench *b) {
        worker_free(b->w);
        event_base_free(b->base);
        jsonline_state_free(&b->state);
        close(b->supervisor);
}

static void tell(struct bench *b, const char *line) {
        assert_int_equal(send(b->supervisor, line, strlen(line), 0), (int)strlen(line));
        for (int i = 0; i < 3; i++)
                event_base_loop(b->base, EVLOOP_NONBLOCK);
}

static json_t *hear(struct bench *b, int timeout_ms) {
        json_t *object = NULL;

        assert_int_equal(jsonline_read(b->supervisor, &b->state, timeout_ms, &object), 0);
        return object;
}

static void test_supervisor_speaks(void **state) {
        struct bench b;

        bench_init(&b, true);
        tell(&b, "{\"reload\":true}\n");
        assert_int_equal(b.calls.reload, 1);
        tell(&b, "{\"refused\":\"not right\"}\n{\"refused\":true}\n");
        assert_int_equal(b.calls.refused, 1);
        tell(&b, "{\"reload\":false}\n{\"stop\":1}\n{\"unknown\":true}\n{\"workers\":{}}\n");
        assert_int_equal(b.calls.reload, 1);
        assert_int_equal(b.calls.stop, 0);
        assert_int_equal(b.calls.workers, 0);
        tell(&b, "{\"workers\":[{},{}]}\n{\"stop\":true}\n");
        assert_int_equal(b.calls.workers, 2);
        assert_int_equal(b.calls.stop, 1);
        bench_deinit(&b);
}

static void test_supervisor_goes(void **state) {
        for (int own_closed = 0; own_closed < 2; own_closed++) {
                struct bench b;
                bench_init(&b, own_closed);
                shutdown(b.supervisor, SHUT_RDWR);
                for (int i = 0; i < 3; i++)
                        event_base_loop(b.base, EVLOOP_NONBLOCK);
                assert_int_equal(b.calls.closed, own_closed);
                assert_int_equal(b.calls.stop, !own_closed);
                /* speaking into the void is harmless */
                worker_ready(b.w);
                worker_status(b.w, "x");
                worker_alive(b.w);
                bench_deinit(&b);
        }
}

static void test_worker_speaks(void **state) {
        struct bench b;
        json_t *object;

        bench_init(&b, true);
        worker_ready(b.w);
        worker_status(b.w, "lag %d s: \"quoted\" \xc3\xa9 \xff", 3);
        worker_alive(b.w); /* queues behind the two lines */
        event_base_loop(b.base, EVLOOP_NONBLOCK);
        object = hear(&b, 0);
        assert_true(json_is_true(json_object_get(object, "ready")));
        json_decref(object);
        object = hear(&b, 0);
        assert_string_equal(json_string_value(json_object_get(object, "status")), "lag 3 s: \"quoted\" ?? ?");
        json_decref(object);
        object = hear(&b, 0);
        assert_int_equal(json_integer_value(json_object_get(object, "alive")), 1);
        json_decref(object);
        bench_deinit(&b);
}

static void test_beats(void **state) {
        struct bench b;
        struct pollfd p;

        bench_init(&b, true);
        /* out of long work: at once, and at most one a second */
        for (int i = 0; i < 1000; i++)
                worker_alive(b.w);
        json_t *object = hear(&b, 0);
        assert_int_equal(json_integer_value(json_object_get(object, "alive")), 1);
        json_decref(object);
        /* from the loop, by itself */
        p = (struct pollfd){ .fd = b.supervisor, .events = POLLIN };
        for (int i = 0; i < 100 && poll(&p, 1, 0) == 0; i++)
                event_base_loop(b.base, EVLOOP_ONCE);
        object = hear(&b, 0);
        assert_true(json_integer_value(json_object_get(object, "alive")) >= 2);
        json_decref(object);
        bench_deinit(&b);
}

static bool refuse;

static void *take_memory(size_t n) {
        return refuse ? NULL : malloc(n);
}

static void *take_other_memory(void *p, size_t n) {
        return refuse ? NULL : realloc(p, n);
}

static void test_no_memory(void **state) {
        struct bench b;

        bench_init(&b, true);
        refuse = true;
        for (int i = 0; i < 10 && b.calls.stop == 0; i++)
                event_base_loop(b.base, EVLOOP_ONCE);
        refuse = false;
        assert_true(b.calls.stop > 0);
        assert_int_equal(b.calls.closed, 0);
        bench_deinit(&b);
}

static void test_by_hand(void **state) {
        struct calls calls = { 0 };
        struct worker_handlers handlers = { &calls, on_reload, on_stop, NULL, NULL };
        struct event_base *base = event_base_new();
        struct worker *w = NULL;

        assert_int_equal(worker_new(&w, base, -1, &handlers), 0);
        raise(SIGHUP);
        raise(SIGINT);
        event_base_loop(base, EVLOOP_ONCE);
        raise(SIGTERM);
        event_base_loop(base, EVLOOP_ONCE);
        assert_int_equal(calls.reload, 1);
        assert_int_equal(calls.stop, 2);
        worker_ready(w);
        worker_alive(w);
        worker_free(w);
        event_base_free(base);
}

/* Runs `f` in a child, because worker_enter changes the whole process; its exit code is the answer. */
static int in_child(int (*f)(int control_fd)) {
        int fds[2], status;
        pid_t pid;

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
                _exit(f(fds[1]));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        close(fds[0]);
        close(fds[1]);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static int enter_plain(int control_fd) {
        struct rlimit core;

        if (worker_enter("engine", "", 0, control_fd) != 0)
                return 1;
        raise(SIGINT);
        raise(SIGHUP);
        raise(SIGPIPE);
        getrlimit(RLIMIT_CORE, &core);
        return core.rlim_cur == 0 ? 0 : 2;
}

static int enter_orphan(int control_fd) {
        int fds[2];

        /* a pair made by this very process: its maker is not the parent */
        return socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0 && worker_enter("engine", NULL, 0, fds[0]) == -ESRCH ? 0
                                                                                                                  : 1;
}

static int enter_unknown_user(int control_fd) {
        return worker_enter("store", "no-such-user-here", 0, control_fd) == -ENOENT ? 0 : 1;
}

static int enter_nobody(int control_fd) {
        struct passwd *nobody = getpwnam("nobody");
        gid_t groups[64];
        int n;

        if (worker_enter("store", "nobody", 0, control_fd) != 0)
                return 1;
        if (getuid() != nobody->pw_uid || geteuid() != nobody->pw_uid || getgid() != nobody->pw_gid)
                return 2;
        n = getgroups(64, groups);
        for (int i = 0; i < n; i++)
                if (groups[i] == 0)
                        return 3;
        return setuid(0) < 0 ? 0 : 4;
}

static void test_enter(void **state) {
        assert_int_equal(in_child(enter_plain), 0);
        assert_int_equal(in_child(enter_orphan), 0);
}

static void test_enter_drops_rights(void **state) {
        if (geteuid() != 0)
                skip();
        assert_int_equal(in_child(enter_unknown_user), 0);
        assert_int_equal(in_child(enter_nobody), 0);
}

/* supervisor → worker; the worker holds the write end of `life` and says there when it has entered. */
static void run_family(int life) {
        int fds[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
                _exit(1);
        if (fork() == 0) {
                if (worker_enter("engine", NULL, 0, fds[1]) == 0)
                        (void)!write(life, "e", 1);
                for (;;)
                        pause();
        }
        close(life);
        for (;;)
                pause();
}

static void test_dies_with_the_supervisor(void **state) {
        struct pollfd p = { .events = POLLIN };
        int life[2];
        char c;
        pid_t pid;

        assert_int_equal(pipe(life), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                close(life[0]);
                run_family(life[1]);
        }
        close(life[1]);
        p.fd = life[0];
        assert_int_equal(poll(&p, 1, 10000), 1);
        assert_int_equal(read(life[0], &c, 1), 1);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        /* the end of the pipe: nobody holds its other end any more */
        assert_int_equal(poll(&p, 1, 10000), 1);
        assert_int_equal(read(life[0], &c, 1), 0);
        close(life[0]);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_supervisor_speaks),
                cmocka_unit_test(test_supervisor_goes),
                cmocka_unit_test(test_worker_speaks),
                cmocka_unit_test(test_beats),
                cmocka_unit_test(test_no_memory),
                cmocka_unit_test(test_by_hand),
                cmocka_unit_test(test_enter),
                cmocka_unit_test(test_enter_drops_rights),
                cmocka_unit_test(test_dies_with_the_supervisor),
        };

        signal(SIGPIPE, SIG_IGN);
        log_init("test-worker", LOG_LEVEL_NOTICE);
        event_set_mem_functions(take_memory, take_other_memory, free); /* before anything else of the library */
        return cmocka_run_group_tests(tests, NULL, NULL);
}
