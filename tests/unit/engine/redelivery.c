/* Telling a redelivery from a new message: what is remembered, what a connection and a proof of reading change, and a
 * broker that reads acks when it likes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "redelivery.h"

static const struct ww_str topic = { "t", 1 };

static const struct redelivery_limits usual = { .ids = 65535, .near = 10, .max = 100 };
static uint64_t seq;

static struct redelivery *make(const struct redelivery_limits *limits) {
        struct redelivery *r = NULL;

        assert_int_equal(redelivery_new(&r, limits), 0);
        seq = 0;
        return r;
}

static bool is(struct redelivery *r, uint16_t mid, const char *payload) {
        return redelivery_is(r, mid, topic, ww_str(payload));
}

static void note(struct redelivery *r, uint16_t mid, const char *payload) {
        redelivery_note(r, ++seq, mid, false, topic, ww_str(payload));
}

/* Two of three identifiers are of our own topics: what comes a round later has the identifier of one that few came
 * behind, but not of one that was given a short while ago. */
static void identifiers_of_others_are_counted(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = make(&REDELIVERY_LIMITS);

        redelivery_begin(r);
        redelivery_connected(r);
        for (uint32_t n = 0; n < 100000; n++)
                if (n % 3 == 1)
                        note(r, (uint16_t)(n % 65535 + 1), "x");
        note(r, 34466, "y");
        redelivery_connected(r);
        assert_true(is(r, 34466, "x")); /* nothing says that its ack was read */
        assert_true(is(r, 34466, "y"));
}

static void what_was_never_taken_is_new(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = make(&usual);

        assert_false(is(r, 1, "a"));
        assert_false(is(r, 0, ""));
}

static void committed_ones_are_known(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = make(&usual);

        note(r, 1, "a");
        note(r, 2, "b");
        redelivery_connected(r);
        assert_true(is(r, 1, "a"));
        assert_false(is(r, 3, "c")); /* lost in the socket: has DUP, and is new */
        assert_true(is(r, 2, "b"));
        redelivery_connected(r);
        assert_true(is(r, 1, "a")); /* and at the next reconnect again */
}

static void each_comes_once_on_a_connection(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = make(&usual);

        note(r, 1, "emergency");
        assert_false(is(r, 1, "emergency")); /* on the very connection that brought it */
        redelivery_connected(r);
        assert_true(is(r, 1, "emergency"));
        assert_false(is(r, 1, "emergency")); /* a broker that has used the identifier again */
        redelivery_note(r, ++seq, 1, true, topic, WW_STR("emergency"));
        redelivery_connected(r);
        assert_true(is(r, 1, "emergency"));
        assert_true(is(r, 1, "emergency"));
        assert_false(is(r, 1, "emergency"));
}

static void other_bytes_or_another_identifier_or_topic_are_new(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = make(&usual);

        note(r, 1, "emergency");
        redelivery_connected(r);
        assert_false(is(r, 1, "b"));
        assert_false(is(r, 2, "emergency"));
        assert_false(redelivery_is(r, 1, WW_STR("u"), WW_STR("emergency")));
        assert_true(is(r, 1, "emergency"));
}

static void a_new_session_forgets(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = make(&usual);

        note(r, 1, "a");
        redelivery_connected(r);
        redelivery_forget(r);
        assert_false(is(r, 1, "a"));
        assert_int_equal(redelivery_settled(r, 7), 7);
}

/* A broker that gives out the lowest free identifier, and a button that is pressed again. */
static void what_was_read_is_forgotten(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = make(&usual);

        redelivery_begin(r);
        redelivery_connected(r);
        note(r, 1, "emergency");
        assert_int_equal(redelivery_settled(r, seq), 0);
        assert_int_equal(redelivery_in_doubt(r), 1);
        redelivery_read(r, 1);
        assert_int_equal(redelivery_settled(r, seq), 1);
        assert_int_equal(redelivery_in_doubt(r), 0);
        redelivery_connected(r);
        assert_false(is(r, 1, "emergency")); /* lost in the socket */
        redelivery_note(r, ++seq, 1, true, topic, WW_STR("emergency"));
        redelivery_connected(r);
        assert_true(is(r, 1, "emergency"));
}

