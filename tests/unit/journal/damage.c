/* Bytes of data.mdb flipped at random: nothing crashes, all that is wrong is found, salvage gives a working journal. */
#include "scratch.h"

#include "base/arena.h"
#include "journal/journal_pages.h"
#include <fcntl.h>
#include <inttypes.h>

#define SIZE        (UINT64_C(2) * 1024 * 1024)
#define INPUTS      400
#define TRIMMED     40
#define OUTPUTS     (UINT64_C(6) * (INPUTS - TRIMMED) / 4) /* of four inputs: 0, 1, 2 and 3 */
#define SEEDS       4  /* of a run that is not told one by SEED=n; with it only this test runs */
#define RUNS        40 /* for each of them */
#define LEAF_INPUTS 64 /* at most on one page */

static char dir[PATH_MAX], data[2 * PATH_MAX], keep[2 * PATH_MAX];
static char id[33];
static uint64_t state_of_random;
static uint64_t used; /* bytes of the file up to its last page that is not empty */

static uint64_t next_random(void) {
        uint64_t x = state_of_random;

        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        return state_of_random = x;
}

static void copy_file(const char *from, const char *to) {
        _cleanup_buf_ struct buf b = BUF_INIT;
        int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0660);
        struct stat st;

        assert_true(in >= 0 && out >= 0);
        assert_int_equal(fstat(in, &st), 0);
        assert_non_null(buf_reserve(&b, (size_t)st.st_size));
        assert_int_equal(read(in, b.p, (size_t)st.st_size), st.st_size);
        assert_int_equal(write(out, b.p, (size_t)st.st_size), st.st_size);
        close(in);
        close(out);
}

static uint64_t find_used(const char *path) {
        int fd = open(path, O_RDONLY);
        uint8_t page[4096];
        uint64_t n = 0;

        assert_true(fd >= 0);
        for (uint64_t at = 0; pread(fd, page, sizeof page, (off_t)at) == sizeof page; at += sizeof page)
                for (size_t i = 0; i < sizeof page; i++)
                        if (page[i])
                                n = at + sizeof page;
        close(fd);
        return n;
}

static void remove_in(const char *name) {
        char path[2 * PATH_MAX];

        (void)snprintf(path, sizeof path, "%s/%s", dir, name);
        scratch_remove(path);
}

/* A journal with some of everything: small and large records, live ones, free pages. */
static int setup(void **state) {
        struct journal *j;
        size_t deleted;

        scratch_make(dir);
        (void)snprintf(data, sizeof data, "%s/journal/data.mdb", dir);
        (void)snprintf(keep, sizeof keep, "%s/data.keep", dir);
        j = scratch_open(dir, SIZE, true);
        for (uint64_t seq = 1; seq <= INPUTS; seq++) {
                assert_int_equal(journal_begin(j), 0);
                assert_int_equal(scratch_put(j, seq, seq % 17 == 0 ? 9000 : seq * 3 % 700, (uint32_t)(seq % 4)), 0);
                scratch_live(j, seq % 50 + 1, "alarm");
                assert_int_equal(journal_commit(j), 0);
        }
        assert_int_equal(journal_trim(j, TRIMMED, 100, &deleted), 0);
        (void)snprintf(id, sizeof id, "%s", journal_id(j));
        journal_close(j);
        copy_file(data, keep);
        used = find_used(data);
        return 0;
}

static int teardown(void **state) {
        scratch_remove(dir);
        return 0;
}

static void reset(void) {
        remove_in("journal.damaged-1");
        remove_in("journal/clean");
        remove_in("journal/lock.mdb");
        copy_file(keep, data);
}

static void flip(uint64_t at, uint8_t mask) {
        int fd = open(data, O_RDWR);
        uint8_t byte;

        assert_true(fd >= 0);
        assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
        byte ^= mask;
        assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
        close(fd);
}

struct counts {
        uint64_t inputs, outputs, alone; /* alone: numbers of which there are only outputs */
};

/* Whatever a reader gets, in order, and all of it right. */
static struct counts read_all(struct journal *j) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        struct journal_batch b = { 0 };
        struct counts counts = { 0 };
        uint64_t from = journal_tail(j), seq = 0;

        while (from && journal_read(j, from, 50, SIZE_MAX, &b) == 0 && b.n) {
                for (size_t i = 0; i < b.n; i++) {
                        const struct journal_item *item = &b.items[i];
                        struct ww_input input;
                        struct ww_output output;

                        assert_true(item->output ? item->seq >= seq : item->seq > seq);
                        if (item->output)
                                assert_int_equal(ww_output_decode(item->record, item->seq, item->n, &arena, &output),
                                                 0);
                        else
                                assert_int_equal(ww_input_decode(item->record, item->seq, &input), 0);
                        counts.inputs += !item->output;
                        counts.outputs += item->output;
                        counts.alone += item->output && item->seq != seq;
                        seq = item->seq;
                        arena_reset(&arena);
                }
                from = seq + 1;
        }
        journal_batch_deinit(&b);
        return counts;
}

