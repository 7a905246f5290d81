/*
 * The quality of an alarm: good, or stale, when it is cut off from where it comes from.
 *
 * It is cut off while its device cannot be reached (`device.offline`, as the device or its gateway says), or while an
 * alarm stands active which says that its asset gives no sign of life; and so by whatever its asset hangs on alone.
 * Nothing else follows: absence clears no alarm, and what it says may be as true as before; but nobody knows. The
 * alarms that tell of the loss are not stale: they are the supervision's own.
 *
 * Which devices are out of reach is kept here, since an alarm may be raised of one that is already. That an alarm is
 * stale follows from that and from the alarms of its assets, and changes by the machine only.
 */
#include "alarm/alarms.h"

/* --- devices --- */

static void source_drop(struct alarms *a, struct alarm_source *s) {
        if (s->alarms || s->lost)
                return;
        HASH_DELETE(hh, a->sources, s);
        free(s);
}

void alarm_source_unlink(struct alarms *a, struct alarm *alarm) {
        struct alarm_source *s = alarm->source;

        if (!s)
                return;
        *alarm->source_at = alarm->source_next;
        if (alarm->source_next)
                alarm->source_next->source_at = alarm->source_at;
        alarm->source = NULL;
        source_drop(a, s);
}

static struct alarm_source *source_find(const struct alarms *a, struct ww_str device) {
        struct alarm_source *found = NULL;

        if (device.n)
                HASH_FIND(hh, a->sources, device.p, device.n, found);
        return found;
}

static struct alarm_source *source_new(struct alarms *a, struct ww_str device) {
        struct alarm_source *s = calloc(1, sizeof *s + device.n);

        if (!s)
                return NULL;
        memcpy(s->name, device.p, device.n);
        s->n_name = device.n;
        HASH_ADD_KEYPTR(hh, a->sources, s->name, s->n_name, s);
        if (s->hh.tbl)
                return s;
        free(s);
        return NULL;
}

int alarm_source_link(struct alarms *a, struct alarm *alarm) {
        struct ww_str device = alarm->now.device;
        struct alarm_source *s = source_find(a, device);

        if (s && s == alarm->source)
                return 0;
        alarm_source_unlink(a, alarm);
        if (!s && device.n) {
                s = source_new(a, device);
                if (!s)
                        return -ENOMEM;
        }
        if (!s)
                return 0;
        alarm->source = s;
        alarm->source_next = s->alarms;
        if (s->alarms)
                s->alarms->source_at = &alarm->source_next;
        alarm->source_at = &s->alarms;
        s->alarms = alarm;
        return 0;
}

void alarm_source_free(struct alarms *a) {
        struct alarm_source *s, *next;

        HASH_ITER(hh, a->sources, s, next) {
                HASH_DELETE(hh, a->sources, s);
                free(s);
        }
}

/* --- the quality --- */

static bool device_lost(const struct alarms *a, struct ww_str device) {
        const struct alarm_source *s = source_find(a, device);

        return s && s->lost;
}

/* Does an alarm stand active which says that the asset is silent? */
static bool asset_silent(const struct alarms *a, uint32_t asset) {
        for (const struct alarm *alarm = a->mutes.places[asset].alarms; alarm; alarm = alarm->place_next)
                if (alarm->silent && alarm->now.regions.active)
                        return true;
        return false;
}

static bool cut_off(const struct alarms *a, const struct alarm *alarm) {
        const struct site *site = a->mutes.site;
        const struct site_asset *at;

        if (device_lost(a, alarm->now.device))
                return true;
        for (uint32_t asset = alarm->asset; asset != SITE_NONE; asset = at->n_parents == 1 ? at->parent : SITE_NONE) {
                at = site_asset(site, asset);
                if (device_lost(a, at->device) || asset_silent(a, asset))
                        return true;
        }
        return false;
}

bool alarm_source_stale(const struct alarms *a, const struct alarm *alarm) {
        return !alarm->silent && !alarm->link && cut_off(a, alarm);
}

static int review(struct alarms *a, struct alarm *alarm, struct ww_str actor, struct ww_str context, int64_t now) {
        bool stale = alarm_source_stale(a, alarm);
        const struct machine_input in = {
                .cause = stale ? WW_CAUSE_SOURCE_LOST : WW_CAUSE_SOURCE_BACK,
                .now = now,
                .time = now,
        };
        const struct alarm_change change = { .actor = actor, .context = context };
        int r = stale == alarm->now.stale ? 0 : alarm_change(a, alarm, &in, &change);

        return r > 0 ? -EPROTO : r; /* the quality differs: a bug */
}

static int compare_ids(const void *a, const void *b) {
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return (x > y) - (x < y);
}

