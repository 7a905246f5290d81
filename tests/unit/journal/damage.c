/* Bytes of data.mdb flipped at random: nothing crashes, all that is wrong is found, salvage gives a working journal. */
#include "scratch.h"

#include "journal/journal_pages.h"
#include <fcntl.h>
#include <inttypes.h>
#include <time.h>

#define SIZE   (UINT64_C(2) * 1024 * 1024)
#define INPUTS 400
#define RUNS   100

static char dir[PATH_MAX], data[2 * PATH_MAX], keep[2 * PATH_MAX];
static uint64_t seed;
static uint64_t used; /* bytes of the file up to its last page that is not empty */

static uint64_t next_random(void) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        return seed;
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
        assert_int_equal(journal_trim(j, 40, 100, &deleted), 0);
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

/* What a healthy journal says, without the page numbers: every input and output that can be read. */
static uint64_t count_right(struct journal *j, uint64_t *ret_first) {
        struct journal_batch b = { 0 };
        uint64_t n = 0, from = journal_tail(j);

        *ret_first = from;
        while (from && journal_read(j, from, 50, SIZE_MAX, &b) == 0 && b.n) {
                for (size_t i = 0; i < b.n; i++) {
                        struct ww_input input;

                        if (!b.items[i].output && ww_input_decode(b.items[i].record, b.items[i].seq, &input) == 0)
                                n++;
                }
                from = b.items[b.n - 1].seq + 1;
        }
        journal_batch_deinit(&b);
        return n;
}

static void assert_works(void) {
        struct journal *j = scratch_open(dir, SIZE, true);
        uint64_t head = journal_head(j), records;

        assert_int_equal(scratch_verify(j, &records), 0);
        scratch_fill(j, head + 1, head + 20, 500, 2);
        assert_int_equal(journal_head(j), head + 20);
        journal_close(j);
}

static void assert_salvaged(uint64_t least) {
        struct journal_salvaged s;
        struct journal *j;
        uint64_t first;

        assert_int_equal(journal_salvage(dir, SIZE, &s), 0);
        assert_true(s.inputs >= least);
        j = scratch_open(dir, SIZE, true);
        assert_int_equal(count_right(j, &first), s.inputs);
        journal_close(j);
        assert_works();
}

static void test_sound(void **state) {
        reset();
        assert_int_equal(journal_pages_check(data), 0);
        assert_works();
}

static void test_random_bytes(void **state) {
        unsigned damaged = 0, bad_records = 0;
        const char *given = getenv("SEED");

        seed = given ? strtoull(given, NULL, 10) : 88172645463325252u;
        print_message("# SEED=%" PRIu64 "\n", seed);
        for (int run = 0; run < RUNS; run++) {
                const struct journal_options options = { .dir = dir, .size = SIZE, .writer = true };
                struct journal *j = NULL;
                uint64_t records, flips = 1 + next_random() % 8;
                int r;

                reset();
                for (uint64_t i = 0; i < flips; i++)
                        flip(next_random() % used, (uint8_t)(1u << next_random() % 8));
                r = journal_open(&j, &options);
                assert_true(r == 0 || r == JOURNAL_E_DAMAGED);
                if (r == 0) {
                        unsigned bad = scratch_verify(j, &records);

                        j = journal_close(j);
                        bad_records += bad > 0;
                        if (bad == 0) {
                                assert_works();
                                continue;
                        }
                }
                damaged += r != 0;
                assert_salvaged(0);
        }
        print_message("# of %d runs %u with damaged pages, %u with bad records\n", RUNS, damaged, bad_records);
        assert_true(damaged > 0 && bad_records > 0);
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
        assert_salvaged(INPUTS - 40 - 3);
}

/* All trees lost: leaves are found without them. */
static void test_both_meta_pages_lost(void **state) {
        const struct journal_options options = { .dir = dir, .size = SIZE, .writer = true };
        struct journal *j = NULL;

        reset();
        flip(16, 0xff);
        flip(4096 + 16, 0xff);
        assert_int_equal(journal_open(&j, &options), JOURNAL_E_DAMAGED);
        assert_salvaged(INPUTS - 40);
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
                assert_salvaged(0);
        }
}

static void test_new_id(void **state) {
        struct journal_salvaged s;
        struct journal *j;
        char id[33];

        reset();
        j = scratch_open(dir, SIZE, true);
        (void)snprintf(id, sizeof id, "%s", journal_id(j));
        journal_close(j);
        assert_int_equal(journal_salvage(dir, SIZE, &s), 0);
        assert_int_equal(s.inputs, INPUTS - 40);
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
                cmocka_unit_test_setup_teardown(test_random_bytes, setup, teardown),
        };

        if (access(memory, W_OK) == 0)
                (void)setenv("TMPDIR", memory, 0);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
