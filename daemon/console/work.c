/*
 *     waiting ── there is a place ──► running ── its last words are read ──► over
 *        └───────── freed ─────────────┴── freed: its leash is let go, at whose end it ends
 *
 * Standard error brings progress, if it fails what is wrong, as subcommands say it, and at last how it ended. If it
 * ends without that it was killed, or never began.
 */
#include "console/work.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "console/work_helper.h"
#include <wardwatch/time.h>

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define ROOM ((uint64_t)WORK_BYTES_MAX * 2) /* must be free on the disk before one begins */
#define LINE 400
#define CURE "  help: "

struct work {
        struct work *next;
        struct works *works;
        struct work_handlers handlers;
        char person[72];
        json_t *words;
        int file, pipe, leash; /* -1 = not open */
        struct event *words_in;
        int64_t until; /* boot clock, while it runs */
        bool started, over, told;
        int status; /* that it told */
        char line[LINE], text[WORK_TEXT_SIZE], cure[WORK_TEXT_SIZE];
        size_t n; /* of the line */
};

struct works {
        struct event_base *base;
        int dir_fd;
        struct work *list;  /* oldest first */
        struct event *lost; /* some could not be started */
        size_t n, running;
        int helper;
        uint64_t refused;
};

static void works_next(struct works *w);

/* --- its words --- */

static void keep(char *to, const char *text) {
        if (!*to)
                (void)snprintf(to, WORK_TEXT_SIZE, "%s", text);
}

/* "wardwatch case: there is no incident 7 in the record", "  help: …", "progress 3 14"; others are for nobody. */
static void take_line(struct work *k, const char *line) {
        uint64_t done, total;
        int status;
        const char *what = strncmp(line, "wardwatch", 9) == 0 ? strstr(line, ": ") : NULL;

        if (sscanf(line, "progress %" SCNu64 " %" SCNu64, &done, &total) == 2) {
                if (k->handlers.progress)
                        k->handlers.progress(k->handlers.userdata, done, total);
        } else if (sscanf(line, WORK_EXIT, &status) == 1) {
                k->told = true;
                k->status = status;
        } else if (strncmp(line, CURE, sizeof CURE - 1) == 0) {
                keep(k->cure, line + sizeof CURE - 1);
        } else if (what) {
                keep(k->text, what + 2);
        }
}

/* What is longer than a line may be is cut. */
static void take_bytes(struct work *k, const char *p, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (p[i] == '\n') {
                        k->line[k->n] = '\0';
                        k->n = 0;
                        take_line(k, k->line);
                } else if (k->n + 1 < sizeof k->line) {
                        k->line[k->n++] = p[i];
                }
        }
}

/* --- its end --- */

static void stop_reading(struct work *k) {
        if (k->words_in)
                event_free(k->words_in);
        k->words_in = NULL;
        if (k->pipe >= 0)
                (void)close(k->pipe);
        k->pipe = -1;
}

static void close_fd(int *fd) {
        if (*fd >= 0)
                (void)close(*fd);
        *fd = -1;
}

/* May free it. */
static void work_over(struct work *k) {
        struct works *w = k->works;
        enum work_result result = k->told && k->status == 0 ? WORK_DONE
                                  : k->told && *k->text     ? WORK_REFUSED
                                                            : WORK_FAILED;

        k->over = true;
        w->running--;
        close_fd(&k->leash);
        if (result == WORK_FAILED)
                log_warning("console-work", k->person, "%s", *k->text ? k->text : "it ended without a word");
        k->handlers.end(k->handlers.userdata, result, k->text, k->cure);
        works_next(w);
}

static void on_words(evutil_socket_t fd, short what, void *userdata) {
        struct work *k = userdata;
        char part[2048];
        ssize_t n = read(fd, part, sizeof part);

        if (n > 0)
                take_bytes(k, part, (size_t)n);
        if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
                return;
        stop_reading(k);
        work_over(k);
}

static struct work *find_lost(struct works *w) {
        for (struct work *k = w->list; k; k = k->next)
                if (k->started && !k->over && k->pipe < 0)
                        return k;
        return NULL;
}

static void on_lost(evutil_socket_t fd, short what, void *userdata) {
        struct work *k;

        while ((k = find_lost(userdata))) /* the list may be another one after each */
                work_over(k);
}

/* --- its beginning --- */

/* A file without a name: it is gone with its last descriptor, however this process ends. */
static int make_file(const struct works *w) {
        char name[40] = "work-";
        uint8_t random[16];
        int fd;

        randombytes_buf(random, sizeof random);
        sodium_bin2hex(name + 5, sizeof name - 5, random, sizeof random);
        fd = openat(w->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd >= 0)
                (void)unlinkat(w->dir_fd, name, 0);
        return fd;
}