/* Takes records, gives them back down to the last one, and takes others in their pages. */
static void assert_takes(struct journal *j) {
        uint64_t head = journal_head(j);
        size_t deleted;

        scratch_fill(j, head + 1, head + 20, 500, 2);
        assert_int_equal(journal_head(j), head + 20);
        do
                assert_int_equal(journal_trim(j, head + 10, 50, &deleted), 0);
        while (deleted);
        assert_int_equal(journal_tail(j), head + 11);
        scratch_fill(j, head + 21, head + 60, 500, 2);
        scratch_fill(j, head + 61, head + 61, 9000, 1);
}

static void assert_works(void) {
        struct journal *j = scratch_open(dir, SIZE, true);
        uint64_t records;

        assert_int_equal(scratch_verify(j, &records), 0);
        assert_takes(j);
        assert_int_equal(scratch_verify(j, &records), 0);
        journal_close(j);
        assert_int_equal(journal_pages_check(data), 0);
}

/* `least` inputs; if those are all, all outputs, too. */
static void assert_salvaged(uint64_t least) {
        struct journal_salvaged s;
        struct journal *j;
        struct counts counts;

        assert_int_equal(journal_salvage(dir, SIZE, &s), 0);
        assert_true(s.inputs >= least);
        assert_true(least < INPUTS - TRIMMED || s.outputs >= OUTPUTS);
        j = scratch_open(dir, SIZE, true);
        counts = read_all(j);
        assert_int_equal(counts.inputs, s.inputs);
        assert_int_equal(counts.outputs, s.outputs);
        journal_close(j);
        assert_works();
}

static void test_sound(void **state) {
        reset();
        assert_int_equal(journal_pages_check(data), 0);
        assert_works();
}

struct found {
        unsigned pages, records; /* runs in which some were wrong */
};

/* Anywhere; every second one in the head of a page, where the places of its entries are. */
static void flip_random(void) {
        uint64_t page = next_random() % (used / 4096), at = next_random() % 4096;

        if (next_random() & 1)
                at %= 64;
        flip(page * 4096 + at, (uint8_t)(1u << next_random() % 8));
}

/* Damage that the pages do not show: the engine goes on with such a journal. */
static unsigned assert_goes_on(struct journal *j) {
        uint64_t records;
        unsigned bad = scratch_verify(j, &records);

        assert_string_equal(journal_id(j), id);
        assert_int_equal(journal_head(j), INPUTS); /* no number twice, none left out */
        if (bad == 0) {
                assert_int_equal(read_all(j).inputs, INPUTS - TRIMMED);
                assert_takes(j);
                return 0;
        }
        scratch_fill(j, INPUTS + 1, INPUTS + 20, 500, 2);
        assert_int_equal(scratch_verify(j, &records), bad);
        return bad;
}

static void run_random(struct found *found) {
        const struct journal_options options = { .dir = dir, .size = SIZE, .writer = true };
        uint64_t flips = 1 + next_random() % 8, lost = flips * LEAF_INPUTS;
        struct journal *j = NULL;
        unsigned bad = 0;
        int r;

        reset();
        for (uint64_t i = 0; i < flips; i++)
                flip_random();
        r = journal_open(&j, &options);
        assert_true(r == 0 || r == JOURNAL_E_DAMAGED);
        if (r == 0)
                bad = assert_goes_on(j);
        j = journal_close(j);
        remove_in("journal/clean");
        found->pages += r != 0;
        found->records += bad > 0;
        if (r || bad)
                assert_salvaged(lost < INPUTS - TRIMMED ? INPUTS - TRIMMED - lost : 0);
}

static void run_seed(uint64_t seed, struct found *found) {
        print_message("# SEED=%" PRIu64 "\n", seed); /* the last one said is the one that fails */
        state_of_random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
        for (int run = 0; run < RUNS; run++)
                run_random(found);
}

static void test_random_bytes(void **state) {
        const char *given = getenv("SEED");
        struct found found = { 0 };

        if (given)
                run_seed(strtoull(given, NULL, 10), &found);
        for (uint64_t seed = 1; !given && seed <= SEEDS; seed++)
                run_seed(seed, &found);
        print_message("# %u with damaged pages, %u with bad records\n", found.pages, found.records);
        assert_true(found.pages > 0 && found.records > 0);
}

