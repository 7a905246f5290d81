#pragma once
/*
 * The supervisor, `wardwatch run`: starts the workers, watches them, restarts them, reloads and stops them. It reads
 * no message, opens no journal and listens nowhere, so that hardly anything can make it fail.
 */
#include "config/config.h"

struct supervisor_options {
        const char *config;        /* the configuration file */
        const char *executable;    /* of the workers; NULL = the running one */
        bool replay_other_version; /* for the engine */
        /* everything beyond the configuration file that must be right before it is put in force: rules, sensor types,
         * site. 0, DIAG_E_USER, -errno. NULL = nothing */
        int (*check)(const struct config *config, struct diag *d);
};

/** The whole life of the daemon; returns the exit code: 0 after an orderly stop, 1 if it could not start. */
int supervisor_main(const struct supervisor_options *options);
/** As root, before a supervisor that will run as `user` and may change users, and nothing else: makes its folders and
 *  its lock, and gives each to whom it belongs. Exit code. */
int supervisor_prepare(const char *config, const char *user);