static void an_identifier_that_is_given_again_was_read(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = make(&usual);

        note(r, 1, "emergency");
        note(r, 2, "x");
        note(r, 1, "door"); /* without DUP */
        assert_int_equal(redelivery_settled(r, seq), 1);
        redelivery_connected(r);
        assert_false(is(r, 1, "emergency")); /* lost in the socket, behind the door's ack */
        assert_true(is(r, 2, "x"));
        assert_true(is(r, 1, "door"));
        note(r, 1, "window"); /* the door has come again, and was read since */
        redelivery_connected(r);
        assert_false(is(r, 1, "door"));
        assert_true(is(r, 2, "x"));
        assert_true(is(r, 1, "window"));
}

static void of_what_is_in_doubt_all_is_kept(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = make(&usual);

        for (uint16_t mid = 1; mid <= 100; mid++)
                note(r, mid, "x");
        redelivery_connected(r);
        for (uint16_t mid = 1; mid <= 100; mid++)
                assert_true(is(r, mid, "x"));
        note(r, 101, "x");
        redelivery_connected(r);
        assert_false(is(r, 1, "x")); /* there is a limit */
        assert_true(is(r, 2, "x"));
}

static void far_ones_come_in_order(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = make(&usual);

        for (uint16_t mid = 1; mid <= 50; mid++)
                note(r, mid, "x");
        redelivery_connected(r);
        assert_true(is(r, 5, "x"));
        assert_false(is(r, 3, "x")); /* older than one that came before: new, under the same identifier */
        assert_true(is(r, 6, "x"));
        assert_true(is(r, 9, "x"));  /* two are missing: there is only one that it can be */
        assert_true(is(r, 45, "x")); /* of the newest there is no question */
}

static void alike_ones_are_told_by_what_came_before(void **state) {
        static const struct redelivery_limits few = { .ids = 20, .near = 5, .max = 100 };
        _cleanup_(redelivery_freep) struct redelivery *r = make(&few);

        for (uint16_t i = 0; i < 66; i++)
                note(r, (uint16_t)(i % 20 + 1), i == 12 ? "one of a kind" : "alive");
        redelivery_connected(r);
        assert_false(is(r, 12, "alive")); /* 11, 31 or 51 have it: nobody knows */
        assert_true(is(r, 13, "one of a kind"));
        for (uint16_t i = 13; i < 66; i++)
                assert_true(is(r, (uint16_t)(i % 20 + 1), "alive"));
        for (uint16_t i = 66; i < 100; i++) /* new, all of them */
                assert_false(is(r, (uint16_t)(i % 20 + 1), "alive"));
}

static void a_proof_does_not_speak_for_what_has_not_come_again(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = make(&usual);

        for (uint16_t mid = 1; mid <= 4; mid++)
                note(r, mid, "x");
        redelivery_connected(r);
        assert_true(is(r, 1, "x")); /* number 5 */
        assert_true(is(r, 2, "x"));
        redelivery_read(r, 6);
        assert_int_equal(redelivery_settled(r, 4), 0);
        redelivery_connected(r);
        assert_int_equal(redelivery_settled(r, 4), 0); /* the oldest in doubt stand behind 3 and 4 */
        assert_true(is(r, 3, "x"));
        assert_true(is(r, 4, "x"));
        redelivery_past(r);
        redelivery_read(r, 8);
        assert_int_equal(redelivery_settled(r, 4), 4);
}

static void a_proof_speaks_when_all_has_come_again(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = make(&usual);

        note(r, 1, "x");
        note(r, 2, "y");
        redelivery_connected(r);
        assert_true(is(r, 1, "x"));
        redelivery_read(r, 3);
        assert_int_equal(redelivery_settled(r, seq), 0);
        assert_true(is(r, 2, "y"));
        redelivery_read(r, 4);
        assert_int_equal(redelivery_settled(r, seq), seq);
}

