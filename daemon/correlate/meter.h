#pragma once
/*
 * What is counted for each rule, and how long rules take. Time is measured for about every METER_EVERYth event and
 * deadline, at intervals that vary, so that no rhythm of the traffic falls in with them; and by a clock that whoever
 * wants to know hands in. Nothing that is concluded depends on any of it.
 */
#include "correlate/correlate.h"

#define METER_EVERY 64

struct meter {
        struct correlate_rule_figures *rules; /* by number */
        int64_t (*clock)(void);               /* ns; NULL = time is not measured */
        uint32_t left;                        /* events and deadlines until the next that is measured */
        uint32_t random;
        bool on; /* the one at hand is measured */
};

int meter_init(struct meter *m, size_t n_rules);
void meter_deinit(struct meter *m);
/** Decides whether the one that begins is measured. */
void meter_next(struct meter *m);

/** 0: not measured. */
static inline int64_t meter_begin(const struct meter *m) {
        return m->on ? m->clock() : 0;
}
static inline void meter_end(struct meter *m, uint32_t rule, int64_t began) {
        if (began)
                m->rules[rule].busy += (uint64_t)(m->clock() - began) * METER_EVERY;
}
static inline int64_t meter_seen(struct meter *m, uint32_t rule) {
        m->rules[rule].seen++;
        return meter_begin(m);
}