static int ask_helper(struct work *k, int leash, int words_out) {
        const int fds[] = { leash, k->file, words_out };
        json_t *request = json_pack("{s:O, s:s}", "words", k->words, "person", k->person);
        int r = request ? work_helper_ask(k->works->helper, request, fds) : -ENOMEM;

        json_decref(request);
        return r;
}

static int start(struct work *k) {
        int words[2], leash[2], r;

        k->file = make_file(k->works);
        if (k->file < 0)
                return -errno;
        if (pipe2(words, O_CLOEXEC | O_NONBLOCK) < 0)
                return -errno;
        k->pipe = words[0];
        r = pipe2(leash, O_CLOEXEC) < 0 ? -errno : 0;
        if (!r) {
                k->leash = leash[1];
                r = fcntl(words[1], F_SETFL, 0) < 0 ? -errno : ask_helper(k, leash[0], words[1]);
                (void)close(leash[0]);
        }
        (void)close(words[1]);
        if (r)
                return r;
        k->until = clock_boot() + WORK_TIME;
        k->words_in = event_new(k->works->base, k->pipe, EV_READ | EV_PERSIST, on_words, k);
        return k->words_in && event_add(k->words_in, NULL) == 0 ? 0 : -ENOMEM;
}

/* One that could not be started is told as all others are: from the loop. */
static void start_or_fail(struct work *k) {
        int r;

        k->started = true;
        k->works->running++;
        r = start(k);
        if (!r)
                return;
        log_warning("console-work", k->person, "cannot be started: %s", strerror(-r));
        stop_reading(k);
        event_active(k->works->lost, EV_TIMEOUT, 0);
}

static void works_next(struct works *w) {
        for (struct work *k = w->list; k && w->running < WORKS_RUNNING; k = k->next)
                if (!k->started)
                        start_or_fail(k);
}

static bool has_room(const struct works *w) {
        struct statvfs disk;

        return fstatvfs(w->dir_fd, &disk) < 0 || (uint64_t)disk.f_bavail * disk.f_frsize > ROOM;
}

struct work *work_begin(struct works *w, const char *person, json_t *words, const struct work_handlers *handlers) {
        struct work *k = words && w->n < WORKS_MAX && has_room(w) ? calloc(1, sizeof *k) : NULL, **at = &w->list;

        if (!k) {
                w->refused++;
                json_decref(words);
                return NULL;
        }
        k->works = w;
        k->handlers = *handlers;
        k->words = words;
        k->file = k->pipe = k->leash = -1;
        (void)snprintf(k->person, sizeof k->person, "%s", person);
        while (*at)
                at = &(*at)->next;
        *at = k;
        w->n++;
        works_next(w);
        return k;
}

int work_file(const struct work *k, int64_t *ret_size) {
        struct stat about;

        *ret_size = k->file >= 0 && fstat(k->file, &about) == 0 ? about.st_size : 0;
        return k->file;
}

/* --- freeing --- */

struct work *work_free(struct work *k) {
        struct works *w = k ? k->works : NULL;
        struct work **at = w ? &w->list : NULL;

        if (!k)
                return NULL;
        while (*at != k)
                at = &(*at)->next;
        *at = k->next;
        w->n--;
        if (k->started && !k->over)
                w->running--;
        stop_reading(k);
        close_fd(&k->leash);
        close_fd(&k->file);
        json_decref(k->words);
        free(k);
        works_next(w);
        return NULL;
}

/* --- all of them --- */

void works_turn(struct works *w) {
        for (struct work *k = w->list; k; k = k->next)
                if (k->words_in && k->leash >= 0 && clock_boot() > k->until) {
                        keep(k->text, "it took longer than ten minutes");
                        close_fd(&k->leash); /* its end is heard as any other */
                }
}

void works_metrics(const struct works *w, struct metrics *m) {
        metrics_put_queue(m, "works", w->n, WORKS_MAX, w->refused);
}

int works_new(struct works **ret, struct event_base *base, int helper, int dir_fd) {
        struct works *w = calloc(1, sizeof *w);

        if (!w)
                return -ENOMEM;
        w->base = base;
        w->helper = helper;
        w->dir_fd = dir_fd;
        w->lost = event_new(base, -1, 0, on_lost, w);
        if (!w->lost) {
                works_free(w);
                return -ENOMEM;
        }
        *ret = w;
        return 0;
}

struct works *works_free(struct works *w) {
        if (!w)
                return NULL;
        if (w->lost)
                event_free(w->lost);
        free(w);
        return NULL;
}
