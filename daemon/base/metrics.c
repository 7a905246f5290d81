/* The table, and the set of values that a process collects. */
#include "base/metrics.h"

#include "base/span.h"
#include <wardwatch/time.h>

#include <math.h>

/* clang-format off */
#define X(id, name, type, kind, where, labels, status, help) \
        { name, METRICS_##type, METRICS_##kind, METRICS_##where, labels, status, help },
const struct metrics_row metrics_rows[METRICS_N] = {
#include "base/metrics_table.h"
};
#undef X
/* clang-format on */

const char *metrics_process_name(enum metrics_process process) {
        switch (process) {
        case METRICS_SUPERVISOR:
                return "supervisor";
        case METRICS_ENGINE:
                return "engine";
        case METRICS_NOTIFY:
                return "notify";
        case METRICS_STORE:
                return "store";
        case METRICS_CONSOLE:
                return "console";
        case METRICS_AUTH:
                return "auth";
        case METRICS_ALL:
                break;
        }
        return "all";
}

void metrics_deinit(struct metrics *m) {
        free(m->values);
        *m = METRICS_INIT;
}

static void put(struct metrics *m, enum metrics_id id, struct metrics_value value) {
        if (m->n == m->capacity) {
                uint32_t capacity = m->capacity ? m->capacity * 2 : 256;
                struct metrics_value *grown = realloc(m->values, capacity * sizeof *grown);

                if (!grown) {
                        m->error = -ENOMEM;
                        return;
                }
                m->values = grown;
                m->capacity = capacity;
        }
        value.next = 0;
        m->values[m->n++] = value;
        *(m->last[id] ? &m->values[m->last[id] - 1].next : &m->first[id]) = m->n;
        m->last[id] = m->n;
}

void metrics_put(struct metrics *m, enum metrics_id id, double value) {
        put(m, id, (struct metrics_value){ .value = value });
}

void metrics_put_of(struct metrics *m, enum metrics_id id, struct ww_str label, double value) {
        put(m, id, (struct metrics_value){ .value = value, .labels = { label } });
}

void metrics_put_state(struct metrics *m, enum metrics_id id, struct ww_str label, const char *const *states, size_t n,
                       size_t now) {
        for (size_t i = 0; i < n; i++) {
                struct metrics_value v = { .value = i == now, .labels = { label, ww_str(states[i]) } };

                if (!label.p)
                        v.labels[0] = ww_str(states[i]);
                put(m, id, v);
        }
}

void metrics_put_queue(struct metrics *m, const char *queue, size_t length, size_t limit, uint64_t dropped) {
        metrics_put_of(m, METRICS_QUEUE_LENGTH, ww_str(queue), (double)length);
        metrics_put_of(m, METRICS_QUEUE_LIMIT, ww_str(queue), (double)limit);
        metrics_put_of(m, METRICS_QUEUE_DROPPED, ww_str(queue), (double)dropped);
}

void metrics_put_bytes(struct metrics *m, const char *queue, size_t bytes, size_t limit, uint64_t dropped) {
        metrics_put_of(m, METRICS_QUEUE_BYTES, ww_str(queue), (double)bytes);
        metrics_put_of(m, METRICS_QUEUE_LIMIT_BYTES, ww_str(queue), (double)limit);
        metrics_put_of(m, METRICS_QUEUE_DROPPED, ww_str(queue), (double)dropped);
}

/* --- status --- */

static json_t *status_value(const struct metrics_row *row, const struct metrics_value *v) {
        const struct ww_str *label = &v->labels[strchr(row->labels, ' ') ? 1 : 0];
        char text[32];

        switch (row->kind) {
        case METRICS_COUNT:
                return json_integer((json_int_t)v->value);
        case METRICS_REAL:
                return json_real(v->value);
        case METRICS_FLAG:
                return json_boolean(v->value != 0);
        case METRICS_MILLI:
                return json_real(v->value * 1000);
        case METRICS_INFO:
        case METRICS_STATE:
                return json_stringn(label->p, label->n);
        case METRICS_TIME:
                instant_format(llround(v->value * WW_SECOND), text);
                return json_string(text);
        }
        return NULL;
}

/* The object below `at` of that name, made if it is not there. */
static json_t *status_below(json_t *at, struct ww_str name) {
        json_t *below = json_object_getn(at, name.p, name.n);

        if (!json_is_object(below) && json_object_setn_new(at, name.p, name.n, json_object()) == 0)
                below = json_object_getn(at, name.p, name.n);
        return below;
}

static int status_put(json_t *root, const struct metrics_row *row, const struct metrics_value *v) {
        const char *part = row->status;
        json_t *at = root;

        for (size_t n; at; part += n + 1) {
                struct ww_str name;

                n = strcspn(part, ".");
                name = n == 1 && *part == '%' ? v->labels[0] : (struct ww_str){ part, n };
                if (!part[n])
                        return json_object_setn_new(at, name.p, name.n,
                                                    isnan(v->value) ? json_null() : status_value(row, v));
                at = status_below(at, name);
        }
        return -1;
}

int metrics_status(const struct metrics *m, json_t *root) {
        int r = m->error;

        for (size_t id = 0; id < METRICS_N && !r; id++) {
                const struct metrics_row *row = &metrics_rows[id];

                for (uint32_t at = row->status[0] ? m->first[id] : 0; at && !r; at = m->values[at - 1].next)
                        if (row->kind != METRICS_STATE || m->values[at - 1].value != 0)
                                r = status_put(root, row, &m->values[at - 1]) ? -ENOMEM : 0;
        }
        return r;
}
