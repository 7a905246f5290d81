/* Telling a redelivery from a new message: the window, the phase after a connect, and what ends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "redelivery.h"

static const struct ww_str topic = { "t", 1 };

/* Each question is asked on a connection of its own, but for those that say which. */
static uint64_t connection;

static bool is(struct redelivery *r, uint16_t mid, const char *payload) {
        return redelivery_is(r, ++connection, mid, topic, ww_str(payload));
}

static bool is_by(struct redelivery *r, uint64_t by, uint16_t mid) {
        return redelivery_is(r, by, mid, topic, WW_STR("x"));
}

static void note(struct redelivery *r, uint16_t mid, const char *payload) {
        redelivery_note(r, connection, mid, topic, ww_str(payload));
}

static void what_was_never_taken_is_new(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 65535, 10), 0);
        assert_false(is(r, 1, "a"));
        assert_false(is(r, 0, ""));
}

static void committed_ones_are_known(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 65535, 10), 0);
        note(r, 1, "a");
        note(r, 2, "b");
        assert_true(is(r, 1, "a"));
        assert_false(is(r, 3, "c")); /* lost in the socket: has DUP, and is new */
        assert_true(is(r, 2, "b"));
        assert_true(is(r, 1, "a")); /* and at the next reconnect again */
}

static void same_identifier_with_other_bytes_is_new(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 65535, 10), 0);
        note(r, 1, "a");
        assert_false(is(r, 1, "b"));
}

static void same_bytes_under_another_identifier_are_new(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 65535, 10), 0);
        note(r, 1, "emergency");
        assert_false(is(r, 2, "emergency"));
}

static void same_bytes_on_another_topic_are_new(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 65535, 10), 0);
        note(r, 1, "a");
        assert_false(redelivery_is(r, 1, 1, WW_STR("u"), WW_STR("a")));
}

static void a_new_session_forgets(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 65535, 10), 0);
        note(r, 1, "a");
        redelivery_forget(r);
        assert_false(is(r, 1, "a"));
}

static void the_window_is_half_open(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 65535, 3), 0);
        for (uint16_t mid = 1; mid <= 4; mid++)
                note(r, mid, "x");
        assert_true(is(r, 2, "x"));  /* third newest */
        assert_false(is(r, 1, "x")); /* fourth newest: outside */
}

static void an_identifier_that_came_round_is_the_newest_message(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, 65535, 100), 0);
        note(r, 7, "old");
        note(r, 7, "new");
        assert_true(is(r, 7, "new"));
        assert_false(is(r, 7, "old"));
}

/* Identifiers 65,535 before belong to what was acknowledged long ago, though fewer messages than that came between: the
 * others were of our own topics, or dropped. */
static void who_comes_after_others_bytes_is_new(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, REDELIVERY_IDENTIFIERS, REDELIVERY_WINDOW), 0);
        for (uint32_t n = 0; n < 100000; n++)
                if (n % 3)
                        note(r, (uint16_t)(n % REDELIVERY_IDENTIFIERS + 1), "x");
        /* lost in the socket, with the bytes and the identifier of one of a round ago */
        assert_false(is_by(r, ++connection, 34466));
        note(r, 34466, "x");
        /* and so behind one that came again */
        assert_true(is_by(r, ++connection, 34464));
        assert_true(is_by(r, connection, 34466));
        assert_false(is_by(r, connection, 34467));
        note(r, 34467, "x");
        assert_false(is_by(r, connection, 34469));
}

/* --- a broker that reads acks when it likes, and connections and processes that end at any time --- */

enum {
        MODEL_MESSAGES = 30000,
        MODEL_MIDS = 1000,                           /* identifiers, so that they come round */
        MODEL_TURN = 10,                             /* messages */
        MODEL_HOLES = 4,                             /* most identifiers in a row that others have */
        MODEL_WINDOW = MODEL_MIDS - 2 * MODEL_HOLES, /* as REDELIVERY_WINDOW is to 65,535 */
        MODEL_UNREAD = MODEL_WINDOW - 3 * MODEL_TURN * (1 + MODEL_HOLES), /* and REDELIVERY_UNREAD */
};

struct model {
        struct redelivery *r;
        uint64_t random, connection;
        int given;                 /* identifiers, from the first */
        int holes[MODEL_MESSAGES]; /* identifiers before its own that others have */
        bool out[MODEL_MESSAGES];  /* has an identifier: it was sent, or put where it will be */
        uint16_t mid[MODEL_MESSAGES];
        unsigned taken[MODEL_MESSAGES]; /* times */
        int journal[2 * MODEL_MESSAGES], journaled;
        int unacked; /* all before it: the broker has read their acks */
        int sent;    /* all before it came on this connection */
        int unread;  /* messages of this connection */
        int out_to;  /* all before it are out */
};

static uint32_t model_random(struct model *m, uint32_t below) {
        m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)(m->random >> 33) % below;
}

