/*
 * `wardwatch console`: the worker that the supervisor starts; by hand for debugging. With --make it is what that worker
 * starts for long work: another subcommand, done for a person of the console, with less room than it would have alone.
 */
#include "console/console.h"

#include "base/log.h"
#include "command/behalf.h"
#include "command/command_internal.h"
#include "command/enter.h"
#include "command/socket.h"
#include "console/work.h"
#include "console/work_helper.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MEMORY_MAX ((rlim_t)2 * 1024 * 1024 * 1024) /* a bundle's page is held whole */
#define WORDS_MAX  (WORK_WORDS_MAX + 4)             /* wardwatch … -c FILE */

enum { OPTION_CONTROL_FD, OPTION_ROUTES, OPTION_MAKE, OPTION_PERSON };

static const struct command_option console_options[] = {
        [OPTION_CONTROL_FD] = { "--control-fd", 0, "N", "the supervisor's pipe" },
        [OPTION_ROUTES] = { "--routes", 0, NULL, "print the table of routes as JSON, and end" },
        [OPTION_MAKE] = { "--make", 0, "JSON", "do this subcommand, an array of words, as the worker has it done" },
        [OPTION_PERSON] = { "--person", 0, "NAME", "--make: who asked, for the record of what is read" },
        { 0 },
};

/* --- work --- */

static void set_limit(int resource, rlim_t most) {
        struct rlimit limit;

        if (getrlimit(resource, &limit) < 0 || limit.rlim_cur <= most)
                return;
        limit.rlim_cur = most;
        (void)setrlimit(resource, &limit);
}

/* The worker holds the other end for as long as somebody wants this. */
static void *watch_leash(void *userdata) {
        char byte;

        while (read(STDIN_FILENO, &byte, 1) > 0)
                ;
        _exit(EXIT_FAILURE);
}

/* It ends with the worker, gives way to it, and dies before it when there is no memory. */
static bool be_humble(void) {
        pthread_t leash;
        int fd;

        if (pthread_create(&leash, NULL, watch_leash, NULL) != 0)
                return false;
        (void)pthread_detach(leash);
        (void)setpriority(PRIO_PROCESS, 0, 10);
        (void)signal(SIGXFSZ, SIG_IGN); /* a write that is too much fails */
        set_limit(RLIMIT_FSIZE, WORK_BYTES_MAX);
#ifndef __SANITIZE_ADDRESS__ /* which takes more than there is */
        set_limit(RLIMIT_AS, MEMORY_MAX);
#endif
        fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
        if (fd >= 0) {
                (void)!write(fd, "500", 3);
                (void)close(fd);
        }
        return true;
}

/* What the console has made, and nothing else, whoever speaks for it. */
static bool allowed(const json_t *list) {
        static const char *const firsts[] = { "case", "report", "sensors" };
        static const char *const others[] = { "--database", "--config", "--checkpoints", "-d", "-c", "-o" };
        const char *first = json_string_value(json_array_get(list, 0)),
                   *second = json_string_value(json_array_get(list, 1));
        bool good = false;

        for (size_t i = 0; first && i < sizeof firsts / sizeof *firsts; i++)
                good |= strcmp(first, firsts[i]) == 0;
        if (!good || (strcmp(first, "sensors") == 0 &&
                      (!second || (strcmp(second, "unknown") != 0 && strcmp(second, "draft") != 0))))
                return false;
        for (size_t i = 0; i < json_array_size(list); i++) {
                const char *word = json_string_value(json_array_get(list, i));

                if (!word || (strncmp(word, "--output", 8) == 0 && strcmp(word, "--output=-") != 0))
                        return false;
                for (size_t k = 0; k < sizeof others / sizeof *others; k++)
                        if (strncmp(word, others[k], strlen(others[k])) == 0)
                                return false;
        }
        return true;
}

static int make(const struct command_args *args) {
        json_t *list = json_loads(args->values[OPTION_MAKE], 0, NULL);
        const char *words[WORDS_MAX + 1] = { "wardwatch" };
        int n = 1, r = 2;

        for (size_t i = 0; i < json_array_size(list) && i < WORK_WORDS_MAX; i++)
                if (json_is_string(json_array_get(list, i)))
                        words[n++] = json_string_value(json_array_get(list, i));
        words[n++] = "-c";
        words[n++] = args->config;
        behalf_set(args->values[OPTION_PERSON] ? args->values[OPTION_PERSON] : "");
        if (allowed(list) && be_humble())
                r = command_run(n, (char **)words);
        if (fflush(stdout) != 0 && r == 0) {
                (void)fprintf(stderr, "wardwatch console: it is larger than may be, or the disk is full\n");
                r = 1;
        }
        json_decref(list);
        (void)fprintf(stderr, WORK_EXIT "\n", r);
        return r;
}

/* --- the worker --- */

static int console_run_command(const struct command_args *args) {
        int control_fd = args->values[OPTION_CONTROL_FD] ? atoi(args->values[OPTION_CONTROL_FD]) : -1, helper;
        struct console_files files;
        struct config config = { 0 };
        int r = 1;

        if (args->values[OPTION_ROUTES])
                return command_put_json(console_routes(), JSON_INDENT(1));
        if (args->values[OPTION_MAKE])
                return make(args);
        log_init("console", LOG_LEVEL_INFO);
        if (socket_config(&config, args->config))
                return 1;
        helper = work_helper_start(config.users.console, args->config, control_fd);
        if (helper < 0)
                log_error("console-start", NULL, "no process for long work: %s", strerror(-helper));
        if (helper >= 0 && !console_files_open(&config, &files) &&
            !enter_worker(&config, "console", config.users.console, control_fd, files.dir, NULL))
                r = console_main(&config, helper, control_fd, &files);
        config_deinit(&config);
        return r;
}

const struct command command_console = {
        .name = "console",
        .synopsis = "console [--control-fd N] [--routes]",
        .help = "the console worker: pages and the interface for browsers and programs",
        .options = console_options,
        .hidden = true,
        .run = console_run_command,
};