/* --- damage in a chosen place --- */

struct place {
        unsigned database;
        const char *name; /* of `meta` */
        uint64_t seq;     /* of inputs and outputs; of an output the last one */
        uint64_t at, n_key;
};

static bool place_look(void *userdata, const struct pages_node *node) {
        struct place *p = userdata;
        bool named = p->name && node->n_key == strlen(p->name) && memcmp(node->key, p->name, node->n_key) == 0;

        if (node->database != p->database || !(p->name ? named : journal_key_get(node->key) == p->seq))
                return true;
        p->at = node->at;
        p->n_key = node->n_key;
        return true;
}

static bool place_bad(void *userdata, unsigned database, uint64_t page, const char *why) {
        fail_msg("page %" PRIu64 ": %s", page, why);
        return false;
}

/* Where the record's bytes lie; those of a small one right behind its key. */
static struct place find_place(unsigned database, const char *name, uint64_t seq) {
        struct place p = { .database = database, .name = name, .seq = seq };
        struct pages_visitor visitor = { &p, place_bad, place_look, false };

        assert_int_equal(journal_pages_walk(data, &visitor), 0);
        assert_true(p.at > 0);
        return p;
}

static void assert_refused(void) {
        const struct journal_options options = { .dir = dir, .size = SIZE, .writer = true };
        struct journal *j = NULL;

        assert_int_equal(journal_pages_check(data), 0);
        assert_int_equal(journal_open(&j, &options), JOURNAL_E_DAMAGED);
}

/* The last keys are in their order whatever they say, and a writer would go on from them. */
static void test_last_keys(void **state) {
        static const struct {
                unsigned database;
                uint64_t seq;
        } last[] = { { JOURNAL_INPUT, INPUTS }, { JOURNAL_OUTPUT, INPUTS - 1 } };

        for (size_t i = 0; i < sizeof last / sizeof *last; i++)
                for (uint64_t byte = 0; byte < 8; byte++) {
                        struct place p;

                        reset();
                        p = find_place(last[i].database, NULL, last[i].seq);
                        flip(p.at - p.n_key + byte, 0x40);
                        assert_refused();
                        assert_salvaged(INPUTS - TRIMMED);
                }
}

/* The page is out of order, and all of it still there. */
static void test_key_out_of_order(void **state) {
        static const unsigned databases[] = { JOURNAL_INPUT, JOURNAL_OUTPUT };

        for (size_t i = 0; i < sizeof databases / sizeof *databases; i++) {
                struct place p;

                reset();
                p = find_place(databases[i], NULL, 203);
                flip(p.at - p.n_key, 0x40);
                assert_int_equal(journal_pages_check(data), JOURNAL_E_DAMAGED);
                assert_salvaged(INPUTS - TRIMMED);
        }
}

/* Without its name the journal would be taken for a new one, and all of it be stored again. */
static void test_lost_id(void **state) {
        struct place p;

        reset();
        p = find_place(JOURNAL_META, JOURNAL_META_ID, 0);
        flip(p.at - 1, 0x01);
        assert_refused();
        assert_salvaged(INPUTS - TRIMMED);
}

static void lose_inputs(uint64_t from, uint64_t to) {
        for (uint64_t seq = from; seq <= to; seq++)
                flip(find_place(JOURNAL_INPUT, NULL, seq).at + WW_RECORD_HEAD, 0x10);
}

/* What was concluded from them is still there, and their numbers are not given out again. */
static void test_lost_inputs(void **state) {
        struct journal_salvaged s;
        struct counts counts;
        struct journal *j;

        reset();
        lose_inputs(TRIMMED + 1, TRIMMED + 3); /* with 1, 2 and 3 outputs */
        lose_inputs(201, 202);                 /* with 1 and 2 */
        lose_inputs(INPUTS - 2, INPUTS);       /* with 2, 3 and none */
        assert_refused();
        assert_int_equal(journal_salvage(dir, SIZE, &s), 0);
        assert_int_equal(s.inputs, INPUTS - TRIMMED - 8);
        assert_int_equal(s.bad_records, 8);
        j = scratch_open(dir, SIZE, true);
        assert_int_equal(journal_tail(j), TRIMMED + 1);
        assert_int_equal(journal_head(j), INPUTS - 1);
        counts = read_all(j);
        assert_int_equal(counts.inputs, s.inputs);
        assert_int_equal(counts.outputs, OUTPUTS);
        assert_int_equal(counts.alone, 7);
        journal_close(j);
        assert_works();
}