/* Two kinds: only the identifier tells most of them apart. */
static struct ww_str model_payload(int message) {
        return (unsigned)message * 2654435761U >> 31 ? WW_STR("on") : WW_STR("off");
}

/* Far more than was sent may be out: of it, too, a broker says DUP at the next connection. */
static void model_put_out(struct model *m, int n) {
        for (; n > 0 && m->out_to < MODEL_MESSAGES; n--, m->out_to++) {
                m->holes[m->out_to] = (int)model_random(m, 2 * MODEL_HOLES) - MODEL_HOLES;
                if (m->holes[m->out_to] < 0)
                        m->holes[m->out_to] = 0;
                m->given += m->holes[m->out_to];
                m->mid[m->out_to] = (uint16_t)(m->given++ % MODEL_MIDS + 1);
        }
}

static void model_connect(struct model *m) {
        for (int i = m->unacked; i < m->out_to; i++)
                m->out[i] = true; /* comes with DUP from now on */
        m->sent = m->unacked;
        m->unread = 0;
        m->connection++;
}

static void model_take(struct model *m) {
        int message = m->sent++;
        struct ww_str payload = model_payload(message);

        if (message == m->out_to)
                model_put_out(m, 1);
        if (!m->out[message] || !redelivery_is(m->r, m->connection, m->mid[message], topic, payload)) {
                m->taken[message]++;
                m->journal[m->journaled++] = message;
                redelivery_note(m->r, m->connection, m->mid[message], topic, payload);
        }
        m->unread += 1 + m->holes[message];
}

/* One turn, and what ingress does behind it. */
static void model_turn(struct model *m) {
        for (uint32_t n = model_random(m, MODEL_TURN) + 1; n && m->sent < MODEL_MESSAGES; n--)
                model_take(m);
        if (m->unread < MODEL_UNREAD)
                return;
        m->unacked = m->sent;
        model_connect(m);
}

static void model_restart(struct model *m) {
        int from = m->journaled > MODEL_WINDOW ? m->journaled - MODEL_WINDOW : 0;

        redelivery_free(m->r);
        assert_int_equal(redelivery_new(&m->r, MODEL_MIDS, MODEL_WINDOW), 0);
        for (int i = from; i < m->journaled; i++)
                redelivery_note(m->r, 0, m->mid[m->journal[i]], topic, model_payload(m->journal[i]));
        model_connect(m);
}

static void model_step(struct model *m) {
        uint32_t what = model_random(m, 2000);

        if (what < 2)
                model_restart(m);
        else if (what < 8)
                model_connect(m); /* a cut */
        else if (what < 20)
                model_put_out(m, (int)model_random(m, 4 * MODEL_MIDS));
        else if (what < 21) { /* an answer: it has read all */
                m->unacked = m->sent;
                m->unread = 0;
        } else if (what < 60) /* it reads some, and nobody knows */
                m->unacked += (int)model_random(m, (uint32_t)(m->sent - m->unacked) / 8 + 1);
        else
                model_turn(m);
}

static void nothing_is_lost_or_taken_twice(void **state) {
        for (uint64_t seed = 1; seed <= 40; seed++) {
                struct model *m = calloc(1, sizeof *m);

                assert_non_null(m);
                m->random = seed;
                assert_int_equal(redelivery_new(&m->r, MODEL_MIDS, MODEL_WINDOW), 0);
                while (m->sent < MODEL_MESSAGES)
                        model_step(m);
                for (int i = 0; i < MODEL_MESSAGES; i++)
                        if (m->taken[i] != 1)
                                fail_msg("seed %llu: message %d was taken %u times", (unsigned long long)seed, i,
                                         m->taken[i]);
                redelivery_free(m->r);
                free(m);
        }
}

static void the_window_is_bounded(void **state) {
        struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, REDELIVERY_IDENTIFIERS, 0), -EINVAL);
        assert_int_equal(redelivery_new(&r, REDELIVERY_IDENTIFIERS, REDELIVERY_IDENTIFIERS), -EINVAL);
        assert_int_equal(redelivery_new(&r, REDELIVERY_IDENTIFIERS + 1, 10), -EINVAL);
        assert_null(r);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_never_taken_is_new),
                cmocka_unit_test(committed_ones_are_known),
                cmocka_unit_test(same_identifier_with_other_bytes_is_new),
                cmocka_unit_test(same_bytes_under_another_identifier_are_new),
                cmocka_unit_test(same_bytes_on_another_topic_are_new),
                cmocka_unit_test(a_new_session_forgets),
                cmocka_unit_test(the_window_is_half_open),
                cmocka_unit_test(an_identifier_that_came_round_is_the_newest_message),
                cmocka_unit_test(who_comes_after_others_bytes_is_new),
                cmocka_unit_test(nothing_is_lost_or_taken_twice),
                cmocka_unit_test(the_window_is_bounded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
