#include "supervisor_internal.h"

void supervisor_metrics_collect(void *userdata, struct metrics *m) {
        const struct supervisor *s = userdata;

        metrics_put(m, METRICS_SUPERVISOR_READY, s->ready);
        metrics_put_of(m, METRICS_SUPERVISOR_RELOADS, WW_STR("taken"), (double)s->reload.taken);
        metrics_put_of(m, METRICS_SUPERVISOR_RELOADS, WW_STR("refused"), (double)s->reload.refused);
        for (size_t i = 0; i < s->n; i++)
                supervisor_child_metrics(s->children[i], m);
}
