/* A configuration from hostile bytes: refused and told, or what is printed of it is the same configuration. */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool condition) {
        if (!condition)
                abort();
}

static int load(struct config *config, struct ww_str text) {
        _cleanup_close_ int fd = memfd_create("configuration", MFD_CLOEXEC);
        _cleanup_buf_ struct buf told = BUF_INIT;
        struct diag diag = DIAG_INIT;
        char path[64];
        int r;

        must(fd >= 0 && write(fd, text.p, text.n) == (ssize_t)text.n);
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        r = config_load(config, path, &diag);
        must((r == 0) == (diag.errors == 0));
        diag_render(&diag, &told);
        diag_deinit(&diag);
        return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        _cleanup_buf_ struct buf once = BUF_INIT;
        _cleanup_buf_ struct buf twice = BUF_INIT;
        struct config config = { 0 }, again = { 0 };

        if (n && load(&config, (struct ww_str){ (const char *)bytes, n }) == 0) {
                must(config_print(&config, &once) == 0);
                must(load(&again, buf_str(&once)) == 0);
                must(config_print(&again, &twice) == 0);
                must(ww_str_equal(buf_str(&once), buf_str(&twice)));
        }
        config_deinit(&config);
        config_deinit(&again);
        return 0;
}
