#pragma once
/* A small hospital, and a pipeline over it, for the targets that feed one. */
#include "pipeline.h"

#include <stdlib.h>
#include <unistd.h>

static const char site[] = "site: s\ntimezone: UTC\nzones:\n  - {zone: W1, type: ward}\n  - {zone: W2, type: ward}\n"
                           "assets:\n  - {asset: a, device: d, zone: W1}\nlists:\n  l: [x]\nmodes: {drill: {}}\n";
static const char sensors[] = "sensor: t\nversion: 1\ntopics: [\"t/{device}\"]\nmessages:\n"
                              "  - {message: m, has: [m], events: [{kind: motion, state: m, restores_after: 30s}]}\n"
                              "  - {message: p, has: [p], events: [{kind: panic}]}\n";
static const char rules[] = "- rule: still\n  select: {m: {kind: motion.detected}}\n  by: device\n  hold: 20s\n"
                            "  raise: {hazard: theft, priority: low}\n"
                            "- rule: help\n  select: {p: {kind: panic}}\n  by: zone\n"
                            "  raise: {hazard: robbery, class: panic, priority: critical}\n";

static inline void must(bool condition) {
        if (!condition)
                abort();
}

static inline int on_output(void *userdata, const struct ww_output *output) {
        (void)output;
        (void)userdata;
        return 0;
}

static inline int on_live(void *userdata, const struct ww_alarm *alarm) {
        (void)alarm;
        (void)userdata;
        return 0;
}

static const struct pipeline_sink sink = { NULL, on_output, on_live, NULL, NULL };

static inline struct pipeline *make(int64_t now) {
        struct pipeline *p = NULL;
        struct bundle bundle = { 0 };
        struct ruleset *ruleset = NULL;
        struct diag diag = { .source = bundle_source, .userdata = &bundle };
        _cleanup_buf_ struct buf told = BUF_INIT;
        int r;

        must(bundle_add_text(&bundle, BUNDLE_SITE, "s", ww_str(site)) == 0);
        must(bundle_add_text(&bundle, BUNDLE_SENSORS, "t", ww_str(sensors)) == 0);
        must(bundle_add_text(&bundle, BUNDLE_RULES, "r", ww_str(rules)) == 0);
        must(bundle_seal(&bundle) == 0);
        r = ruleset_compile(&ruleset, &bundle, false, &diag);
        diag_render(&diag, &told);
        if (r)
                (void)!write(2, told.p, told.n); /* this ground is wrong */
        must(r == 0 && pipeline_new(&p, ruleset, now, &sink) == 0);
        diag_deinit(&diag);
        bundle_deinit(&bundle);
        return p;
}
