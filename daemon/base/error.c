#include "base/error.h"

#include <unistd.h>

/* errno survives, so that a cleanup between a failed call and its report does no harm. */
void cleanup_closep(int *fd) {
        int saved = errno;

        if (*fd >= 0)
                (void)close(*fd);
        *fd = -1;
        errno = saved;
}
