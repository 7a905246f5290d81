/*
 * Random stories against a model that knows no lists, no walks and no timers: at every moment it asks of each alarm
 * anew, from the written meaning of a mute, whether it is suppressed. And the same stories with reloads and restarts
 * come out the same.
 */
#include "mute_site.h"

#define ASSETS 9
#define RULES  4

static const char *const assets[ASSETS] = { "ups", "gw", "gw2", "sub", "d1", "d2", "dual", "deep", "lone" };
static const char *const names[RULES] = { "device-offline", "door-held", "controller-offline", "power-lost" };

static const struct ww_mute mutes[] = {
        CONTROLLER,
        { .rule = TEXT("power-lost"),
          .hazards = 1u << WW_HAZARD_SYSTEM,
          .under = true,
          .settle = S(20),
          .wait = S(5),
          .any = true },
        { .rule = TEXT("door-held"), .rules = children, .n_rules = 1, .settle = S(4), .wait = S(2), .any = true },
};
static const struct ww_mute fewer[] = {
        { .rule = TEXT("power-lost"), .under = true, .settle = S(5), .wait = S(5), .any = true },
};
static const struct story_table tables[] = { { mutes, 3, NULL }, { fewer, 1, NULL } };

static uint32_t next_random(uint32_t *state) {
        *state = *state * 1664525u + 1013904223u;
        return *state >> 8;
}

/* --- the model --- */

struct model {
        struct model_alarm {
                bool active, raised; /* raised: at least once */
                int64_t raised_at, closed_at;
        } alarms[RULES][ASSETS];
        int64_t now;
};

static const int parents[ASSETS][2] = {
        { -1, -1 }, { UPS, -1 }, { UPS, -1 },  { GW, -1 }, { SUB, -1 },
        { GW, -1 }, { GW, GW2 }, { DUAL, -1 }, { -1, -1 },
};

static bool matches(const struct ww_mute *row, int rule) {
        if (row->hazards && rule == 1) /* door-held is theft */
                return false;
        if (!row->under && ww_str_is(row->rule, names[rule]))
                return false;
        for (size_t i = 0; i < row->n_rules; i++)
                if (ww_str_is(row->rules[i], names[rule]))
                        return true;
        return row->n_rules == 0;
}

static int rule_of(const struct ww_mute *row) {
        for (int i = 0; i < RULES; i++)
                if (ww_str_is(row->rule, names[i]))
                        return i;
        return -1;
}

/* Is an episode of the row's rule at that asset in force, for an alarm raised at `t`? */
static bool in_force(const struct model *m, const struct ww_mute *row, int asset, int64_t t) {
        const struct model_alarm *a = &m->alarms[rule_of(row)][asset];

        if (!a->raised)
                return false;
        if (a->active)
                return true;
        return m->now < a->closed_at + row->settle + row->wait && t < a->closed_at + row->settle;
}

static bool covered(const struct model *m, int rule, int asset, int64_t t);

static bool down(const struct model *m, int rule, int asset, int64_t t) {
        for (int i = 0; i < 3; i++)
                if (mutes[i].under && matches(&mutes[i], rule) && in_force(m, &mutes[i], asset, t))
                        return true;
        return covered(m, rule, asset, t);
}

static bool covered(const struct model *m, int rule, int asset, int64_t t) {
        if (parents[asset][0] < 0)
                return false;
        return down(m, rule, parents[asset][0], t) && (parents[asset][1] < 0 || down(m, rule, parents[asset][1], t));
}

static bool can(int rule, int asset, int64_t *span) {
        bool here = false, above;

        for (int i = 0; i < 2; i++) {
                if (!matches(&mutes[i], rule) || (i == 0 && asset != GW && asset != GW2 && asset != SUB))
                        continue;
                here = true;
                *span = mutes[i].settle + mutes[i].wait > *span ? mutes[i].settle + mutes[i].wait : *span;
        }
        above = parents[asset][0] >= 0 && can(rule, parents[asset][0], span);
        if (parents[asset][1] >= 0)
                above = can(rule, parents[asset][1], span) && above;
        return here || above;
}

static bool pending(const struct model *m, int rule, int asset, int64_t t) {
        int64_t span = 0, everywhere = matches(&mutes[2], rule) ? mutes[2].settle + mutes[2].wait : 0;
        bool above = parents[asset][0] >= 0 && can(rule, parents[asset][0], &span);

        if (above && parents[asset][1] >= 0)
                above = can(rule, parents[asset][1], &span);
        span = above && span > everywhere ? span : everywhere;
        return m->now < t + span;
}

