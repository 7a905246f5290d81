/* The file of channels from hostile bytes: refused and told, or taken. */
#include "notify/channels.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static char path[64];

static void leave(void) {
        (void)unlink(path);
}

/* A file and no memory, because its mode is looked at. */
static void put(const uint8_t *bytes, size_t n) {
        _cleanup_close_ int fd = -1;

        if (!path[0]) {
                (void)snprintf(path, sizeof path, "/dev/shm/ww-fuzz-channels-%d", (int)getpid());
                (void)atexit(leave);
        }
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0 || write(fd, bytes, n) != (ssize_t)n)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        struct channels channels = { 0 };
        _cleanup_buf_ struct buf told = BUF_INIT;
        struct diag diag = DIAG_INIT;
        int r;

        put(bytes, n);
        r = channels_load(&channels, path, "site", &diag);
        if (r != 0 && r != DIAG_E_USER)
                abort();
        if ((r == 0) != (diag.errors == 0))
                abort();
        diag_render(&diag, &told);
        diag_deinit(&diag);
        channels_deinit(&channels);
        return 0;
}
