/* What two rule sets make of one recording, told. */
#include "base/span.h"
#include "command/command_internal.h"
#include "command/replay_command.h"
#include "command/replay_compare.h"
#include "journal/record_json.h"

#include <inttypes.h>

static const char *const change_names[REPLAY_CHANGES_] = {
        [REPLAY_SAME] = "same",
        [REPLAY_APPEARS] = "appears",
        [REPLAY_VANISHES] = "vanishes",
        [REPLAY_MOVED] = "moves",
};

struct difference {
        struct replay_compare *compare;
        int64_t from;
        bool json;
};

struct lane {
        struct difference *difference;
        bool other;
};

/* ---- one difference ---- */

static json_t *alarm_json(const struct ww_transition *t) {
        return t ? json_pack("{s:o, s:o, s:s, s:s, s:o}", "time", record_json_time(t->time), "title",
                             record_json_str(t->alarm.title), "priority", ww_priority_name(t->alarm.priority), "hazard",
                             ww_hazard_name(t->alarm.hazard), "suppressed_by", record_json_str(t->alarm.suppressed_by))
                 : json_null();
}

static int put_json(const struct replay_difference *d) {
        const struct ww_transition *t = d->now ? d->now : d->another;

        return command_put_json(json_pack("{s:s, s:s, s:o, s:o, s:b, s:o, s:o}", "change", change_names[d->change],
                                          "what", d->ends ? "clear" : "raise", "rule", record_json_str(t->alarm.rule),
                                          "key", record_json_str(t->alarm.key), "exercise", t->alarm.exercise, "now",
                                          alarm_json(d->now), "other", alarm_json(d->another)),
                                JSON_COMPACT);
}

/* "09:00:30 medium → 09:00:45 high", with only what differs */
static void put_moved(const struct ww_transition *a, const struct ww_transition *b) {
        char time[32];

        if (a->time != b->time) {
                instant_format(b->time, time);
                (void)printf(" → %.23sZ", time);
        }
        if (a->alarm.priority != b->alarm.priority)
                (void)printf(", %s → %s", ww_priority_name(a->alarm.priority), ww_priority_name(b->alarm.priority));
        if (ww_str_equal(a->alarm.suppressed_by, b->alarm.suppressed_by))
                return;
        (void)printf(b->alarm.suppressed_by.n ? ", then muted by " : ", no longer muted by ");
        replay_print_str(b->alarm.suppressed_by.n ? b->alarm.suppressed_by : a->alarm.suppressed_by);
}

static void put_text(const struct replay_difference *d) {
        const struct ww_transition *t = d->now ? d->now : d->another;
        char time[32];

        instant_format(t->time, time);
        (void)printf("%-8s  %-5s  %.23sZ", change_names[d->change], d->ends ? "clear" : "raise", time);
        if (d->now && d->another)
                put_moved(d->now, d->another);
        (void)printf("  %s  ", ww_priority_name(t->alarm.priority));
        replay_print_str(t->alarm.rule);
        (void)printf(" [");
        replay_print_str(t->alarm.key);
        (void)printf("]  ");
        replay_print_str(t->alarm.title);
        (void)puts(t->alarm.exercise ? " (exercise)" : "");
}

static int told(void *userdata, const struct replay_difference *d) {
        const struct difference *all = userdata;

        if (all->json)
                return put_json(d);
        put_text(d);
        return ferror(stdout) ? -EPIPE : 0;
}

/* ---- both sides ---- */

static int lane_output(void *userdata, const struct ww_output *output) {
        const struct lane *lane = userdata;

        if (output->type != WW_OUTPUT_TRANSITION || output->transition.alarm.changed_at < lane->difference->from)
                return 0;
        return replay_compare_add(lane->difference->compare, lane->other, &output->transition);
}

static int turn(void *userdata, int64_t time) {
        const struct difference *d = userdata;

        return replay_compare_until(d->compare, time);
}

static int summary(const struct difference *d) {
        struct replay_compared c;
        bool differs;
        int r;

        replay_compare_result(d->compare, &c);
        differs = c.alarms[REPLAY_APPEARS] || c.alarms[REPLAY_VANISHES] || c.alarms[REPLAY_MOVED] || c.ends;
        if (d->json) {
                r = command_put_json(json_pack("{s:{s:I, s:I, s:I, s:I, s:I, s:b}}", "summary", "same",
                                               (json_int_t)c.alarms[REPLAY_SAME], "appear",
                                               (json_int_t)c.alarms[REPLAY_APPEARS], "vanish",
                                               (json_int_t)c.alarms[REPLAY_VANISHES], "move",
                                               (json_int_t)c.alarms[REPLAY_MOVED], "clear_otherwise",
                                               (json_int_t)c.ends, "crowded", c.crowded),
                                     JSON_COMPACT);
        } else {
                (void)printf("%" PRIu64 " alarms the same, %" PRIu64 " appear, %" PRIu64 " vanish, %" PRIu64
                             " move; %" PRIu64 " clear at another time\n",
                             c.alarms[REPLAY_SAME], c.alarms[REPLAY_APPEARS], c.alarms[REPLAY_VANISHES],
                             c.alarms[REPLAY_MOVED], c.ends);
                if (c.crowded)
                        (void)printf("so many differ that some were judged before --near had passed: what moved may "
                                     "stand as vanished and appearing\n");
                r = 0;
        }
        return r ? r : replay_print_flush() ? -EPIPE : differs ? REPLAY_E_DIFFERS : 0;
}

/* Each side frees its rules, even if it does not come into being. */
static int sides_new(struct replay_run *run, struct lane lanes[2], struct ruleset *other,
                     struct replay_side_options *side) {
        int r = 0;

        for (size_t i = 0; i < 2 && !r; i++) {
                side->output = lane_output;
                side->userdata = &lanes[i];
                r = replay_side_new(&run->sides[run->n_sides++], side);
                side->rules = i ? NULL : other;
        }
        if (run->n_sides < 2)
                ruleset_free(other);
        return r;
}

int replay_difference_run(struct replay_run *run, const struct replay_source *source, const struct replay_options *o,
                          bool json, struct ruleset *other, struct replay_side_options *side) {
        struct difference d = { .from = source->from, .json = json };
        struct lane lanes[2] = { { &d, false }, { &d, true } };
        int r = replay_compare_new(&d.compare, o->near, told, &d);

        run->turn = turn;
        run->userdata = &d;
        if (r)
                ruleset_free(other);
        else
                r = sides_new(run, lanes, other, side);
        if (!r)
                r = replay_run(run, source, o);
        if (!r)
                r = replay_compare_until(d.compare, WW_TIME_NEVER);
        if (!r)
                r = summary(&d);
        replay_compare_free(d.compare);
        return r;
}
