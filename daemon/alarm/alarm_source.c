/*
 * The quality of an alarm: good, or stale, when it is cut off from where it comes from.
 *
 * It is cut off while its device cannot be reached (`device.offline`, of the device itself or by its gateway), and
 * while an alarm stands active which says that its asset gives no sign of life. Nothing else follows: absence clears no
 * alarm, and what it says may be as true as before; but nobody knows. The alarms that tell of the loss are not stale:
 * they are the supervision's own.
 *
 * `lost` and `silent` are kept with each alarm; that it is stale is worked out from these, and changes by the machine
 * only.
 */
#include "alarm/alarms.h"

void alarm_source_unlink(struct alarms *a, struct alarm *alarm) {
        struct alarm_source *s = alarm->source;

        if (!s)
                return;
        *alarm->source_at = alarm->source_next;
        if (alarm->source_next)
                alarm->source_next->source_at = alarm->source_at;
        alarm->source = NULL;
        if (s->alarms)
                return;
        HASH_DELETE(hh, a->sources, s);
        free(s);
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

/* Does an alarm stand active which says that the asset of this one is silent? */
static bool asset_silent(const struct alarms *a, const struct alarm *alarm) {
        if (alarm->asset == SITE_NONE)
                return false;
        for (const struct alarm *other = a->mutes.places[alarm->asset].alarms; other; other = other->place_next)
                if (other->silent && other->now.regions.active)
                        return true;
        return false;
}

bool alarm_source_stale(const struct alarms *a, const struct alarm *alarm) {
        return !alarm->silent && !alarm->link && (alarm->lost || asset_silent(a, alarm));
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

/* Those whose quality may have changed, in the order of their ids: the order of the list is that of linking. */
static int review_ids(struct alarms *a, uint64_t *ids, size_t n, struct ww_str actor, struct ww_str context,
                      int64_t now) {
        int r = 0;

        if (n)
                qsort(ids, n, sizeof *ids, compare_ids);
        for (size_t i = 0; i < n && !r; i++)
                r = review(a, alarm_by_id(a, ids[i]), actor, context, now);
        return r;
}

int alarms_source(struct alarms *a, struct ww_str device, bool lost, int64_t now) {
        struct alarm_source *s = source_find(a, device);
        _cleanup_free_ uint64_t *ids = NULL;
        _cleanup_buf_ struct buf context = BUF_INIT;
        size_t n = 0;

        if (!s)
                return 0;
        for (const struct alarm *alarm = s->alarms; alarm; alarm = alarm->source_next)
                n++;
        ids = reallocarray(NULL, n, sizeof *ids);
        if (!ids)
                return -ENOMEM;
        n = 0;
        for (struct alarm *alarm = s->alarms; alarm; alarm = alarm->source_next) {
                alarm->lost = lost;
                ids[n++] = alarm->now.id;
        }
        buf_printf(&context, lost ? "%.*s cannot be reached" : "%.*s is back", WW_STR_ARG(device));
        return context.error ? context.error : review_ids(a, ids, n, WW_STR("source"), buf_str(&context), now);
}

int alarm_source_turned(struct alarms *a, const struct alarm *alarm, int64_t now) {
        _cleanup_free_ uint64_t *ids = NULL;
        _cleanup_buf_ struct buf actor = BUF_INIT, context = BUF_INIT;
        const struct alarm *first;
        size_t n = 0;

        if (!alarm->silent || alarm->asset == SITE_NONE)
                return 0;
        first = a->mutes.places[alarm->asset].alarms;
        for (const struct alarm *other = first; other; other = other->place_next)
                n++;
        ids = reallocarray(NULL, n, sizeof *ids);
        if (!ids)
                return -ENOMEM;
        n = 0;
        for (const struct alarm *other = first; other; other = other->place_next)
                ids[n++] = other->now.id;
        buf_printf(&actor, "rule:%.*s", WW_STR_ARG(alarm->now.rule));
        buf_printf(&context, "alarm %llu: %.*s %s", (unsigned long long)alarm->now.id, WW_STR_ARG(alarm->now.asset),
                   alarm->now.regions.active ? "gives no sign of life" : "is heard again");
        if (actor.error || context.error)
                return -ENOMEM;
        return review_ids(a, ids, n, buf_str(&actor), buf_str(&context), now);
}

int alarm_source_renew(struct alarms *a, int64_t now) {
        int r = 0;

        for (struct alarm *alarm = a->ids; alarm && !r; alarm = alarm->by_id.next)
                r = review(a, alarm, WW_STR("reload"), WW_STR("the site has changed"), now);
        return r;
}
