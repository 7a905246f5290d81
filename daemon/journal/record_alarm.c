/* The alarm as it is now: the live record, and a part of each transition. */
#include "journal/record_body.h"

/* on disk: do not renumber */
enum region_bit {
        REGION_ACTIVE = 1 << 0,
        REGION_ACKNOWLEDGED = 1 << 1,
        REGION_LATCHED = 1 << 2,
        REGION_SUPPRESSED = 1 << 3,
        REGION_OUT_OF_SERVICE = 1 << 4,
        REGION_ALL = (1 << 5) - 1,
};

/* on disk: do not renumber */
enum mark_bit {
        MARK_INSTANT = 1 << 0,
        MARK_FIRST_OUT = 1 << 1,
        MARK_SILENCED = 1 << 2,
        MARK_STALE = 1 << 3,
        MARK_EXERCISE = 1 << 4,
        MARK_COVERT = 1 << 5,
        MARK_PARTIAL = 1 << 6,
        MARK_ALL = (1 << 7) - 1,
};

static uint32_t bit(bool on, uint32_t mask) {
        return on ? mask : 0;
}

void record_put_regions(struct buf *out, const struct ww_alarm_regions *regions) {
        buf_put_var(out, bit(regions->active, REGION_ACTIVE) | bit(regions->acknowledged, REGION_ACKNOWLEDGED) |
                                 bit(regions->latched, REGION_LATCHED) | bit(regions->suppressed, REGION_SUPPRESSED) |
                                 bit(regions->out_of_service, REGION_OUT_OF_SERVICE));
        buf_put_var(out, (uint64_t)regions->shelved);
}

struct ww_alarm_regions record_get_regions(struct rd *in) {
        uint32_t bits = record_get_max(in, REGION_ALL);

        return (struct ww_alarm_regions){
                .active = bits & REGION_ACTIVE,
                .acknowledged = bits & REGION_ACKNOWLEDGED,
                .latched = bits & REGION_LATCHED,
                .shelved = (enum ww_shelved)record_get_max(in, WW_SHELVED_ONE_SHOT),
                .suppressed = bits & REGION_SUPPRESSED,
                .out_of_service = bits & REGION_OUT_OF_SERVICE,
        };
}

static void put_marks(struct buf *out, const struct ww_alarm *a) {
        buf_put_var(out, bit(a->instant, MARK_INSTANT) | bit(a->first_out, MARK_FIRST_OUT) |
                                 bit(a->silenced, MARK_SILENCED) | bit(a->stale, MARK_STALE) |
                                 bit(a->exercise, MARK_EXERCISE) | bit(a->covert, MARK_COVERT) |
                                 bit(a->partial, MARK_PARTIAL));
}

static void get_marks(struct rd *in, struct ww_alarm *ret) {
        uint32_t bits = record_get_max(in, MARK_ALL);

        ret->instant = bits & MARK_INSTANT;
        ret->first_out = bits & MARK_FIRST_OUT;
        ret->silenced = bits & MARK_SILENCED;
        ret->stale = bits & MARK_STALE;
        ret->exercise = bits & MARK_EXERCISE;
        ret->covert = bits & MARK_COVERT;
        ret->partial = bits & MARK_PARTIAL;
}

/* One list of the strings for both directions: the order is the format. */
#define ALARM_STRINGS(a)                                                                                               \
        {                                                                                                              \
                &(a)->rule, &(a)->key, &(a)->title, &(a)->procedure, &(a)->legal_basis, &(a)->site, &(a)->zone,        \
                        &(a)->asset, &(a)->device, &(a)->acknowledged_by, &(a)->suppressed_by, &(a)->work_order        \
        }
#define COUNT(table) (sizeof(table) / sizeof *(table))

void record_put_alarm(struct buf *out, const struct ww_alarm *a) {
        const struct ww_str *const strings[] = ALARM_STRINGS(a);

        buf_put_var(out, a->id);
        for (size_t i = 0; i < COUNT(strings); i++)
                buf_put_str(out, *strings[i]);
        buf_put_u64(out, a->rule_hash);
        buf_put_u8(out, (uint8_t)a->hazard);
        buf_put_u8(out, (uint8_t)a->klass);
        buf_put_u8(out, (uint8_t)a->priority);
        buf_put_u8(out, (uint8_t)a->priority_unack);
        record_put_regions(out, &a->regions);
        put_marks(out, a);
        buf_put_var(out, a->raised_count);
        buf_put_var(out, a->version);
        buf_put_var(out, a->alarmed_version);
        buf_put_time(out, a->raised_at);
        record_put_near(out, a->changed_at, a->raised_at);
        record_put_near(out, a->acknowledged_at, a->raised_at);
        record_put_near(out, a->shelved_until, a->raised_at);
        record_put_near(out, a->out_of_service_until, a->raised_at);
}

void record_get_alarm(struct rd *in, struct ww_alarm *ret) {
        struct ww_str *const strings[] = ALARM_STRINGS(ret);

        ret->id = rd_var(in);
        for (size_t i = 0; i < COUNT(strings); i++)
                *strings[i] = rd_str(in);
        ret->rule_hash = rd_u64(in);
        ret->hazard = (enum ww_hazard)record_get_max(in, WW_HAZARD_MAX_ - 1);
        ret->klass = (enum ww_class)record_get_max(in, WW_CLASS_MAX_ - 1);
        ret->priority = (enum ww_priority)record_get_max(in, WW_PRIORITY_CRITICAL);
        ret->priority_unack = (enum ww_priority)record_get_max(in, WW_PRIORITY_CRITICAL);
        ret->regions = record_get_regions(in);
        get_marks(in, ret);
        ret->raised_count = record_get_max(in, UINT32_MAX);
        ret->version = rd_var(in);
        ret->alarmed_version = rd_var(in);
        ret->raised_at = rd_time(in);
        ret->changed_at = record_get_near(in, ret->raised_at);
        ret->acknowledged_at = record_get_near(in, ret->raised_at);
        ret->shelved_until = record_get_near(in, ret->raised_at);
        ret->out_of_service_until = record_get_near(in, ret->raised_at);
}

int ww_alarm_encode(const struct ww_alarm *alarm, struct buf *out) {
        size_t start = record_open(out, RECORD_LIVE, 0);

        record_put_alarm(out, alarm);
        return record_seal(out, start);
}

int ww_alarm_decode(struct ww_str bytes, struct ww_alarm *ret) {
        struct ww_alarm alarm = { 0 };
        struct rd in;
        uint8_t type;
        int r = record_unseal(bytes, RECORD_LIVE, &type, &in);

        if (r)
                return r;
        record_get_alarm(&in, &alarm);
        r = type ? RECORD_E_MALFORMED : record_close(&in);
        if (!r)
                *ret = alarm;
        return r;
}
