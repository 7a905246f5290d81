/*
 * The state in a snapshot from hostile bytes: refused, or it can be saved, freed and told. A snapshot is our own file
 * under a checksum; what lies behind the checksum is tried here.
 */
#include "ground.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        _cleanup_(pipeline_freep) struct pipeline *p = make(INT64_C(1767225600) * WW_SECOND);
        _cleanup_buf_ struct buf again = BUF_INIT;
        struct pipeline_figures figures;
        struct rd in = rd_init((struct ww_str){ (const char *)bytes, n });
        int r = pipeline_load(p, &in);

        must(r == 0 || r == -EBADMSG || r == -ENOMEM);
        if (r)
                return 0;
        must(pipeline_save(p, &again) == 0);
        pipeline_figures(p, &figures);
        (void)pipeline_deadline(p);
        return 0;
}