static void numbers_begin_behind_what_another_process_took(void **state) {
        _cleanup_(redelivery_freep) struct redelivery *r = make(&usual);

        note(r, 1, "before");
        redelivery_begin(r);
        redelivery_read(r, 0); /* nothing is known yet */
        assert_int_equal(redelivery_settled(r, seq), 0);
        redelivery_connected(r);
        redelivery_note(r, ++seq, 0, false, topic, WW_STR("of QoS 0: counted, and never comes again"));
        note(r, 2, "first");
        note(r, 3, "second");
        redelivery_read(r, 2);
        assert_int_equal(redelivery_settled(r, seq), 3);
        redelivery_read(r, 3);
        assert_int_equal(redelivery_settled(r, seq), 4);
        redelivery_read(r, 4); /* nobody has that number */
        assert_int_equal(redelivery_settled(r, seq), 4);
}

static void the_ring_grows_and_shrinks(void **state) {
        static const struct redelivery_limits large = { .ids = 65535, .near = 16, .max = 1 << 17 };
        _cleanup_(redelivery_freep) struct redelivery *r = make(&large);

        for (int round = 0; round < 3; round++) {
                for (uint32_t i = 0; i < 60000; i++)
                        note(r, (uint16_t)(i + 1), "x");
                redelivery_connected(r);
                for (uint32_t i = 0; i < 60000; i++)
                        assert_true(is(r, (uint16_t)(i + 1), "x"));
                redelivery_past(r);
                redelivery_read(r, (uint64_t)(round + 1) * 120000);
                assert_int_equal(redelivery_in_doubt(r), 0);
                for (uint32_t i = 0; i < 20; i++, redelivery_read(r, (uint64_t)(round + 1) * 120000))
                        (void)redelivery_settled(r, seq);
        }
}

/* --- brokers that read acks when they like, and connections and processes that end at any time --- */

enum {
        MODEL_MESSAGES = 30000,
        MODEL_IDS = 997, /* so that they come round */
        MODEL_OUT = 50,  /* as many has one out that knows Receive Maximum */
        MODEL_SEEDS = 60,
};

enum model_kind {
        MODEL_COUNTS,   /* as Mosquitto: identifiers count up, whatever was read */
        MODEL_LOWEST,   /* the lowest that is free */
        MODEL_RESTORED, /* as Mosquitto: now and then it is killed, and knows what it had saved */
};

static const struct redelivery_limits model_limits = { .ids = MODEL_IDS, .near = 400, .max = 1 << 15 };

/* What the broker knows: all before `acked` it has read the acks of, all before `out_to` has an identifier. */
struct model_broker {
        int acked, out_to;
        uint32_t next_id; /* counted on, also for our own */
};

struct model {
        enum model_kind kind;
        struct redelivery *r;
        uint64_t random;
        struct model_broker broker, saved;
        bool out[MODEL_MESSAGES];  /* was sent, or was where it will be: comes with DUP from now on */
        bool gone[MODEL_MESSAGES]; /* a broker that was killed knows nothing of it */
        bool read[MODEL_MESSAGES]; /* its ack was read by one that was killed, and knows nothing of that */
        uint16_t mid[MODEL_MESSAGES];
        unsigned taken[MODEL_MESSAGES]; /* times */
        int journal[4 * MODEL_MESSAGES], journaled;
        bool dup[4 * MODEL_MESSAGES];
        int proven;       /* all before it: their acks are known to have been read */
        int again_to;     /* all before it come again on this connection */
        int sent;         /* all before it came on this connection */
        uint64_t number;  /* of the newest told to this process */
        unsigned excused; /* taken twice, far away, or taken for one that nobody can tell it from */
};

static uint32_t model_random(struct model *m, uint32_t below) {
        m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)(m->random >> 33) % below;
}

/* One in eight says what many others say, too: only the identifier tells those apart. */
static struct ww_str model_payload(const int *message) {
        uint32_t hash = (uint32_t)*message * UINT32_C(2654435761);

        return hash >> 29       ? (struct ww_str){ (const char *)message, sizeof *message }
               : hash >> 28 & 1 ? WW_STR("on")
                                : WW_STR("off");
}

