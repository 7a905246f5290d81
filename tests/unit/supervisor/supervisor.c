/* The supervisor with real processes: fake_worker.c misbehaves as its script says, and notes what happens to it. */
#include "supervisor.h"
#include "base/clock.h"
#include "base/log.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
// cmocka.h needs the three above
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <wardwatch/time.h>

struct daemon {
        char dir[64];
        pid_t pid;
        int alive;  /* read end of a pipe whose other end the daemon and all its workers hold */
        int notify; /* what the service manager hears */
};

static void write_file(const struct daemon *d, const char *name, const char *text) {
        char path[128];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", d->dir, name);
        f = fopen(path, "w");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
}

static char *read_file(const struct daemon *d, const char *name) {
        static char text[256 * 1024];
        char path[128];
        size_t n = 0;
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", d->dir, name);
        if ((f = fopen(path, "r"))) {
                n = fread(text, 1, sizeof(text) - 1, f);
                fclose(f);
        }
        text[n] = '\0';
        return text;
}

static bool contains(const struct daemon *d, const char *file, const char *text) {
        return strstr(read_file(d, file), text) != NULL;
}

/* Waits until the file has the text; a test that waits longer than 20 s has failed. */
static void wait_for(const struct daemon *d, const char *file, const char *text) {
        int64_t deadline = clock_boot() + 20 * WW_SECOND;

        while (!contains(d, file, text)) {
                if (clock_boot() > deadline)
                        fail_msg("no \"%s\" in %s:\n%s\nlog:\n%s", text, file, read_file(d, file), read_file(d, "log"));
                poll(NULL, 0, 10);
        }
}

static size_t count(const struct daemon *d, const char *text) {
        size_t n = 0;

        for (const char *p = read_file(d, "events"); (p = strstr(p, text)); p += strlen(text))
                n++;
        return n;
}

/* The pid in the last line that begins so. */
static pid_t pid_of(const struct daemon *d, const char *start) {
        int pid = 0;

        for (const char *p = read_file(d, "events"); (p = strstr(p, start)); p++)
                sscanf(strstr(p, "pid="), "pid=%d", &pid);
        assert_true(pid > 0);
        return pid;
}

static void daemon_prepare(struct daemon *d, const char *more) {
        char text[512];

        *d = (struct daemon){ .dir = "/tmp/ww-supervisor-XXXXXX", .alive = -1, .notify = -1 };
        assert_non_null(mkdtemp(d->dir));
        snprintf(text, sizeof(text),
                 "state: {dir: %s/state, run_dir: %s/run}\n"
                 "database: {url: \"host=/nowhere\"}\n"
                 "metrics: {supervisor: off, engine: off, store: off}\n"
                 "users: {engine: \"\", store: \"\"}\n"
                 "mqtt: {bulk: [\"a/#\"]}\n%s",
                 d->dir, d->dir, more);
        write_file(d, "wardwatch.yaml", text);
}

static void listen_as_manager(struct daemon *d) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        d->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", d->dir);
        assert_int_equal(bind(d->notify, (struct sockaddr *)&address, sizeof(address)), 0);
        setenv("NOTIFY_SOCKET", address.sun_path, 1);
}

/* Waits for a message of the daemon to its manager that begins so. How many before it began with `other`. */
static size_t wait_notify_count(struct daemon *d, const char *start, const char *other) {
        struct pollfd p = { .fd = d->notify, .events = POLLIN };
        int64_t deadline = clock_boot() + 20 * WW_SECOND;
        char text[2048];
        size_t others = 0;

        while (clock_boot() < deadline && poll(&p, 1, 20000) == 1) {
                ssize_t n = recv(d->notify, text, sizeof(text) - 1, 0);
                text[n > 0 ? n : 0] = '\0';
                if (strncmp(text, start, strlen(start)) == 0)
                        return others;
                others += strncmp(text, other, strlen(other)) == 0;
        }
        fail_msg("the manager did not hear \"%s\"", start);
        return 0;
}

static void wait_notify(struct daemon *d, const char *start) {
        (void)wait_notify_count(d, start, start);
}

