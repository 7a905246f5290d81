#pragma once
/*
 * Metrics: one table (metrics_table.h) from which come the text that Prometheus reads, the numbers of `wardwatch
 * status`, and the table of the documentation.
 *
 * A process collects its values into a set when somebody asks; nothing is kept between two questions. Values may be
 * put in any order: a set is told by the table's order, and each name once.
 */
#include "base/arena.h"
#include "base/buf.h"

#include <jansson.h>

enum metrics_id {
#define X(id, ...) METRICS_##id,
#include "base/metrics_table.h"
#undef X
        METRICS_N,
};

enum metrics_type {
        METRICS_COUNTER,
        METRICS_GAUGE,
};

enum metrics_kind { /* see metrics_table.h */
                    METRICS_COUNT,
                    METRICS_REAL,
                    METRICS_FLAG,
                    METRICS_TIME,
                    METRICS_MILLI,
                    METRICS_INFO,
                    METRICS_STATE,
};

enum metrics_process { /* as a set */
                       METRICS_SUPERVISOR = 1 << 0,
                       METRICS_ENGINE = 1 << 1,
                       METRICS_STORE = 1 << 2,
                       METRICS_NOTIFY = 1 << 3,
                       METRICS_CONSOLE = 1 << 4,
                       METRICS_AUTH = 1 << 5,
                       METRICS_ALL = METRICS_SUPERVISOR | METRICS_ENGINE | METRICS_STORE | METRICS_NOTIFY |
                                     METRICS_CONSOLE | METRICS_AUTH,
};

struct metrics_row {
        const char *name;
        enum metrics_type type;
        enum metrics_kind kind;
        unsigned where; /* of enum metrics_process */
        const char *labels, *status, *help;
};

extern const struct metrics_row metrics_rows[METRICS_N];
const char *metrics_process_name(enum metrics_process process);

#define METRICS_LABELS_MAX 2

struct metrics_value {
        double value;
        struct ww_str labels[METRICS_LABELS_MAX];
        uint32_t next; /* of the same name: its place + 1, 0 = none */
};

struct metrics {
        struct metrics_value *values;
        uint32_t n, capacity;
        uint32_t first[METRICS_N], last[METRICS_N]; /* of each name: place + 1, 0 = none */
        int error;                                  /* -ENOMEM, latched */
};

#define METRICS_INIT ((struct metrics){ 0 })
void metrics_deinit(struct metrics *m);
#define _cleanup_metrics_ _cleanup_(metrics_deinit)

/** Label values are borrowed, UTF-8, and must live as long as the set. NAN: the value does not exist now. */
void metrics_put(struct metrics *m, enum metrics_id id, double value);
void metrics_put_of(struct metrics *m, enum metrics_id id, struct ww_str label, double value);
/** Two labels: one value for each of `states`, 1 for that numbered `now`, 0 for the others. `label` is the first label,
 *  or NONE where the state is the only one. */
void metrics_put_state(struct metrics *m, enum metrics_id id, struct ww_str label, const char *const *states, size_t n,
                       size_t now);
/** A bounded queue of things. */
void metrics_put_queue(struct metrics *m, const char *queue, size_t length, size_t limit, uint64_t dropped);
/** A bounded queue of bytes. */
void metrics_put_bytes(struct metrics *m, const char *queue, size_t bytes, size_t limit, uint64_t dropped);
/** What every process can say of itself (metrics_process.c). */
void metrics_put_process(struct metrics *m);

/** The text format 0.0.4 of Prometheus, appended. */
void metrics_text(const struct metrics *m, struct buf *out);
/** Puts each value where `wardwatch status` has it; objects are made as needed. 0 or -ENOMEM. */
int metrics_status(const struct metrics *m, json_t *root);
/** The table of the documentation, in Markdown. */
void metrics_table(struct buf *out);
/** The same as an array of objects. NULL without memory. */
json_t *metrics_table_json(void);

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