static bool suppressed(const struct model *m, int rule, int asset) {
        const struct model_alarm *a = &m->alarms[rule][asset];
        bool by = covered(m, rule, asset, a->raised_at) || pending(m, rule, asset, a->raised_at);

        for (int i = 0; i < ASSETS && matches(&mutes[2], rule); i++)
                by = by || in_force(m, &mutes[2], i, a->raised_at);
        return by;
}

/* --- both, side by side --- */

struct seen {
        bool suppressed[RULES][ASSETS], there[RULES][ASSETS];
};

static int see(void *userdata, const struct ww_alarm *alarm) {
        struct seen *seen = userdata;

        for (int rule = 0; rule < RULES; rule++)
                for (int asset = 0; asset < ASSETS; asset++)
                        if (ww_str_is(alarm->rule, names[rule]) && ww_str_is(alarm->asset, assets[asset])) {
                                seen->there[rule][asset] = true;
                                seen->suppressed[rule][asset] = alarm->regions.suppressed;
                        }
        return 0;
}

static unsigned compare(const struct story *s, const struct model *m) {
        struct seen seen = { 0 };
        unsigned n = 0;

        assert_int_equal(alarms_each(s->alarms, see, &seen), 0);
        for (int rule = 0; rule < RULES; rule++)
                for (int asset = 0; asset < ASSETS; asset++) {
                        if (!seen.there[rule][asset])
                                continue;
                        n += seen.suppressed[rule][asset];
                        if (seen.suppressed[rule][asset] != suppressed(m, rule, asset))
                                fail_msg("at %ld µs: %s of %s is %ssuppressed", (long)m->now, names[rule],
                                         assets[asset], seen.suppressed[rule][asset] ? "" : "not ");
                }
        return n;
}

static void turn(struct story *s, struct model *m, uint32_t *seed) {
        int rule = (int)(next_random(seed) % RULES), asset = (int)(next_random(seed) % ASSETS);
        struct model_alarm *a = &m->alarms[rule][asset];
        char row[128];

        (void)snprintf(row, sizeof row, "%ldms %s %s %s", (long)(m->now / WW_MSEC), a->active ? "clear" : "raise",
                       names[rule], assets[asset]);
        story_row(s, row);
        a->active = !a->active;
        if (a->active)
                a->raised_at = m->now - S(2);
        else
                a->closed_at = m->now - S(2);
        a->raised = true;
}

static void test_against_the_model(void **state) {
        unsigned hidden = 0;

        for (uint32_t seed = 1; seed <= 24; seed++) {
                uint32_t random = seed;
                struct model m = { .now = S(10) };
                struct story s;

                story_init(&s, tables, seed % 8 == 0);
                s.quiet = true;
                for (unsigned i = 0; i < 300; i++) {
                        m.now += next_random(&random) % 4000 * WW_MSEC;
                        story_timers(&s, m.now, true);
                        hidden += compare(&s, &m);
                        turn(&s, &m, &random);
                        hidden += compare(&s, &m);
                }
                story_deinit(&s);
        }
        assert_true(hidden > 5000);
}

/* --- the same, disturbed --- */

static void wild(struct story *s, uint32_t seed) {
        static const char *const verbs[] = { "raise", "clear", "again", "removed" };
        int64_t now = S(10);
        char row[128];

        for (unsigned i = 0; i < 200; i++) {
                now += next_random(&seed) % 5000 * WW_MSEC;
                if (next_random(&seed) % 20 == 0)
                        (void)snprintf(row, sizeof row, "%ldms mutes %u", (long)(now / WW_MSEC),
                                       next_random(&seed) % 3);
                else
                        (void)snprintf(
                                row, sizeof row, "%ldms %s %s %s at %ldms%s%s", (long)(now / WW_MSEC),
                                verbs[next_random(&seed) % 4], names[next_random(&seed) % RULES],
                                assets[next_random(&seed) % ASSETS], (long)(now / WW_MSEC - next_random(&seed) % 9000),
                                next_random(&seed) % 8 ? "" : " +drill", next_random(&seed) % 8 ? "" : " +instant");
                story_row(s, row);
        }
}

static void test_restarts_change_nothing(void **state) {
        for (uint32_t seed = 1; seed <= 12; seed++) {
                struct story calm, shaken;

                story_init(&calm, tables, false);
                story_init(&shaken, tables, true);
                wild(&calm, seed);
                wild(&shaken, seed);
                assert_true(calm.out.n > 1000);
                assert_int_equal(calm.out.n, shaken.out.n);
                assert_memory_equal(calm.out.p, shaken.out.p, calm.out.n);
                story_deinit(&calm);
                story_deinit(&shaken);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_against_the_model),
                cmocka_unit_test(test_restarts_change_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
