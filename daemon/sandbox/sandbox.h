#pragma once
/*
 * What a worker may still do once it has started: the last part of giving up rights, after worker_enter().
 *
 * One table each for files, ports and system calls (sandbox_table.c) says it of every worker; nothing else does. They
 * name keys of the configuration, so that they follow it. What the README says of them is made from the tables.
 */
#include "config/config.h"

struct sandbox_result {
        bool on;
        char lacks[256]; /* what this kernel cannot hold back, as words; "" = nothing */
};

/** By sandbox.mode: all that the kernel can do, or nothing. For good, and before there is a thread. `folder`: the
 * worker's own in state.dir, opened while it could be reached (state.dir is closed to some users), or -1. 0; -errno
 * after telling in the log: the mode is `required` and the kernel lacks something, or a rule was refused. */
int sandbox_enter(const struct config *config, const char *worker, int folder, struct sandbox_result *ret);

/** The capabilities that `worker` keeps, as bits 1 << CAP_…: to bind a port below 1024. */
uint64_t sandbox_capabilities(const struct config *config, const char *worker);

/** In a helper process of the engine that writes one snapshot and ends: only that folder, no network, no processes.
 * Where it cannot be had the helper goes on as the engine that it came from. 0 or -errno. */
int sandbox_enter_snapshot(const struct config *config);

/** The tables as Markdown. */
void sandbox_table(struct buf *out);