static uint16_t model_lowest(const struct model *m) {
        bool used[MODEL_OUT + 2] = { true };
        uint16_t mid = 0;

        for (int i = m->broker.acked; i < m->broker.out_to; i++)
                used[m->mid[i]] = true;
        while (used[mid])
                mid++;
        return mid;
}

static uint16_t model_next(struct model *m) {
        if (m->kind == MODEL_LOWEST)
                return model_lowest(m);
        m->broker.next_id += 1 + (m->broker.out_to % 400 == 7); /* one of our own */
        return (uint16_t)(m->broker.next_id % MODEL_IDS + 1);
}

/* Far more than was sent may be out. */
static void model_put_out(struct model *m, int n) {
        struct model_broker *b = &m->broker;

        for (; n > 0 && b->out_to < MODEL_MESSAGES; n--, b->out_to++) {
                if (m->kind != MODEL_COUNTS && b->out_to - b->acked >= MODEL_OUT)
                        return;
                m->mid[b->out_to] = model_next(m);
        }
}

static void model_connect(struct model *m) {
        for (int i = m->broker.acked; i < m->broker.out_to; i++)
                m->out[i] = true;
        m->sent = m->broker.acked;
        m->again_to = m->broker.out_to;
        redelivery_connected(m->r);
}

/* It was taken for another one: is there one that it cannot be told from? */
static bool model_is_in_doubt(const struct model *m, int message) {
        struct ww_str payload = model_payload(&message);

        for (int i = m->proven; i < message; i++)
                if (m->taken[i] && m->mid[i] == m->mid[message] && ww_str_equal(model_payload(&i), payload))
                        return m->kind == MODEL_RESTORED;
        return false;
}

static void model_known(struct model *m, int message) {
        if (m->taken[message] == 0 && model_is_in_doubt(m, message)) {
                m->taken[message] = 1;
                m->excused++;
        }
}

static void model_new(struct model *m, int message, struct ww_str payload) {
        if (m->taken[message] == 1 && (m->read[message] || m->journaled - message > 400))
                m->excused += !m->read[message];
        else
                m->taken[message]++;
        m->dup[m->journaled] = m->out[message];
        m->journal[m->journaled++] = message;
        redelivery_note(m->r, (uint64_t)m->journaled, m->mid[message], m->out[message], topic, payload);
}

static void model_take(struct model *m) {
        int message = m->sent;
        struct ww_str payload = model_payload(&message);

        if (message == m->broker.out_to)
                model_put_out(m, 1);
        if (message == m->broker.out_to)
                return; /* as many are out as may be */
        m->sent++;
        if (m->gone[message])
                return;
        m->number++;
        if (m->out[message] && redelivery_is(m->r, m->mid[message], topic, payload))
                model_known(m, message);
        else
                model_new(m, message, payload);
}

/* Our question is answered. */
static void model_answer(struct model *m) {
        if (m->sent < m->again_to)
                return; /* it is asked behind what comes again */
        redelivery_past(m->r);
        m->broker.acked = m->proven = m->sent;
        redelivery_read(m->r, m->number);
}

static void model_restart(struct model *m) {
        int from = (int)redelivery_settled(m->r, (uint64_t)m->journaled);

        redelivery_free(m->r);
        m->r = make(&model_limits);
        for (int i = from; i < m->journaled; i++)
                redelivery_note(m->r, (uint64_t)i + 1, m->mid[m->journal[i]], m->dup[i], topic,
                                model_payload(&m->journal[i]));
        redelivery_begin(m->r);
        m->number = 0;
        model_connect(m);
}

/* What it has read since it saved it reads again, and what it was given since then it does not know: taken or not. */
static void model_kill(struct model *m) {
        int out_to = m->broker.out_to;

        for (int i = m->saved.acked; i < m->saved.out_to; i++)
                m->read[i] |= i < m->broker.acked;
        for (int i = m->saved.out_to; i < out_to; i++) {
                m->gone[i] = true;
                m->taken[i] += m->taken[i] == 0;
        }
        m->broker = m->saved;
        m->broker.out_to = out_to;
        model_connect(m);
}

