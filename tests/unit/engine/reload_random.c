/*
 * Random stories with primed reloads: a restart anywhere changes nothing, and a replay from any place gives what was
 * written.
 */
#include "reload_run.h"

#define STEPS 250

static uint32_t next_random(uint32_t *state) {
        *state = *state * 1664525u + 1013904223u;
        return *state >> 8;
}

static struct set set_random(uint32_t *seed) {
        struct set set = { .site = next_random(seed) % 4 == 0 };

        for (size_t i = 0; i < FORMS; i++)
                set.form[i] = next_random(seed) % 5 ? next_random(seed) % 2 : 2;
        return set;
}

static void step_message(struct run *run, int64_t after, uint32_t *seed) {
        static const char *const devices[] = { "d1", "d2", "d3", "c1", "c2" };
        char payload[64];

        switch (next_random(seed) % 6) {
        case 0:
                (void)snprintf(payload, sizeof payload, "{\"badge\":\"b%u\"}", next_random(seed) % 3);
                message(run, after, devices[next_random(seed) % 3], payload);
                return;
        case 1:
                message(run, after, devices[next_random(seed) % 3], "{\"door\":\"open\"}");
                return;
        case 2:
                message(run, after, devices[next_random(seed) % 3], "{\"door\":\"shut\"}");
                return;
        case 3:
                message(run, after, devices[3 + next_random(seed) % 2], "{\"life\":1}");
                return;
        case 4:
                message(run, after, devices[next_random(seed) % 3], "{\"left\":1}");
                return;
        default:
                message(run, after, devices[next_random(seed) % 3],
                        next_random(seed) % 6 ? "{\"door\":\"open\"}" : "{\"panic\":1}");
                return;
        }
}

struct place { /* of a replay's beginning */
        unsigned step;
        struct pipeline *pipeline;
        struct set set;
        int64_t now;
        size_t at;
        struct run *into;
};

static void step_command(struct run *run, int64_t after, uint32_t *seed) {
        static const char *const more[] = { "\"add\":true", "\"add\":false", "\"add\":true,\"until\":\"5m\"",
                                            "\"add\":7" };
        char badge[8];

        if (next_random(seed) % 2) {
                night(run, after, next_random(seed) % 2);
                return;
        }
        (void)snprintf(badge, sizeof badge, "b%u", next_random(seed) % 3);
        staff(run, after, badge, more[next_random(seed) % 4]);
}

/* `restart_every`: 0 = never. `from`: where the state is copied, NULL = nowhere. */
static void story(struct run *run, uint32_t seed, unsigned restart_every, bool offered, struct place *from) {
        for (unsigned i = 0; i < STEPS; i++) {
                int64_t after = (int64_t)(next_random(&seed) % 25) * WW_SECOND + WW_MSEC;
                uint32_t what = next_random(&seed) % 60;

                if (restart_every && i % restart_every == 0)
                        run_restart(run);
                if (from && i == from->step) {
                        from->pipeline = reborn(run, run->pipeline, from->into);
                        from->set = run->set;
                        from->now = run->now;
                        from->at = run->n;
                }
                if (what < 4)
                        reload(run, after, set_random(&seed), offered);
                else if (what < 6)
                        notice(run, after, what == 4 ? "intake-blind" : "intake-sighted");
                else if (what < 11)
                        step_command(run, after, &seed);
                else
                        step_message(run, after, &seed);
        }
}

static void assert_same(const struct run *a, const struct run *b) {
        for (size_t i = 0; i < a->n && i < b->n; i++) {
                assert_true(a->items[i].seq == b->items[i].seq && a->items[i].n == b->items[i].n &&
                            a->items[i].output == b->items[i].output);
                assert_int_equal(a->items[i].record.n, b->items[i].record.n);
                assert_memory_equal(a->items[i].record.p, b->items[i].record.p, a->items[i].record.n);
        }
        assert_int_equal(a->n, b->n);
}

/* What was written from `from` on, taken again by the state as it was there. */
static void replay(const struct run *written, struct place *from) {
        struct run *run = from->into;

        run->against = written;
        run->pipeline = from->pipeline;
        for (size_t i = from->at; i < written->n; i++) {
                struct ww_input input;

                if (written->items[i].output)
                        continue;
                assert_int_equal(ww_input_decode(written->items[i].record, written->items[i].seq, &input), 0);
                run->at = i + 1;
                assert_int_equal(pipeline_input(run->pipeline, &input), 0);
                assert_true(run->at == written->n || !written->items[run->at].output);
        }
}

static void reloads_anywhere_are_replayed_alike(void **state) {
        size_t primed = 0, opened = 0;

        for (uint32_t seed = 1; seed <= 16; seed++) {
                uint32_t random = seed * 77;
                struct set set = set_random(&random);
                struct place from = { .step = next_random(&random) % STEPS, .into = calloc(1, sizeof(struct run)) };
                struct run *calm = run_new(set), *unoffered = run_new(set), *shaken = run_new(set);

                assert_non_null(from.into);
                story(calm, seed, 0, true, &from);
                story(unoffered, seed, 0, false, NULL); /* each record is compiled and primed as it comes */
                story(shaken, seed, 1 + seed % 5, seed % 2, NULL);
                assert_same(calm, unoffered);
                assert_same(calm, shaken);
                replay(calm, &from);
                primed += calm->primed;
                opened += calm->opened;
                run_free(from.into);
                run_free(calm);
                run_free(unoffered);
                run_free(shaken);
        }
        assert_true(primed > 100);
        assert_true(opened > 40);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reloads_anywhere_are_replayed_alike),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