/* Every bit of both meta pages that LMDB looks at. */
static void test_meta_pages(void **state) {
        for (uint64_t page = 0; page < 2; page++)
                for (uint64_t at = 0; at < 16 + 136; at++) {
                        const struct journal_options options = { .dir = dir, .size = SIZE, .writer = true };
                        struct journal *j = NULL;
                        uint64_t records;
                        int r;

                        reset();
                        flip(page * 4096 + at, (uint8_t)(1u << at % 8));
                        r = journal_open(&j, &options);
                        assert_true(r == 0 || r == JOURNAL_E_DAMAGED);
                        if (r == 0) {
                                assert_int_equal(journal_head(j), INPUTS); /* never an older journal */
                                assert_int_equal(scratch_verify(j, &records), 0);
                        }
                        journal_close(j);
                }
}

static void test_record_damage_keeps_others(void **state) {
        struct stat st;
        uint64_t hits = 0;

        reset();
        assert_int_equal(stat(data, &st), 0);
        /* large records lie on pages of their own: the middle of such a page is a payload */
        for (uint64_t page = 2; page < (uint64_t)st.st_size / 4096 && hits < 3; page++) {
                uint8_t head[16];
                int fd = open(data, O_RDONLY);

                assert_int_equal(pread(fd, head, sizeof head, (off_t)(page * 4096)), sizeof head);
                close(fd);
                if (head[10] == 4) {
                        flip(page * 4096 + 4096 + 100, 0x10);
                        hits++;
                }
        }
        assert_int_equal(hits, 3);
        assert_int_equal(journal_pages_check(data), 0);
        assert_salvaged(INPUTS - TRIMMED - 3);
}

/* All trees lost: leaves are found without them. */
static void test_both_meta_pages_lost(void **state) {
        const struct journal_options options = { .dir = dir, .size = SIZE, .writer = true };
        struct journal *j = NULL;

        reset();
        flip(16, 0xff);
        flip(4096 + 16, 0xff);
        assert_int_equal(journal_open(&j, &options), JOURNAL_E_DAMAGED);
        assert_salvaged(INPUTS - TRIMMED);
}

static void test_cut_file(void **state) {
        const struct journal_options options = { .dir = dir, .size = SIZE, .writer = true };

        for (int i = 1; i < 16; i++) {
                struct journal *j = NULL;
                int r;

                reset();
                assert_int_equal(truncate(data, (off_t)(used * (uint64_t)i / 16)), 0);
                r = journal_open(&j, &options);
                assert_int_equal(r, JOURNAL_E_DAMAGED);
                assert_salvaged(INPUTS * (uint64_t)i / 16); /* as much as of the file */
        }
}

static void test_new_id(void **state) {
        struct journal_salvaged s;
        struct journal *j;

        reset();
        assert_int_equal(journal_salvage(dir, SIZE, &s), 0);
        assert_int_equal(s.inputs, INPUTS - TRIMMED);
        assert_int_equal(s.live, 50);
        assert_int_equal(s.bad_records + s.bad_pages, 0);
        j = scratch_open(dir, SIZE, true);
        assert_string_not_equal(journal_id(j), id);
        assert_int_equal(journal_head(j), INPUTS);
        assert_int_equal(journal_tail(j), 41);
        journal_close(j);
}

int main(void) {
        /* hundreds of journals are made and copied: memory does for a disk */
        const char *memory = "/dev/shm";
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_sound, setup, teardown),
                cmocka_unit_test_setup_teardown(test_new_id, setup, teardown),
                cmocka_unit_test_setup_teardown(test_meta_pages, setup, teardown),
                cmocka_unit_test_setup_teardown(test_record_damage_keeps_others, setup, teardown),
                cmocka_unit_test_setup_teardown(test_both_meta_pages_lost, setup, teardown),
                cmocka_unit_test_setup_teardown(test_cut_file, setup, teardown),
                cmocka_unit_test_setup_teardown(test_last_keys, setup, teardown),
                cmocka_unit_test_setup_teardown(test_key_out_of_order, setup, teardown),
                cmocka_unit_test_setup_teardown(test_lost_id, setup, teardown),
                cmocka_unit_test_setup_teardown(test_lost_inputs, setup, teardown),
                cmocka_unit_test_setup_teardown(test_random_bytes, setup, teardown),
        };

        if (getenv("SEED"))
                cmocka_set_test_filter("test_random_bytes");
        if (access(memory, W_OK) == 0)
                (void)setenv("TMPDIR", memory, 0);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
