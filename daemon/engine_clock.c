/*
 * The engine's journal time: where a start goes on, and what is said of the clock's steps.
 *
 * Meta "clock" has the regime (base/clock.h) with one pair of journal time and boot clock, and the boot that they are
 * of. In ordinary times the two run alike, so one pair says it for long: it is written when they have moved against
 * each other, when the regime changes, and once a minute, so that a boot clock that has begun anew is seen where nobody
 * knows the boot. It rides along with a turn.
 */
#include "engine_internal.h"

#include <inttypes.h>
#include <stdio.h>

#define META  "clock"
#define MOVED WW_SECOND
#define AGAIN WW_MINUTE

/* --- the mark --- */

static bool mark_is_due(const struct engine *e) {
        const struct clock_journal *now = &e->clock, *then = &e->clock_marked;
        int64_t moved = (now->time - now->boot) - (then->time - then->boot);

        return now->held != then->held || now->behind != then->behind || now->boot - then->boot >= AGAIN ||
               now->boot < then->boot || moved >= MOVED || moved <= -MOVED;
}

void engine_clock_put(struct engine *e) {
        _cleanup_buf_ struct buf value = BUF_INIT;
        int r;

        if (!mark_is_due(e))
                return;
        buf_put_u64(&value, (uint64_t)e->clock.time);
        buf_put_u64(&value, (uint64_t)e->clock.wall);
        buf_put_u64(&value, (uint64_t)e->clock.boot);
        buf_put_u8(&value, e->clock.held);
        buf_put_u8(&value, e->clock.behind);
        buf_put_str(&value, ww_str(e->boot_id));
        r = value.error ? value.error : journal_put_meta(e->journal, META, buf_str(&value));
        if (r)
                engine_fatal("cannot write a mark", r);
        e->clock_marked = e->clock;
}

/* False: there is none, or it is of another boot: where nobody knows the boot, a wall clock far ahead of the boot clock
 * shows that the machine was off between the two. */
static bool mark_read(const struct engine *e, struct clock_journal *ret) {
        _cleanup_buf_ struct buf value = BUF_INIT;
        struct ww_str boot_id;
        struct rd in;

        if (journal_get_meta(e->journal, META, &value))
                return false;
        in = rd_init(buf_str(&value));
        ret->time = (int64_t)rd_u64(&in);
        ret->wall = (int64_t)rd_u64(&in);
        ret->boot = (int64_t)rd_u64(&in);
        ret->held = rd_u8(&in);
        ret->behind = rd_u8(&in);
        boot_id = rd_str(&in);
        if (in.failed)
                return false;
        if (boot_id.n && e->boot_id[0])
                return ww_str_is(boot_id, e->boot_id);
        return ret->held || clock_wall() - ret->wall - (clock_boot() - ret->boot) <= CLOCK_STEP_MAX;
}

void engine_clock_recover(struct engine *e, int64_t last) {
        struct clock_journal saved;

        clock_boot_id(e->boot_id);
        if (!mark_read(e, &saved) || !clock_journal_resume(&e->clock, &saved, last, clock_boot()))
                clock_journal_init(&e->clock, last, clock_wall(), clock_boot());
}

/* --- what it is --- */

static const char *span_text(char out[static 48], int64_t span) {
        int64_t minutes = (span + WW_MINUTE / 2) / WW_MINUTE, tenths = span / (WW_SECOND / 10);

        if (minutes >= 60)
                (void)snprintf(out, 48, "%" PRId64 " h %" PRId64 " min", minutes / 60, minutes % 60);
        else if (span >= WW_MINUTE)
                (void)snprintf(out, 48, "%" PRId64 " min", minutes);
        else
                (void)snprintf(out, 48, "%" PRId64 ".%" PRId64 " s", tenths / 10, tenths % 10);
        return out;
}

int64_t engine_now(struct engine *e, int64_t *ret_wall) {
        enum clock_step step = CLOCK_STEP_NONE;
        int64_t wall = clock_wall();
        int64_t now = clock_journal_now(&e->clock, wall, clock_boot(), &step);
        int64_t ahead = clock_journal_ahead(&e->clock);
        char span[48];

        if (step == CLOCK_STEP_BACKWARD)
                engine_say(e, "clock-backward", NULL,
                           "journal time is %s ahead, and runs on, slower by a tenth, until the wall clock meets it",
                           span_text(span, ahead));
        else if (step == CLOCK_STEP_FORWARD)
                engine_say(e, "clock-forward", NULL,
                           "by %s; confirm with `wardwatch clock confirm` if the new time is right",
                           span_text(span, -ahead));
        *ret_wall = wall;
        return now;
}
