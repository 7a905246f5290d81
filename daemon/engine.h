#pragma once
/*
 * The engine process: MQTT and the command socket in, the journal and the feed out. engine.c is its map.
 */
#include "config/config.h"

struct engine_options {
        int control_fd; /* the supervisor's pipe, -1 = run by hand */
        bool careful;   /* one message a turn, journaled before it is decoded: after two deaths within 60 s */
        const char *sandbox_lacks; /* what this kernel cannot hold the processes back from; "" or NULL = nothing */
        /* in the child that writes a snapshot, before it does; NULL = nothing */
        int (*snapshot_enter)(const void *config); /* borrowed struct config */
        bool readers_gone;                         /* nobody else has the journal open (journal.h) */
        bool replay_other_version; /* go on even where this version concludes something else (engine_version.c) */
};

/** The whole life of the process; returns its exit code. */
int engine_main(struct config *config, const struct engine_options *options);
