#pragma once
/*
 * The process that starts others for the console. It is made before the console gives up its rights, and does nothing
 * but to start this very program, as `console --make`: so the console itself need not be able to start anything.
 * It has a keeper, which starts it anew when it dies, sooner or later the more often it does; what is asked meanwhile
 * waits in the socket, that the keeper holds open. If the keeper dies the helper goes on.
 * If both are gone the console reads the end of the socket: it ends, too, and the supervisor starts all of it anew.
 *
 * A packet asks for one: {"words": […], "person": …}, with three descriptors: standard input (its end means: stop),
 * standard output, standard error. There is no answer: whoever is started says on standard error how it ends, and if it
 * is not started that is closed.
 */
#include <jansson.h>

/** `user`: as worker_enter; `config`: the file, as it is handed on; `control_fd`: not for it, -1 = none. The descriptor
 * to ask by, at whose end both end; -errno. */
int work_helper_start(const char *user, const char *config, int control_fd);
/** `request` is borrowed, the descriptors stay the caller's. 0, -errno. */
int work_helper_ask(int helper, const json_t *request, const int fds[3]);