/* What it reads, and nobody knows. */
static void model_read(struct model *m, uint32_t what) {
        int unread = m->sent - m->broker.acked;

        if (m->kind != MODEL_COUNTS || unread <= 0)
                return;
        m->broker.acked += what < 70 ? unread : (int)model_random(m, (uint32_t)unread / 8 + 1);
}

static void model_step(struct model *m) {
        uint32_t what = model_random(m, 20000);

        if (what < 3)
                model_restart(m);
        else if (what < 10)
                model_connect(m); /* a cut */
        else if (what < 60)
                model_put_out(m, (int)model_random(m, 4 * MODEL_IDS));
        else if (what < 66 || (m->kind != MODEL_COUNTS && what < 1500))
                model_answer(m);
        else if (what < 300)
                model_read(m, what);
        else if (m->kind == MODEL_RESTORED && what >= 19980)
                what == 19999 ? model_kill(m) : (void)(m->saved = m->broker);
        else
                model_take(m);
}

/* How many are excused. */
static unsigned model_run(enum model_kind kind, uint64_t seed) {
        struct model *m = calloc(1, sizeof *m);
        unsigned excused;

        assert_non_null(m);
        m->kind = kind;
        m->random = seed;
        m->r = make(&model_limits);
        while (m->sent < MODEL_MESSAGES)
                model_step(m);
        for (int i = 0; i < MODEL_MESSAGES; i++)
                if (m->taken[i] != 1)
                        fail_msg("seed %llu: message %d was taken %u times", (unsigned long long)seed, i, m->taken[i]);
        excused = m->excused;
        redelivery_free(m->r);
        free(m);
        return excused;
}

static void nothing_is_lost_or_taken_twice(void **state) {
        static const struct {
                enum model_kind kind;
                unsigned excused; /* at most, of 1,800,000 where one in eight is like many others */
        } brokers[] = { { MODEL_COUNTS, 100 }, { MODEL_LOWEST, 0 }, { MODEL_RESTORED, 100 } };

        for (size_t i = 0; i < sizeof brokers / sizeof *brokers; i++) {
                unsigned excused = 0;

                for (uint64_t seed = 1; seed <= MODEL_SEEDS; seed++)
                        excused += model_run(brokers[i].kind, seed);
                print_message("# broker %zu: %u excused\n", i, excused);
                assert_in_range(excused, 0, brokers[i].excused);
        }
}

static void it_has_limits(void **state) {
        static const struct redelivery_limits wrong[] = {
                { .ids = 65535, .near = 0, .max = 10 },
                { .ids = 65535, .near = 10, .max = 0 },
                { .ids = 65535, .near = 40000, .max = 50000 },
                { .ids = 65535, .near = 10, .max = (1 << 24) + 1 },
        };
        struct redelivery *r = NULL;

        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
                assert_int_equal(redelivery_new(&r, &wrong[i]), -EINVAL);
        assert_int_equal(redelivery_new(&r, &REDELIVERY_LIMITS), 0);
        redelivery_free(r);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_never_taken_is_new),
                cmocka_unit_test(identifiers_of_others_are_counted),
                cmocka_unit_test(committed_ones_are_known),
                cmocka_unit_test(each_comes_once_on_a_connection),
                cmocka_unit_test(other_bytes_or_another_identifier_or_topic_are_new),
                cmocka_unit_test(a_new_session_forgets),
                cmocka_unit_test(what_was_read_is_forgotten),
                cmocka_unit_test(an_identifier_that_is_given_again_was_read),
                cmocka_unit_test(of_what_is_in_doubt_all_is_kept),
                cmocka_unit_test(far_ones_come_in_order),
                cmocka_unit_test(alike_ones_are_told_by_what_came_before),
                cmocka_unit_test(a_proof_does_not_speak_for_what_has_not_come_again),
                cmocka_unit_test(a_proof_speaks_when_all_has_come_again),
                cmocka_unit_test(numbers_begin_behind_what_another_process_took),
                cmocka_unit_test(the_ring_grows_and_shrinks),
                cmocka_unit_test(nothing_is_lost_or_taken_twice),
                cmocka_unit_test(it_has_limits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
