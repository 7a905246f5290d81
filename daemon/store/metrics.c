#include "store/metrics.h"

#include "base/clock.h"
#include <wardwatch/time.h>

#include <math.h>

static void put_position(struct metrics *m, const struct drain_figures *f) {
        double cursor = f->known ? (double)f->cursor : (double)NAN;

        metrics_put(m, METRICS_STORE_HEAD, (double)f->head);
        metrics_put(m, METRICS_STORE_CURSOR, cursor);
        metrics_put(m, METRICS_STORE_LAG, f->known && f->head < f->cursor ? 0 : (double)f->head - cursor);
}

void store_metrics_put(struct metrics *m, const struct drain_figures *f, struct outbox *outbox,
                       const struct link *link) {
        uint64_t dropped;
        size_t waiting = outbox_waiting(outbox, &dropped);

        metrics_put(m, METRICS_STORE_CONNECTED, f->connected);
        metrics_put(m, METRICS_STORE_DOWN, f->down_since ? (double)(clock_boot() - f->down_since) / WW_SECOND : 0);
        put_position(m, f);
        metrics_put(m, METRICS_STORE_ROWS, (double)f->rows);
        metrics_put(m, METRICS_STORE_RECORDS, (double)f->records);
        metrics_put(m, METRICS_STORE_TRANSACTIONS, (double)f->transactions);
        metrics_put(m, METRICS_STORE_SECONDS, (double)f->write_time / WW_SECOND);
        metrics_put(m, METRICS_STORE_QUARANTINED, (double)f->quarantined);
        metrics_put(m, METRICS_STORE_RETRIES, (double)f->retries);
        metrics_put(m, METRICS_STORE_DROPPED, (double)f->dropped);
        metrics_put(m, METRICS_STORE_RETENTION_FAILED, (double)f->retention_failed);
        metrics_put(m, METRICS_STORE_CONNECTS, (double)f->connects);
        metrics_put(m, METRICS_STORE_CHECKPOINTS, (double)f->checkpoints);
        metrics_put(m, METRICS_STORE_CHECKPOINTS_FAILED, (double)f->checkpoints_failed);
        metrics_put(m, METRICS_STORE_CHECKPOINT_AGE,
                    f->checkpoint_at ? (double)(clock_wall() - f->checkpoint_at) / WW_SECOND : (double)NAN);
        metrics_put_queue(m, "notices", waiting, OUTBOX_MAX, dropped);
        if (link)
                link_metrics(link, m);
}

json_t *store_metrics_report(const struct metrics *m, const struct drain_figures *f) {
        json_t *root = json_object(), *report = NULL;

        if (root && metrics_status(m, root) == 0) {
                json_t *readers = json_object_get(json_object_get(root, "feed"), "readers");

                report = json_incref(json_object_get(readers, "store"));
                (void)json_object_set(report, "queues", json_object_get(root, "queues"));
                (void)json_object_set_new(report, "trouble", json_string(f->trouble));
        }
        json_decref(root);
        return report;
}
