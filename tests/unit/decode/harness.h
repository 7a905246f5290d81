#pragma once
/*
 * Sensor types from text, messages through them, and the events that come, for the tests of decode. Time is the test's.
 */
#include "base/diag.h"
#include "decode/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define HARNESS_EVENTS_MAX 64
#define HARNESS_START      (INT64_C(1769850000) * WW_SECOND) /* 2026-01-31T09:00:00Z */

/* an event with strings of its own */
struct harness_event {
        int64_t time, device_time;
        enum ww_state state;
        uint32_t flags, index;
        char device[300], kind[64], unit[32], sensor[80], asset[80], zone[80];
        enum ww_value_type value_type;
        double number;
        char text[300];
        size_t n_attrs;
        struct {
                char name[64], text[300];
                enum ww_value_type type;
        } attrs[8];
};

struct harness {
        struct diag diag;
        struct bundle bundle;
        struct symtab *symbols;
        struct site *site;
        struct decode_types *types;
        struct decode *decode;
        struct harness_event events[HARNESS_EVENTS_MAX];
        size_t n;
        struct decode_report report;
        int64_t now;
        uint64_t seq;
};

static inline void harness_copy(char *to, size_t size, struct ww_str s) {
        snprintf(to, size, "%.*s", WW_STR_ARG(s));
}

static inline void harness_text(char *to, size_t size, struct ww_value v) {
        if (v.type == WW_STRING)
                harness_copy(to, size, v.string);
        else if (v.type == WW_NUMBER)
                snprintf(to, size, "%.15g", v.number);
        else
                snprintf(to, size, "%s",
                         v.type == WW_NULL   ? "null"
                         : v.type == WW_BOOL ? v.boolean ? "true" : "false"
                                             : "");
}

static inline int harness_take(void *userdata, const struct ww_event *e) {
        struct harness *h = userdata;
        struct harness_event *to = &h->events[h->n % HARNESS_EVENTS_MAX];

        *to = (struct harness_event){ .time = e->time,
                                      .device_time = e->device_time,
                                      .state = e->state,
                                      .flags = e->flags,
                                      .index = e->index,
                                      .value_type = e->value.type,
                                      .number = e->value.type == WW_NUMBER ? e->value.number : 0 };
        harness_copy(to->device, sizeof to->device, e->device);
        harness_copy(to->kind, sizeof to->kind, e->kind);
        harness_copy(to->unit, sizeof to->unit, e->unit);
        harness_copy(to->sensor, sizeof to->sensor, e->sensor);
        harness_copy(to->asset, sizeof to->asset, e->asset);
        harness_copy(to->zone, sizeof to->zone, e->zone);
        harness_text(to->text, sizeof to->text, e->value);
        to->n_attrs = e->n_attrs;
        for (size_t i = 0; i < e->n_attrs && i < 8; i++) {
                harness_copy(to->attrs[i].name, sizeof to->attrs[i].name, e->attrs[i].name);
                harness_text(to->attrs[i].text, sizeof to->attrs[i].text, e->attrs[i].value);
                to->attrs[i].type = e->attrs[i].value.type;
        }
        h->n++;
        return 0;
}

static inline void harness_print(struct harness *h) {
        for (size_t i = 0; i < h->diag.n; i++)
                print_message("%.*s:%u:%u: %s (%s)\n", WW_STR_ARG(h->diag.messages[i].pos.file),
                              h->diag.messages[i].pos.line, h->diag.messages[i].pos.column, h->diag.messages[i].text,
                              h->diag.messages[i].help ? h->diag.messages[i].help : "");
}

static inline void harness_deinit(struct harness *h) {
        decode_free(h->decode);
        decode_types_free(h->types);
        site_free(h->site);
        symtab_free(h->symbols);
        bundle_deinit(&h->bundle);
        diag_deinit(&h->diag);
}
#define _cleanup_harness_ _cleanup_(harness_deinit)

/* The site and the symbols; sensor types may still be added to h->bundle. */
static inline void harness_begin(struct harness *h, const char *site) {
        *h = (struct harness){ .now = HARNESS_START };
        assert_int_equal(symtab_new(&h->symbols), 0);
        if (site)
                assert_int_equal(bundle_add_text(&h->bundle, BUNDLE_SITE, "site.yaml", ww_str(site)), 0);
}

static inline int harness_compile(struct harness *h, bool run_examples) {
        int r;

        assert_int_equal(bundle_seal(&h->bundle), 0);
        r = site_compile(&h->site, &h->bundle, h->symbols, &h->diag);
        if (r)
                harness_print(h);
        assert_int_equal(r, 0);
        return decode_types_compile(&h->types, &h->bundle, h->site, h->symbols, site_kinds(h->site), run_examples,
                                    &h->diag);
}

/* A decoder of one text of types, which must be right. */
static inline void harness_init(struct harness *h, const char *types, const char *site) {
        int r;

        harness_begin(h, site);
        assert_int_equal(bundle_add_text(&h->bundle, BUNDLE_SENSORS, "types.yaml", ww_str(types)), 0);
        r = harness_compile(h, false);
        if (r)
                harness_print(h);
        assert_int_equal(r, 0);
        assert_int_equal(decode_new(&h->decode, h->types, harness_take, h), 0);
}

/* One message at h->now; its events replace the last one's. */
static inline int harness_send_bytes(struct harness *h, const char *topic, struct ww_str payload, bool retained) {
        struct decode_message m = { .seq = ++h->seq,
                                    .time = h->now,
                                    .received = h->now,
                                    .topic = ww_str(topic),
                                    .payload = payload,
                                    .retained = retained };

        h->n = 0;
        return decode_message(h->decode, &m, &h->report);
}

static inline int harness_send(struct harness *h, const char *topic, const char *payload) {
        return harness_send_bytes(h, topic, ww_str(payload), false);
}

/* "device kind, device kind" of the events that came */
static inline const char *harness_told(struct harness *h) {
        static char text[4096];
        size_t n = 0;

        text[0] = 0;
        for (size_t i = 0; i < h->n && n < sizeof text; i++)
                n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %s", i ? ", " : "", h->events[i].device,
                                      h->events[i].kind);
        return text;
}
