/* A bundle of a reload record from hostile bytes: refused, or canonical. */
#include "config/bundle.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        _cleanup_bundle_ struct bundle bundle = { 0 };
        _cleanup_buf_ struct buf again = BUF_INIT;

        if (bundle_decode((struct ww_str){ (const char *)bytes, n }, &bundle) < 0)
                return 0;
        if (bundle_encode(&bundle, &again) < 0)
                abort();
        if (!ww_str_equal(buf_str(&again), (struct ww_str){ (const char *)bytes, n }))
                abort();
        return 0;
}
