/*
 * A whole message through the sensor types that we ship: topic, newline, payload. The same decoder takes all of them,
 * so that states meet; each is sent twice, the second time retained, and what comes must hold to the contract of an
 * event.
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
        uint32_t index;
        int64_t received;
} fixture;

static void require(bool holds) {
        if (!holds)
                abort();
}

static int take(void *userdata, const struct ww_event *e) {
        require(e->index == fixture.index++);
        require(e->device.n > 0 && document_text_valid(e->device));
        require(e->kind.n > 0 && e->sensor.n > 0);
        require(e->time <= fixture.received + 5 * WW_SECOND);
        require(e->value.type == WW_MISSING || e->value.type == WW_NUMBER || e->value.type == WW_STRING);
        require(e->value.type != WW_STRING || document_text_valid(e->value.string));
        for (size_t i = 0; i < e->n_attrs; i++)
                require(e->attrs[i].value.type != WW_STRING || document_text_valid(e->attrs[i].value.string));
        return 0;
}

static void prepare(void) {
        const char *source = getenv("WARDWATCH_SOURCE");
        struct diag diag = DIAG_INIT;
        char path[512];

        snprintf(path, sizeof path, "%s/rules/sensors", source ? source : ".");
        require(symtab_new(&fixture.symbols) == 0);
        require(bundle_add_path(&fixture.bundle, BUNDLE_SENSORS, path, &diag) == 0);
        require(bundle_seal(&fixture.bundle) == 0);
        require(site_compile(&fixture.site, &fixture.bundle, fixture.symbols, &diag) == 0);
        require(decode_types_compile(&fixture.types, &fixture.bundle, fixture.site, fixture.symbols, ww_kinds_builtin(),
                                     false, &diag) == 0);
        require(decode_new(&fixture.decode, fixture.types, take, NULL) == 0);
        diag_deinit(&diag);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        const char *split = n ? memchr(bytes, '\n', n) : NULL;
        size_t topic = split ? (size_t)(split - (const char *)bytes) : n;
        char *copy = malloc(n + 1);
        struct decode_message m = { .seq = 1 };

        if (!fixture.decode)
                prepare();
        if (!copy)
                return 0;
        if (n)
                memcpy(copy, bytes, n);
        fixture.received += WW_SECOND;
        m.time = m.received = fixture.received;
        m.topic = (struct ww_str){ copy, topic };
        m.payload = (struct ww_str){ copy + topic + (split != NULL), n - topic - (split != NULL) };
        for (int i = 0; i < 2; i++) {
                struct decode_report report = { 0 };
                int r;

                fixture.index = 0;
                m.retained = i;
                r = decode_message(fixture.decode, &m, &report);
                require(r >= 0 && r <= DECODE_E_BAD_FIELD);
                require(r == 0 || report.detail.n > 0);
        }
        free(copy);
        return 0;
}
