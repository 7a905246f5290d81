/*
 * A worker that misbehaves as told. TEST_DIR/NAME.script has one line for each life, the last one for all that follow:
 *
 *   run         works, and stops when told
 *   ignore      works, but does not stop
 *   late        lives, and is ready once there is TEST_DIR/go
 *   deaf        never is ready, and hears nothing
 *   exit N      ends at once
 *   hang        says that it is ready, then nothing more
 *   leave-a-child    speaks its last words and is killed, while a child of its own keeps the pipe open
 *
 * As `check` it ends as check.script says. What happens is appended to TEST_DIR/events, one line each.
 */
#include "base/log.h"
#include "base/worker.h"
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char *name;
static struct worker *worker;
static struct event_base *base;
static bool ignores_stop;

static FILE *open_in_dir(const char *file, const char *mode) {
        char path[512];

        snprintf(path, sizeof(path), "%s/%s", getenv("TEST_DIR"), file);
        return fopen(path, mode);
}

static void note(const char *format, ...) {
        FILE *f = open_in_dir("events", "ae");
        char line[2048];
        va_list args;

        va_start(args, format);
        vsnprintf(line, sizeof(line), format, args);
        va_end(args);
        if (!f)
                exit(99);
        fprintf(f, "%s %s\n", name, line);
        fclose(f);
}

/* The value of the configuration's `hung_after`, as this worker may read it. */
static void read_config(const char *path, char value[static 32]) {
        char line[512];
        FILE *f = path ? fopen(path, "re") : NULL;

        strcpy(value, "unreadable");
        while (f && fgets(line, sizeof(line), f))
                sscanf(line, " hung_after: %31s", value);
        if (f)
                fclose(f);
}

/* The number of this life, from 1. */
static int count_lives(void) {
        char file[64];
        int lives = 0;
        FILE *f;

        snprintf(file, sizeof(file), "%s.lives", name);
        if ((f = open_in_dir(file, "re"))) {
                if (fscanf(f, "%d", &lives) != 1)
                        lives = 0;
                fclose(f);
        }
        if ((f = open_in_dir(file, "we"))) {
                fprintf(f, "%d", ++lives);
                fclose(f);
        }
        return lives;
}

static void read_script(int life, char line[static 128]) {
        char file[64];
        FILE *f;

        snprintf(file, sizeof(file), "%s.script", name);
        f = open_in_dir(file, "re");
        strcpy(line, "run");
        while (f && life-- > 0 && fgets(line, 128, f))
                ;
        line[strcspn(line, "\n")] = '\0';
        if (f)
                fclose(f);
}

static void on_stop(void *userdata) {
        note("stop");
        if (!ignores_stop)
                event_base_loopbreak(base);
}

static void on_reload(void *userdata) {
        note("reload");
}

static void on_workers(void *userdata, json_t *workers) {
        char *text = json_dumps(workers, JSON_COMPACT);

        note("workers %s", text);
        free(text);
}

static int leave_a_child(void) {
        if (fork() == 0) {
                alarm(20);
                for (;;)
                        pause();
        }
        worker_status(worker, "last words");
        event_base_loop(base, EVLOOP_NONBLOCK);
        raise(SIGKILL);
        return 99;
}

static void on_look(evutil_socket_t fd, short what, void *userdata) {
        FILE *f = open_in_dir("go", "re");

        if (!f)
                return;
        fclose(f);
        event_del(*(struct event **)userdata);
        worker_ready(worker);
}

static int live_late(void) {
        struct event *look = event_new(base, -1, EV_PERSIST, on_look, &look);

        event_add(look, &(struct timeval){ .tv_usec = 10000 });
        event_base_dispatch(base);
        event_free(look);
        return 0;
}

static int live(const char *script, int control_fd) {
        struct worker_handlers handlers = { .reload = on_reload, .stop = on_stop, .workers = on_workers };

        base = event_base_new();
        if (worker_enter(name, NULL, 0, control_fd) < 0 || worker_new(&worker, base, control_fd, &handlers) < 0)
                return 98;
        if (strcmp(script, "leave-a-child") == 0)
                return leave_a_child();
        while (strcmp(script, "deaf") == 0)
                pause();
        if (strcmp(script, "late") == 0)
                return live_late();
        worker_ready(worker);
        worker_status(worker, "is %s%s", script,
                      strcmp(script, "order") == 0 ? "\nMAINPID=1\r\x7fWATCHDOG=trigger" : "");
        if (strcmp(script, "hang") == 0) {
                event_base_loop(base, EVLOOP_NONBLOCK);
                for (;;)
                        pause();
        }
        ignores_stop = strcmp(script, "ignore") == 0;
        event_base_dispatch(base);
        worker_free(worker);
        event_base_free(base);
        note("end");
        return 0;
}

static const char *option(int argc, char **argv, const char *wanted) {
        for (int i = 2; i < argc; i++)
                if (strcmp(argv[i], wanted) == 0)
                        return i + 1 < argc ? argv[i + 1] : "";
        return NULL;
}

int main(int argc, char **argv) {
        const char *control_fd = option(argc, argv, "--control-fd");
        char script[128], config[32];
        int code, life;

        name = argc > 1 ? argv[1] : "?";
        log_init(name, LOG_LEVEL_INFO);
        life = count_lives();
        read_script(life, script);
        read_config(option(argc, argv, "-c"), config);
        note("start %d%s pid=%d hung_after=%s", life, option(argc, argv, "--careful") ? " careful" : "", (int)getpid(),
             config);
        if (sscanf(script, "exit %d", &code) == 1)
                return code;
        return control_fd ? live(script, atoi(control_fd)) : 97;
}
