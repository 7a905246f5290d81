#pragma once
/*
 * Snapshots: the state of the pipeline after a given input, as a file, so that a restart replays only what came after.
 *
 *   STATE/snapshots/SEQ.snapshot   magic, head (format, version, journal id, seq, time), bundle, state, XXH3 of all
 *
 * Written under a temporary name, fsync, rename, fsync of the folder: a file with the right name is whole, and its
 * hash proves it. The two newest that the engine has written or loaded are kept, whatever else lies there; trimming
 * stays behind the older one, so that a bad newest file costs a longer replay and nothing else. While the daemon runs a
 * forked child writes: it has the state as of the fork and touches no LMDB.
 */
#include "pipeline.h"

#define SNAPSHOT_FORMAT 2 /* magic, format and version stand at the front of every format */

enum {
        SNAPSHOT_E_OTHER = 1, /* whole, but of another version, and this one cannot take it over */
};

struct snapshot_head {
        char journal_id[33];
        char version[32]; /* of the daemon that wrote it */
        uint64_t seq;     /* newest input that the state contains */
        int64_t time;     /* journal time of it */
};

/** Writes one file; dir: STATE/snapshots. 0 or -errno. */
int snapshot_write(const char *dir, const struct snapshot_head *head, const struct pipeline *p);
/** The same in a forked child. 0 and *ret_pid, or -errno. The child's exit code is 0 if the file stands. */
struct snapshot_ground {
        const char *dir;
        int (*enter)(const void *userdata); /* in the child, to give up what it does not need; NULL = nothing */
        const void *userdata;
};
#define SNAPSHOT_EXIT_FULL 2 /* of the child: the disk has no room for it */
int snapshot_fork(const struct snapshot_ground *ground, const struct snapshot_head *head, const struct pipeline *p,
                  pid_t *ret_pid);
/** Removes all but those two (0 = none) and stray temporary files. No child may be at work. */
void snapshot_prune(const char *dir, uint64_t newest, uint64_t older);
/** Takes one that cannot be used out of the list: it becomes DIR/refused, in place of the one before it. */
void snapshot_set_aside(const char *dir, uint64_t seq);
/** Seqs of the newest of what has a snapshot's name and a number below that one, newest first; returns how many, at
 *  most max. */
size_t snapshot_list(const char *dir, uint64_t before, uint64_t *seqs, size_t max);

/** Loads one (journal_id NULL: of any journal, for a journal that was salvaged under a new id): *ret_head, and a
 *  pipeline with its rule set compiled from the text in the snapshot. 0; SNAPSHOT_E_OTHER: ret_head tells of whom;
 *  -EBADMSG (torn, or of another journal); -errno. */
int snapshot_load(const char *dir, uint64_t seq, const char *journal_id, const struct pipeline_sink *sink,
                  struct snapshot_head *ret_head, struct pipeline **ret);
