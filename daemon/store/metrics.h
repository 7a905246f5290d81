#pragma once
/* What the store knows in numbers. */
#include "base/metrics.h"
#include "store/drain.h"
#include "store/link.h"

/** `link` NULL: not there yet. */
void store_metrics_put(struct metrics *m, const struct drain_figures *f, struct outbox *outbox,
                       const struct link *link);
/** The same as the engine shows it in `wardwatch status`, with the words. NULL without memory. */
json_t *store_metrics_report(const struct metrics *m, const struct drain_figures *f);
