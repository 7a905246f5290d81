#include "correlate/lost.h"

#include <stdlib.h>
#include <string.h>
#include <wardwatch/time.h>

#define SPANS 8 /* of a device; of more the oldest is forgotten */

struct device {
        char *name;
        size_t n_name;
        uint8_t n;
        struct lost_span spans[SPANS]; /* in order */
};

struct lost {
        struct device *devices; /* by name */
        size_t n, capacity;
};

struct lost *lost_new(void) {
        return calloc(1, sizeof(struct lost));
}

struct lost *lost_free(struct lost *l) {
        if (!l)
                return NULL;
        for (size_t i = 0; i < l->n; i++)
                free(l->devices[i].name);
        free(l->devices);
        free(l);
        return NULL;
}

static size_t place_of(const struct lost *l, struct ww_str name, bool *found) {
        size_t low = 0, high = l->n;

        *found = false;
        while (low < high) {
                size_t middle = (low + high) / 2;
                const struct device *d = &l->devices[middle];
                int r = ww_str_compare((struct ww_str){ d->name, d->n_name }, name);

                if (!r) {
                        *found = true;
                        return middle;
                }
                *(r < 0 ? &low : &high) = r < 0 ? middle + 1 : middle;
        }
        return low;
}

static void device_drop(struct lost *l, size_t at) {
        free(l->devices[at].name);
        memmove(l->devices + at, l->devices + at + 1, (l->n - at - 1) * sizeof *l->devices);
        l->n--;
}

/* those that ended before `keep`, and the oldest of more than `most` */
static void spans_forget(struct device *d, int64_t keep, uint8_t most) {
        while (d->n && (d->spans[0].to < keep || d->n > most))
                memmove(d->spans, d->spans + 1, --d->n * sizeof *d->spans);
}

static void forget(struct lost *l, int64_t keep) {
        for (size_t i = l->n; i--;) {
                struct device *d = &l->devices[i];

                spans_forget(d, keep, SPANS);
                if (!d->n)
                        device_drop(l, i);
        }
}

static struct device *device_insert(struct lost *l, size_t at, struct ww_str name) {
        struct device d = { .name = ww_str_copy(name), .n_name = name.n };

        if (l->n == l->capacity) {
                size_t capacity = l->capacity ? l->capacity * 2 : 16;
                struct device *devices = realloc(l->devices, capacity * sizeof *devices);

                if (!devices) {
                        free(d.name);
                        return NULL;
                }
                l->devices = devices;
                l->capacity = capacity;
        }
        if (!d.name)
                return NULL;
        memmove(l->devices + at + 1, l->devices + at, (l->n - at) * sizeof d);
        l->devices[at] = d;
        l->n++;
        return &l->devices[at];
}

static int device_begin(struct lost *l, struct ww_str name, int64_t time, int64_t keep) {
        bool found;
        size_t at = place_of(l, name, &found);
        struct device *d = found ? &l->devices[at] : NULL;

        if (!found && l->n >= LOST_DEVICES_MAX) {
                forget(l, keep);
                at = place_of(l, name, &found);
                if (l->n >= LOST_DEVICES_MAX)
                        return 0;
        }
        if (!d)
                d = device_insert(l, at, name);
        if (!d)
                return -ENOMEM;
        if (d->n && (d->spans[d->n - 1].to == WW_TIME_NEVER || d->spans[d->n - 1].to > time))
                return 0; /* known, or told late */
        spans_forget(d, keep, SPANS - 1);
        d->spans[d->n++] = (struct lost_span){ time, WW_TIME_NEVER };
        return 0;
}

int lost_set(struct lost *l, struct ww_str device, bool lost, int64_t time, int64_t keep) {
        bool found;
        size_t at;

        if (lost)
                return device_begin(l, device, time, keep);
        at = place_of(l, device, &found);
        if (found) {
                struct lost_span *last = &l->devices[at].spans[l->devices[at].n - 1];

                if (last->to == WW_TIME_NEVER && time >= last->from)
                        last->to = time;
        }
        return 0;
}

bool lost_next(const struct lost *l, struct ww_str device, int64_t time, struct lost_span *ret) {
        bool found;
        size_t at = l->n ? place_of(l, device, &found) : 0;

        if (!l->n || !found)
                return false;
        for (size_t i = 0; i < l->devices[at].n; i++)
                if (l->devices[at].spans[i].to > time) {
                        *ret = l->devices[at].spans[i];
                        return true;
                }
        return false;
}

int lost_save(const struct lost *l, struct buf *out) {
        buf_put_var(out, l->n);
        for (size_t i = 0; i < l->n; i++) {
                const struct device *d = &l->devices[i];

                buf_put_str(out, (struct ww_str){ d->name, d->n_name });
                buf_put_var(out, d->n);
                for (size_t j = 0; j < d->n; j++) {
                        buf_put_time(out, d->spans[j].from);
                        buf_put_time(out, d->spans[j].to);
                }
        }
        return out->error;
}

static int device_load(struct lost *l, struct rd *in) {
        struct ww_str name = rd_str(in);
        uint64_t n = rd_var(in);
        struct device *d;
        bool found;
        size_t at = place_of(l, name, &found);

        if (in->failed || !n || n > SPANS || found || at != l->n)
                return -EBADMSG;
        d = device_insert(l, at, name);
        if (!d)
                return -ENOMEM;
        for (uint64_t i = 0; i < n; i++) {
                d->spans[d->n].from = rd_time(in);
                d->spans[d->n++].to = rd_time(in);
        }
        return in->failed ? -EBADMSG : 0;
}

int lost_load(struct lost *l, struct rd *in) {
        uint64_t n = rd_var(in);
        int r = 0;

        if (in->failed || n > LOST_DEVICES_MAX)
                return -EBADMSG;
        while (l->n)
                device_drop(l, l->n - 1);
        for (uint64_t i = 0; i < n && !r; i++)
                r = device_load(l, in);
        return r;
}
