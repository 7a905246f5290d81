#pragma once
/* A site model out of texts, with all that it needs. */
#include "told.h"

#include "config/site.h"
#include <stdio.h>

struct bench {
        struct bundle bundle;
        struct symtab *symbols;
        struct site *site;
        struct diag diag;
};

/* What is in the bundle: 0, DIAG_E_USER. */
static inline int bench_compile(struct bench *b) {
        assert_int_equal(bundle_seal(&b->bundle), 0);
        assert_int_equal(symtab_new(&b->symbols), 0);
        return site_compile(&b->site, &b->bundle, b->symbols, &b->diag);
}

/* And there is nothing to be said about it. */
static inline void bench_compile_well(struct bench *b) {
        _cleanup_buf_ struct buf told = BUF_INIT;
        int r = bench_compile(b);

        diag_render(&b->diag, &told);
        if (r || told.n)
                fail_msg("%d: %.*s", r, WW_STR_ARG(buf_str(&told)));
}

static inline void bench_end(struct bench *b) {
        site_free(b->site);
        symtab_free(b->symbols);
        diag_deinit(&b->diag);
        bundle_deinit(&b->bundle);
}
