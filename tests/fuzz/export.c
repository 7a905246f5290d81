/*
 * An export from hostile bytes, held against its proof as `wardwatch verify --export` does. Also with its last frame
 * made right: what is behind the checksum of the whole file is reached, too.
 */
#include "store/export.h"
#include "command/verify_export.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* What it says of the bytes is not for whoever runs this. */
static void hush(bool quiet) {
        static int saved = -1, nowhere = -1;

        if (nowhere < 0) {
                saved = dup(1);
                nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
        }
        (void)fflush(stdout);
        if (saved < 0 || nowhere < 0 || dup2(quiet ? nowhere : saved, 1) < 0)
                abort();
}

static void verify(struct ww_str text) {
        _cleanup_close_ int fd = memfd_create("export", MFD_CLOEXEC);
        struct verify_print print = { .json = true };
        uint64_t findings = 0;
        bool selected;
        char path[64];

        if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n)
                abort();
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        (void)verify_export(path, NULL, NULL, &print, &findings, &selected);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        static const char begins[] = EXPORT_BEGINS;
        _cleanup_buf_ struct buf framed = BUF_INIT;

        hush(true);
        verify((struct ww_str){ (const char *)bytes, n });
        buf_puts(&framed, begins);
        for (size_t at = 0; at + 2 < n;) { /* a kind, a length, a body */
                size_t body = bytes[at + 1] < n - at - 2 ? bytes[at + 1] : n - at - 2;
                const uint8_t head[] = { bytes[at], 0, 0, 0, (uint8_t)body };

                buf_put(&framed, head, sizeof head);
                buf_put(&framed, bytes + at + 2, body);
                at += 2 + body;
        }
        if (framed.error)
                abort();
        verify(buf_str(&framed));
        hush(false);
        return 0;
}
