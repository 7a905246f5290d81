#pragma once
/* What every worker does first: gives up what it does not need. */
#include "sandbox/sandbox.h"

/** User, capabilities and signals (base/worker.h), then files, ports and system calls (sandbox/sandbox.h, which says
 * what `folder` is). ret may be NULL. 0; -errno after telling in the log. */
int enter_worker(const struct config *config, const char *name, const char *user, int control_fd, int folder,
                 struct sandbox_result *ret);
