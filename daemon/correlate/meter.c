#include "correlate/meter.h"

int meter_init(struct meter *m, size_t n_rules) {
        *m = (struct meter){ .rules = calloc(n_rules + 1, sizeof *m->rules), .random = 1 };
        return m->rules ? 0 : -ENOMEM;
}

void meter_deinit(struct meter *m) {
        free(m->rules);
        m->rules = NULL;
}

void meter_next(struct meter *m) {
        m->on = false;
        if (!m->clock)
                return;
        if (m->left) {
                m->left--;
                return;
        }
        m->random = m->random * 1664525 + 1013904223;
        m->left = METER_EVERY / 2 - 1 + (m->random >> 16) % (METER_EVERY + 1); /* the mean is METER_EVERY - 1 */
        m->on = true;
}