static void become_daemon(struct daemon *d) {
        char config[128], log[128];
        struct supervisor_options options = { .config = config, .executable = getenv("TEST_WORKER") };
        int fd;

        snprintf(config, sizeof(config), "%s/wardwatch.yaml", d->dir);
        snprintf(log, sizeof(log), "%s/log", d->dir);
        fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        dup2(fd, STDERR_FILENO);
        close(fd);
        setenv("TEST_DIR", d->dir, 1);
        log_init("supervisor", LOG_LEVEL_INFO);
        exit(supervisor_main(&options));
}

static void daemon_start(struct daemon *d) {
        int life[2];

        assert_int_equal(pipe(life), 0);
        d->pid = fork();
        assert_true(d->pid >= 0);
        if (d->pid == 0) {
                close(life[0]);
                become_daemon(d);
        }
        close(life[1]);
        d->alive = life[0];
}

/* Waits for its end; it has 20 s for that, too. */
static int daemon_wait(struct daemon *d) {
        int64_t deadline = clock_boot() + 20 * WW_SECOND;
        int status = 0;
        pid_t pid;

        while ((pid = waitpid(d->pid, &status, WNOHANG)) == 0 && clock_boot() < deadline)
                poll(NULL, 0, 10);
        if (pid == 0) {
                kill(d->pid, SIGKILL);
                waitpid(d->pid, &status, 0);
                fail_msg("the daemon does not end; log:\n%s", read_file(d, "log"));
        }
        d->pid = 0;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int daemon_stop(struct daemon *d) {
        kill(d->pid, SIGTERM);
        return daemon_wait(d);
}

static void daemon_clean(struct daemon *d) {
        char command[128];

        if (d->notify >= 0)
                close(d->notify);
        if (d->alive >= 0)
                close(d->alive);
        unsetenv("NOTIFY_SOCKET");
        unsetenv("WATCHDOG_USEC");
        snprintf(command, sizeof(command), "rm -rf %s", d->dir);
        assert_int_equal(system(command), 0);
}

static void test_start_and_orderly_stop(void **state) {
        struct daemon d;
        const char *events, *engine_end, *store_stop;

        daemon_prepare(&d, "");
        listen_as_manager(&d);
        setenv("WATCHDOG_USEC", "200000", 1);
        daemon_start(&d);
        wait_notify(&d, "READY=1");
        wait_notify(&d, "STATUS=engine running: is run; store running: is run");
        wait_notify(&d, "WATCHDOG=1");
        wait_for(&d, "events", "\"name\":\"store\"");
        wait_for(&d, "events", "\"restarts\":0,\"state\":\"running\"");
        kill(d.pid, SIGTERM);
        wait_notify(&d, "STOPPING=1");
        assert_int_equal(daemon_wait(&d), 0);
        events = read_file(&d, "events");
        engine_end = strstr(events, "engine end");
        store_stop = strstr(events, "store stop");
        assert_non_null(engine_end);
        assert_non_null(store_stop);
        assert_true(engine_end < store_stop);
        assert_non_null(strstr(events, "store end"));
        daemon_clean(&d);
}

/* A worker that was taken over has systemd follow another process, or kill this one? */
static void test_a_status_is_no_order(void **state) {
        struct daemon d;

        daemon_prepare(&d, "");
        listen_as_manager(&d);
        write_file(&d, "engine.script", "order\n");
        daemon_start(&d);
        wait_notify(&d, "STATUS=engine running: is order MAINPID=1  WATCHDOG=trigger; store running: is run");
        assert_int_equal(daemon_stop(&d), 0);
        daemon_clean(&d);
}

/* The manager waits for a start as long as there are signs of life, and for nobody's after it. */
static void test_long_start_is_waited_for(void **state) {
        struct daemon d;

        daemon_prepare(&d, "supervisor: {hung_after: 5s, backoff_max: 7s}\n");
        write_file(&d, "engine.script", "late\n");
        listen_as_manager(&d);
        setenv("WATCHDOG_USEC", "200000", 1);
        daemon_start(&d);
        for (int i = 0; i < 2; i++)
                wait_notify(&d, "EXTEND_TIMEOUT_USEC=72000000");
        write_file(&d, "go", "");
        wait_notify(&d, "READY=1");
        /* two seconds of its watchdog's, in which the worker said that it lives */
        for (int i = 0; i < 20; i++)
                assert_int_equal(wait_notify_count(&d, "WATCHDOG=1", "EXTEND_TIMEOUT_USEC="), 0);
        kill(d.pid, SIGTERM);
        assert_int_equal(wait_notify_count(&d, "STOPPING=1", "EXTEND_TIMEOUT_USEC="), 0);
        assert_int_equal(daemon_wait(&d), 0);
        daemon_clean(&d);
}

static void test_no_store_without_database(void **state) {
        struct daemon d;
        char text[512];

        daemon_prepare(&d, "");
        snprintf(text, sizeof(text),
                 "state: {dir: %s/state, run_dir: %s/run}\n"
                 "metrics: {supervisor: off, engine: off, store: off}\n"
                 "users: {engine: \"\", store: \"\"}\n"
                 "mqtt: {bulk: [\"a/#\"]}\n",
                 d.dir, d.dir);
        write_file(&d, "wardwatch.yaml", text);
        daemon_start(&d);
        wait_for(&d, "log", "ready");
        assert_int_equal(daemon_stop(&d), 0);
        assert_int_equal(count(&d, "engine start"), 1);
        assert_int_equal(count(&d, "store"), 0);
        daemon_clean(&d);
}

static void test_killed_worker_is_restarted(void **state) {
        struct daemon d;

        daemon_prepare(&d, "");
        daemon_start(&d);
        wait_for(&d, "events", "engine start 1");
        wait_for(&d, "events", "store start 1");
        kill(pid_of(&d, "store start 1"), SIGKILL);
        wait_for(&d, "events", "store start 2");
        kill(pid_of(&d, "engine start 1"), SIGKILL);
        wait_for(&d, "events", "engine start 2");
        wait_for(&d, "events", "\"restarts\":1,\"state\":\"running\"");
        wait_for(&d, "events", "\"last\":\"killed by signal 9 (Killed)\"");
        assert_int_equal(daemon_stop(&d), 0);
        assert_int_equal(count(&d, " careful"), 0);
        daemon_clean(&d);
}

static void test_hung_worker_is_killed(void **state) {
        struct daemon d;

        daemon_prepare(&d, "supervisor: {hung_after: 3s}\n");
        write_file(&d, "engine.script", "hang\nrun\n");
        daemon_start(&d);
        wait_for(&d, "events", "engine start 2");
        wait_for(&d, "log", "worker-hung worker=engine");
        /* a stopped one looks the same */
        wait_for(&d, "events", "store start 1");
        kill(pid_of(&d, "store start 1"), SIGSTOP);
        wait_for(&d, "events", "store start 2");
        assert_int_equal(daemon_stop(&d), 0);
        assert_int_equal(count(&d, "engine start"), 2);
        daemon_clean(&d);
}

static void test_failing_worker_does_not_spin(void **state) {
        static const char *const pauses[] = { "0.1 s", "0.2 s", "0.4 s", "0.8 s" };
        const char *said;
        struct daemon d;

        daemon_prepare(&d, "");
        write_file(&d, "store.script", "exit 3\n");
        daemon_start(&d);
        wait_for(&d, "events", "store start 5");
        said = read_file(&d, "log");
        for (size_t i = 0; i < sizeof(pauses) / sizeof(*pauses); i++) {
                said = strstr(said, "exit code 3; started again in ");
                assert_non_null(said);
                said += strlen("exit code 3; started again in ");
                assert_int_equal(strncmp(said, pauses[i], strlen(pauses[i])), 0);
        }
        wait_for(&d, "events", "\"last\":\"exit code 3\"");
        assert_int_equal(daemon_stop(&d), 0);
        assert_int_equal(count(&d, "engine start"), 1);
        daemon_clean(&d);
}

static void test_careful_start(void **state) {
        struct daemon d;

        daemon_prepare(&d, "");
        write_file(&d, "engine.script", "exit 3\nexit 3\nleave-a-child\nrun\n");
        daemon_start(&d);
        wait_for(&d, "events", "engine start 4");
        wait_for(&d, "events", "\"state\":\"running\"");
        assert_true(contains(&d, "events", "engine start 1 pid"));
        assert_true(contains(&d, "events", "engine start 2 pid"));
        assert_true(contains(&d, "events", "engine start 3 careful pid"));
        assert_true(contains(&d, "events", "engine start 4 careful pid"));
        /* heard although the child of the dead one holds its pipe open */
        assert_true(contains(&d, "log", "last words"));
        assert_int_equal(daemon_stop(&d), 0);
        daemon_clean(&d);
}

static void test_reload(void **state) {
        struct daemon d;

        daemon_prepare(&d, "");
        write_file(&d, "check.script", "exit 0\nexit 1\nexit 0\n");
        listen_as_manager(&d);
        daemon_start(&d);
        wait_notify(&d, "READY=1");
        wait_for(&d, "events", "store start 1");
        wait_for(&d, "log", "worker=store");
        kill(d.pid, SIGHUP);
        wait_notify(&d, "RELOADING=1\nMONOTONIC_USEC=");
        wait_notify(&d, "READY=1");
        wait_for(&d, "events", "engine reload");
        wait_for(&d, "events", "store reload");
        kill(d.pid, SIGHUP);
        wait_for(&d, "log", "the check ended with exit code 1");
        wait_notify(&d, "READY=1");
        assert_int_equal(count(&d, "engine reload"), 1);
        /* the check is content, but the file is not: it was changed in between */
        write_file(&d, "wardwatch.yaml", "state: {dri: x}\n");
        kill(d.pid, SIGHUP);
        wait_for(&d, "log", "the files are not right");
        assert_true(contains(&d, "log", "dri"));
        assert_int_equal(daemon_stop(&d), 0);
        assert_int_equal(count(&d, "engine reload"), 1);
        daemon_clean(&d);
}

/* A worker that dies comes up with what was in force, whatever the file looks like meanwhile. */
static void test_configuration_in_force(void **state) {
        struct daemon d;
        char *text;

        daemon_prepare(&d, "supervisor: {hung_after: 7s}\n");
        write_file(&d, "check.script", "exit 0\n");
        daemon_start(&d);
        wait_for(&d, "events", "hung_after=7s");
        wait_for(&d, "events", "engine start 1");
        text = strdup(read_file(&d, "wardwatch.yaml"));
        write_file(&d, "wardwatch.yaml", "state: {dir:");
        kill(pid_of(&d, "engine start 1"), SIGKILL);
        wait_for(&d, "events", "engine start 2");
        assert_int_equal(count(&d, "unreadable"), 0);
        /* and with the new text after a reload */
        *strstr(text, "7s") = '8';
        write_file(&d, "wardwatch.yaml", text);
        kill(d.pid, SIGHUP);
        wait_for(&d, "log", "the files are right");
        kill(pid_of(&d, "engine start 2"), SIGKILL);
        wait_for(&d, "events", "hung_after=8s");
        assert_int_equal(daemon_stop(&d), 0);
        free(text);
        daemon_clean(&d);
}

static void test_stop_is_bounded(void **state) {
        struct daemon d;

        daemon_prepare(&d, "");
        write_file(&d, "store.script", "ignore\n");
        daemon_start(&d);
        wait_for(&d, "events", "store start 1");
        wait_for(&d, "log", "worker-ready worker=store");
        assert_int_equal(daemon_stop(&d), 0);
        assert_true(contains(&d, "log", "worker-killed worker=store"));
        assert_true(contains(&d, "events", "engine end"));
        daemon_clean(&d);
}

/* An engine in the midst of its start is not waited for as one that has a snapshot to write. */
static void test_stop_in_the_midst_of_a_start(void **state) {
        struct daemon d;

        daemon_prepare(&d, "");
        write_file(&d, "engine.script", "deaf\n");
        daemon_start(&d);
        wait_for(&d, "events", "engine start 1");
        assert_int_equal(daemon_stop(&d), 0);
        assert_true(contains(&d, "log", "worker-killed worker=engine"));
        assert_true(contains(&d, "events", "store end"));
        daemon_clean(&d);
}

/* of two daemons whose engines do not stop, the one that is told twice ends while the other still waits for its own */
static void test_second_signal_hurries(void **state) {
        struct daemon patient, hurried, *const both[] = { &patient, &hurried };

        for (size_t i = 0; i < 2; i++) {
                daemon_prepare(both[i], "");
                write_file(both[i], "engine.script", "ignore\n");
                daemon_start(both[i]);
                wait_for(both[i], "events", "\"state\":\"running\"");
        }
        for (size_t i = 0; i < 2; i++) {
                kill(both[i]->pid, SIGTERM);
                wait_for(both[i], "events", "engine stop");
        }
        kill(hurried.pid, SIGINT);
        assert_int_equal(daemon_wait(&hurried), 0);
        assert_int_equal(waitpid(patient.pid, NULL, WNOHANG), 0);
        kill(patient.pid, SIGINT);
        assert_int_equal(daemon_wait(&patient), 0);
        daemon_clean(&hurried);
        daemon_clean(&patient);
}

static void test_second_daemon_refuses(void **state) {
        struct daemon d, second;
        char holder[64];

        daemon_prepare(&d, "");
        daemon_start(&d);
        wait_for(&d, "events", "engine start 1");
        second = d;
        daemon_start(&second);
        assert_int_equal(daemon_wait(&second), 1);
        assert_int_equal(waitpid(d.pid, NULL, WNOHANG), 0); /* it did not wait for this one's end */
        snprintf(holder, sizeof(holder), "another Wardwatch works on this state directory (pid %d, since 2",
                 (int)d.pid);
        assert_true(contains(&d, "log", holder));
        close(second.alive);
        assert_int_equal(daemon_stop(&d), 0);
        assert_int_equal(count(&d, "engine start"), 1);
        daemon_clean(&d);
}

static void test_workers_die_with_the_supervisor(void **state) {
        struct daemon d;
        struct pollfd p;
        char c;

        daemon_prepare(&d, "");
        /* one that does not even look at its pipe */
        write_file(&d, "store.script", "hang\n");
        daemon_start(&d);
        wait_for(&d, "events", "\"state\":\"running\"");
        wait_for(&d, "events", "store start 1");
        kill(d.pid, SIGKILL);
        assert_int_equal(daemon_wait(&d), -1);
        p = (struct pollfd){ .fd = d.alive, .events = POLLIN };
        assert_int_equal(poll(&p, 1, 10000), 1);
        assert_int_equal(read(d.alive, &c, 1), 0);
        /* and the next daemon is not held up by anything they left */
        close(d.alive);
        daemon_start(&d);
        wait_for(&d, "events", "engine start 2");
        assert_int_equal(daemon_stop(&d), 0);
        daemon_clean(&d);
}

static void test_broken_configuration(void **state) {
        struct daemon d;

        daemon_prepare(&d, "nonsense: 1\n");
        daemon_start(&d);
        assert_int_equal(daemon_wait(&d), 1);
        assert_true(contains(&d, "log", "wardwatch.yaml:6:1: error:"));
        assert_int_equal(count(&d, "start"), 0);
        daemon_clean(&d);
}

int main(void) {
        if (!getenv("TEST_WORKER")) { /* the supervisor would take this very program for its workers' */
                fprintf(stderr, "TEST_WORKER names the worker to start: run this by `meson test`\n");
                return 1;
        }

        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_start_and_orderly_stop),
                cmocka_unit_test(test_a_status_is_no_order),
                cmocka_unit_test(test_long_start_is_waited_for),
                cmocka_unit_test(test_no_store_without_database),
                cmocka_unit_test(test_killed_worker_is_restarted),
                cmocka_unit_test(test_hung_worker_is_killed),
                cmocka_unit_test(test_failing_worker_does_not_spin),
                cmocka_unit_test(test_careful_start),
                cmocka_unit_test(test_reload),
                cmocka_unit_test(test_configuration_in_force),
                cmocka_unit_test(test_stop_is_bounded),
                cmocka_unit_test(test_stop_in_the_midst_of_a_start),
                cmocka_unit_test(test_second_signal_hurries),
                cmocka_unit_test(test_second_daemon_refuses),
                cmocka_unit_test(test_workers_die_with_the_supervisor),
                cmocka_unit_test(test_broken_configuration),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
