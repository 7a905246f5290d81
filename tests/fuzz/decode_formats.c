/*
 * The formats that are not JSON, bytes, and what takes parts of values: the first byte chooses a message, the rest is
 * its payload. Whatever the bytes, decoding ends, stays inside them, and what it tells can be stored.
 */
#include "decode/decode.h"
#include "decode/document.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static struct {
        struct symtab *symbols;
        struct site *site;
        struct bundle bundle;
        struct decode_types *types;
        struct decode *decode;
        int64_t received;
} fixture;

static void require(bool holds) {
        if (!holds)
                abort();
}

static void require_value(struct ww_value v) {
        require(v.type != WW_STRING ||
                (v.string.p && v.string.n <= DOCUMENT_STRING_MAX && document_text_valid(v.string)));
        require(v.type != WW_NUMBER || (v.number - v.number == 0));
}

static int take(void *userdata, const struct ww_event *e) {
        require(e->time <= fixture.received + 5 * WW_SECOND);
        require_value(e->value);
        for (size_t i = 0; i < e->n_attrs; i++)
                require_value(e->attrs[i].value);
        return 0;
}

static void prepare(void) {
        const char *source = getenv("WARDWATCH_SOURCE");
        struct diag diag = DIAG_INIT;
        char path[512];
        int r;

        require(symtab_new(&fixture.symbols) == 0);
        snprintf(path, sizeof path, "%s/tests/fuzz/decode_formats.yaml", source ? source : ".");
        require(bundle_add_path(&fixture.bundle, BUNDLE_SENSORS, path, &diag) == 0);
        require(bundle_seal(&fixture.bundle) == 0);
        require(site_compile(&fixture.site, &fixture.bundle, fixture.symbols, &diag) == 0);
        r = decode_types_compile(&fixture.types, &fixture.bundle, fixture.site, fixture.symbols, ww_kinds_builtin(),
                                 false, &diag);
        for (size_t i = 0; r && i < diag.n; i++)
                fprintf(stderr, "line %u: %s\n", diag.messages[i].pos.line, diag.messages[i].text);
        require(r == 0);
        require(decode_new(&fixture.decode, fixture.types, take, NULL) == 0);
        diag_deinit(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        char topic[] = "0/d", *copy;
        struct decode_message m = { .seq = 1, .topic = { topic, 3 } };
        struct decode_report report = { 0 };
        int r;

        if (!fixture.decode)
                prepare();
        if (n == 0 || !(copy = malloc(n)))
                return 0;
        topic[0] = (char)('0' + *bytes % 10);
        memcpy(copy, bytes + 1, n - 1);
        fixture.received += WW_SECOND;
        m.time = m.received = fixture.received;
        m.payload = (struct ww_str){ copy, n - 1 };
        r = decode_message(fixture.decode, &m, &report);
        require(r >= 0 && r <= DECODE_E_BAD_FIELD);
        require(r == 0 || report.detail.n > 0);
        free(copy);
        return 0;
}
