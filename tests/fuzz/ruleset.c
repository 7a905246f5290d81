/*
 * Rules, sensor types, response and records from hostile bytes, beside a small site: the first byte says which file it
 * is. What is refused was told, what is taken comes back from its own text.
 */
#include "ruleset.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char site[] = "site: s\ntimezone: UTC\nzones:\n  - {zone: W1, type: ward}\n  - {zone: W2, type: ward}\n"
                           "assets:\n  - {asset: a, device: d, zone: W1}\nlists:\n  l: [x]\nmodes: {drill: {}}\n";

static void must(bool condition) {
        if (!condition)
                abort();
}

static void encode(const struct ruleset *ruleset, struct buf *out) {
        must(bundle_encode(&ruleset->bundle, out) == 0);
}

static void again(const struct ruleset *ruleset) {
        _cleanup_(ruleset_freep) struct ruleset *copy = NULL;
        _cleanup_buf_ struct buf once = BUF_INIT, twice = BUF_INIT;
        struct diag diag = DIAG_INIT;

        encode(ruleset, &once);
        must(ruleset_decode(&copy, buf_str(&once), &diag) == 0);
        encode(copy, &twice);
        must(ww_str_equal(buf_str(&once), buf_str(&twice)));
        diag_deinit(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        static const enum bundle_role roles[] = { BUNDLE_RULES, BUNDLE_SENSORS, BUNDLE_RESPONSE, BUNDLE_RECORDS };
        _cleanup_(ruleset_freep) struct ruleset *ruleset = NULL;
        _cleanup_bundle_ struct bundle bundle = { 0 };
        _cleanup_buf_ struct buf told = BUF_INIT;
        struct diag diag = { .source = bundle_source, .userdata = &bundle };
        int r;

        if (n == 0)
                return 0;
        must(bundle_add_text(&bundle, roles[bytes[0] % 4], "f", (struct ww_str){ (const char *)bytes + 1, n - 1 }) ==
             0);
        must(bundle_add_text(&bundle, BUNDLE_SITE, "s", ww_str(site)) == 0);
        must(bundle_seal(&bundle) == 0);
        r = ruleset_compile(&ruleset, &bundle, false, &diag);
        must((r == 0 && diag.errors == 0) || (r == DIAG_E_USER && diag.errors > 0));
        diag_render(&diag, &told);
        diag_deinit(&diag);
        if (r == 0)
                again(ruleset);
        return 0;
}