/* Those of the device, of the asset, and all below it, in the order of their ids; some may be there twice. */
static int collect(struct alarms *a, const struct alarm_source *s, uint32_t asset, uint64_t **ret, size_t *ret_n) {
        const struct alarm *of_device = s ? s->alarms : NULL;
        const struct alarm *of_asset = asset != SITE_NONE ? a->mutes.places[asset].alarms : NULL;
        uint64_t *ids = NULL, *grown;
        size_t n = 0, more = 0;
        int r = alarm_place_reach(a, true, asset, &ids, &n);

        if (r)
                return r;
        for (const struct alarm *alarm = of_device; alarm; alarm = alarm->source_next)
                more++;
        for (const struct alarm *alarm = of_asset; alarm; alarm = alarm->place_next)
                more++;
        grown = reallocarray(ids, n + more + 1, sizeof *ids);
        if (!grown) {
                free(ids);
                return -ENOMEM;
        }
        for (const struct alarm *alarm = of_device; alarm; alarm = alarm->source_next)
                grown[n++] = alarm->now.id;
        for (const struct alarm *alarm = of_asset; alarm; alarm = alarm->place_next)
                grown[n++] = alarm->now.id;
        qsort(grown, n, sizeof *grown, compare_ids);
        *ret = grown;
        *ret_n = n;
        return 0;
}

static int review_all(struct alarms *a, const struct alarm_source *s, uint32_t asset, struct ww_str actor,
                      struct ww_str context, int64_t now) {
        _cleanup_free_ uint64_t *ids = NULL;
        size_t n = 0;
        int r = collect(a, s, asset, &ids, &n);

        for (size_t i = 0; i < n && !r; i++)
                r = review(a, alarm_by_id(a, ids[i]), actor, context, now);
        return r;
}

/* --- what changes it --- */

static int set_lost(struct alarms *a, struct ww_str device, bool lost, bool *ret_changed) {
        struct alarm_source *s = source_find(a, device);

        *ret_changed = false;
        if (device.n == 0 || (s ? s->lost : false) == lost || (lost && a->n_lost >= ALARM_LOST_MAX))
                return 0;
        if (!s)
                s = source_new(a, device);
        if (!s)
                return -ENOMEM;
        s->lost = lost;
        a->n_lost += lost ? 1 : -1;
        *ret_changed = true;
        source_drop(a, s);
        return 0;
}

int alarms_source(struct alarms *a, struct ww_str device, bool lost, int64_t now) {
        uint32_t asset = a->mutes.site ? site_asset_of_device(a->mutes.site, device) : SITE_NONE;
        _cleanup_buf_ struct buf context = BUF_INIT;
        bool changed;
        int r = set_lost(a, device, lost, &changed);

        if (r || !changed)
                return r;
        buf_printf(&context, "%.*s %s", WW_STR_ARG(device), lost ? "cannot be reached" : "is back");
        if (context.error)
                return context.error;
        return review_all(a, source_find(a, device), asset, WW_STR("source"), buf_str(&context), now);
}

int alarm_source_turned(struct alarms *a, const struct alarm *alarm, int64_t now) {
        _cleanup_buf_ struct buf actor = BUF_INIT, context = BUF_INIT;

        if (!alarm->silent || alarm->asset == SITE_NONE)
                return 0;
        buf_printf(&actor, "rule:%.*s", WW_STR_ARG(alarm->now.rule));
        buf_printf(&context, "alarm %llu: %.*s %s", (unsigned long long)alarm->now.id, WW_STR_ARG(alarm->now.asset),
                   alarm->now.regions.active ? "gives no sign of life" : "is heard again");
        if (actor.error || context.error)
                return -ENOMEM;
        return review_all(a, NULL, alarm->asset, buf_str(&actor), buf_str(&context), now);
}

int alarm_source_renew(struct alarms *a, int64_t now) {
        int r = 0;

        for (struct alarm *alarm = a->ids; alarm && !r; alarm = alarm->by_id.next)
                r = review(a, alarm, WW_STR("reload"), WW_STR("the site has changed"), now);
        return r;
}

/* --- to bytes and back --- */

static int compare_names(const void *a, const void *b) {
        const struct alarm_source *const *x = a, *const *y = b;

        return ww_str_compare((struct ww_str){ (*x)->name, (*x)->n_name }, (struct ww_str){ (*y)->name, (*y)->n_name });
}

/* By name: the same state gives the same bytes. */
int alarm_source_save(const struct alarms *a, struct buf *out) {
        _cleanup_free_ const struct alarm_source **lost = calloc(a->n_lost + 1, sizeof(struct alarm_source *));
        size_t n = 0;

        if (!lost)
                return out->error = -ENOMEM;
        for (const struct alarm_source *s = a->sources; s; s = s->hh.next)
                if (s->lost)
                        lost[n++] = s;
        qsort(lost, n, sizeof *lost, compare_names);
        buf_put_var(out, n);
        for (size_t i = 0; i < n; i++)
                buf_put_str(out, (struct ww_str){ lost[i]->name, lost[i]->n_name });
        return out->error;
}

int alarm_source_load(struct alarms *a, struct rd *in) {
        uint64_t n = rd_var(in);

        while (n-- && !in->failed) {
                struct ww_str device = rd_str(in);
                bool changed;
                int r = in->failed ? -EBADMSG : set_lost(a, device, true, &changed);

                if (r || !changed)
                        return r ? r : -EBADMSG; /* nameless, twice, or too many */
        }
        return in->failed ? -EBADMSG : 0;
}
