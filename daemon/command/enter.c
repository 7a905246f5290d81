#include "command/enter.h"

#include "base/worker.h"

int enter_worker(const struct config *config, const char *name, const char *user, int control_fd, int folder,
                 struct sandbox_result *ret) {
        struct sandbox_result result;
        int r = worker_enter(name, user, sandbox_capabilities(config, name), control_fd);

        if (!r)
                r = sandbox_enter(config, name, folder, &result);
        if (!r && ret)
                *ret = result;
        return r;
}
