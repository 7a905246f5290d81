#pragma once
/* The notify process. */
#include "config/config.h"

/** Runs until it is told to stop; control_fd < 0: by hand. Returns the exit code. */
int notify_main(const struct config *config, int control_fd);
