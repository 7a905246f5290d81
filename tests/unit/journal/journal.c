#include "scratch.h"

#include "base/clock.h"
#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE (UINT64_C(4) * 1024 * 1024)

static char dir[PATH_MAX];

static int setup(void **state) {
        scratch_make(dir);
        return 0;
}

static int teardown(void **state) {
        (void)umount2(dir, MNT_DETACH); /* of test_disk_full, if it failed */
        scratch_remove(dir);
        return 0;
}

/* Runs `f` in a child, which `f` leaves by itself; the child's wait status. */
static int in_child(void (*f)(void)) {
        pid_t pid = fork();
        int status = 0;

        assert_true(pid >= 0);
        if (pid == 0) {
                f();
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return status;
}

static void assert_item(const struct journal_item *item, uint64_t seq, size_t pad) {
        _cleanup_buf_ struct buf payload = BUF_INIT;
        struct ww_input input;

        scratch_payload(&payload, seq, pad);
        assert_int_equal(item->seq, seq);
        assert_false(item->output);
        assert_int_equal(ww_input_decode(item->record, seq, &input), 0);
        assert_true(ww_str_equal(input.payload, buf_str(&payload)));
}

/* --- writing and reading --- */

static void test_order(void **state) {
        _cleanup_(journal_closep) struct journal *j = scratch_open(dir, SIZE, true);
        struct journal_batch b = { 0 };

        assert_int_equal(journal_head(j), 0);
        assert_int_equal(journal_tail(j), 0);
        scratch_fill(j, 1, 300, 10, 2);
        assert_int_equal(journal_head(j), 300);
        assert_int_equal(journal_tail(j), 1);
        /* 255 → 256: the order of numbers, not of their low bytes */
        assert_int_equal(journal_read(j, 250, 10, SIZE_MAX, &b), 0);
        assert_int_equal(b.n, 30);
        for (uint64_t i = 0; i < 10; i++) {
                assert_item(&b.items[3 * i], 250 + i, 10);
                assert_true(b.items[3 * i + 1].output && b.items[3 * i + 1].n == 0);
                assert_true(b.items[3 * i + 2].output && b.items[3 * i + 2].n == 1 &&
                            b.items[3 * i + 2].seq == 250 + i);
        }
        assert_int_equal(journal_read(j, 301, 10, SIZE_MAX, &b), 0);
        assert_int_equal(b.n, 0);
        /* one input is given however small the limit, and never without its outputs */
        assert_int_equal(journal_read(j, 1, 10, 1, &b), 0);
        assert_int_equal(b.n, 3);
        journal_batch_deinit(&b);
}

static void test_append_only(void **state) {
        _cleanup_(journal_closep) struct journal *j = scratch_open(dir, SIZE, true);

        assert_int_equal(journal_put_input(j, 1, WW_STR("x")), -EINVAL); /* no turn */
        assert_int_equal(journal_begin(j), 0);
        assert_int_equal(journal_begin(j), -EINVAL);
        assert_int_equal(scratch_put(j, 5, 0, 1), 0);
        assert_int_equal(scratch_put(j, 5, 0, 0), -EINVAL);
        assert_int_equal(scratch_put(j, 4, 0, 0), -EINVAL);
        assert_int_equal(journal_put_output(j, 5, 0, WW_STR("x")), -EINVAL);
        journal_abort(j);
        assert_int_equal(journal_head(j), 0);
        scratch_fill(j, 7, 7, 0, 0);
        assert_int_equal(journal_begin(j), 0);
        assert_int_equal(scratch_put(j, 7, 0, 0), -EINVAL);
        journal_abort(j);
}

static void test_uncommitted_unseen(void **state) {
        _cleanup_(journal_closep) struct journal *j = scratch_open(dir, SIZE, true);
        struct journal_batch b = { 0 };

        scratch_fill(j, 1, 1, 0, 0);
        assert_int_equal(journal_begin(j), 0);
        assert_int_equal(scratch_put(j, 2, 0, 0), 0);
        assert_int_equal(journal_head(j), 1);
        assert_int_equal(journal_read(j, 1, 10, SIZE_MAX, &b), 0);
        assert_int_equal(b.n, 1);
        assert_int_equal(journal_commit(j), 0);
        assert_int_equal(journal_read(j, 1, 10, SIZE_MAX, &b), 0);
        assert_int_equal(b.n, 2);
        journal_batch_deinit(&b);
}

static void test_live_and_meta(void **state) {
        _cleanup_(journal_closep) struct journal *j = scratch_open(dir, SIZE, true);
        _cleanup_buf_ struct buf value = BUF_INIT;
        struct journal_batch b = { 0 };

        assert_int_equal(journal_get_meta(j, "mark", &value), -ENOENT);
        assert_int_equal(journal_begin(j), 0);
        scratch_live(j, 2, "two");
        scratch_live(j, 1, "one");
        scratch_live(j, 2, "two again");
        scratch_live(j, 3, "three");
        assert_int_equal(journal_delete_live(j, 3), 0);
        assert_int_equal(journal_delete_live(j, 99), 0);
        assert_int_equal(journal_put_meta(j, "mark", WW_STR("a\0b")), 0);
        assert_int_equal(journal_put_meta(j, "empty", WW_STR_NONE), 0);
        assert_int_equal(journal_commit(j), 0);
        assert_int_equal(journal_read_live(j, &b), 0);
        assert_int_equal(b.n, 2);
        assert_int_equal(b.items[0].seq, 1);
        assert_int_equal(b.items[1].seq, 2);
        assert_int_equal(journal_get_meta(j, "mark", &value), 0);
        assert_true(ww_str_equal(buf_str(&value), WW_STR("a\0b")));
        buf_reset(&value);
        assert_int_equal(journal_get_meta(j, "empty", &value), 0);
        assert_int_equal(value.n, 0);
        journal_batch_deinit(&b);
}

static void test_identity(void **state) {
        struct journal *j, *reader;
        char id[33], path[2 * PATH_MAX];
        struct stat st;

        assert_int_equal(chmod(dir, 02750), 0); /* as it is where readers are of a group */
        j = scratch_open(dir, SIZE, true);
        (void)snprintf(id, sizeof id, "%s", journal_id(j));
        assert_int_equal(strspn(id, "0123456789abcdef"), 32);
        scratch_fill(j, 1, 3, 0, 0);
        j = journal_close(j);
        j = scratch_open(dir, SIZE, true);
        assert_string_equal(journal_id(j), id);
        assert_int_equal(journal_head(j), 3);
        reader = NULL;
        j = journal_close(j);
        reader = scratch_open(dir, 0, false);
        assert_string_equal(journal_id(reader), id);
        reader = journal_close(reader);
        (void)snprintf(path, sizeof path, "%s/journal/data.mdb", dir);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0640);
        (void)snprintf(path, sizeof path, "%s/journal", dir);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 02750);
}

/* Somebody of the group, or who has the writer's rights for a moment, leaves a link where a file will be written. */
static void test_links_are_not_followed(void **state) {
        char path[PATH_MAX + 32], victim[PATH_MAX + 32], text[8] = "";
        struct journal *j = scratch_open(dir, SIZE, true);
        int fd;

        (void)snprintf(victim, sizeof victim, "%s/victim", dir);
        (void)snprintf(path, sizeof path, "%s/journal/clean", dir);
        fd = open(victim, O_RDWR | O_CREAT | O_EXCL, 0600);
        assert_true(fd >= 0 && write(fd, "whole", 5) == 5);
        assert_int_equal(symlink(victim, path), 0);
        j = journal_close(j);
        assert_int_equal(pread(fd, text, sizeof text, 0), 5);
        assert_string_equal(text, "whole");
        (void)close(fd);
        (void)unlink(victim);
}

static void test_no_journal(void **state) {
        const struct journal_options options = { .dir = dir };
        struct journal *j = NULL;

        assert_int_equal(journal_open(&j, &options), -ENOENT);
        assert_null(j);
}

/* --- crashes --- */

static void crash_in_turn(void) {
        struct journal *j = scratch_open(dir, SIZE, true);

        scratch_fill(j, 1, 20, 5000, 3);
        if (journal_begin(j) == 0 && scratch_put(j, 21, 100000, 3) == 0)
                (void)kill(getpid(), SIGKILL);
}

static void test_crash_in_turn(void **state) {
        int status = in_child(crash_in_turn);
        struct journal *j;
        uint64_t records;

        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        j = scratch_open(dir, SIZE, true);
        assert_int_equal(journal_head(j), 20);
        assert_int_equal(scratch_verify(j, &records), 0);
        assert_int_equal(records, 80);
        scratch_fill(j, 21, 22, 10, 1);
        assert_int_equal(journal_head(j), 22);
        journal_close(j);
}

static int holder_go[2], holder_done[2];

static void hold_lock(void) {
        struct journal *j = scratch_open(dir, SIZE, true);
        char c;

        (void)!write(holder_go[1], "x", 1);
        (void)!read(holder_done[0], &c, 1);
        journal_close(j);
}

static void test_second_writer(void **state) {
        const struct journal_options options = { .dir = dir, .size = SIZE, .writer = true };
        struct journal *j = NULL;
        char c, expected[64];
        int status;
        pid_t pid;

        assert_int_equal(pipe(holder_go) | pipe(holder_done), 0);
        pid = fork();
        if (pid == 0) {
                hold_lock();
                _exit(0);
        }
        assert_int_equal(read(holder_go[0], &c, 1), 1);
        assert_int_equal(journal_open(&j, &options), JOURNAL_E_BUSY);
        (void)snprintf(expected, sizeof expected, "wardwatch engine, pid %d", (int)pid);
        assert_string_equal(journal_holder(dir), expected);
        assert_int_equal(write(holder_done[1], "x", 1), 1);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        j = scratch_open(dir, SIZE, true);
        journal_close(j);
}

/* A forked child that lives on must not keep the lock of a writer that died. */
static void leave_child(void) {
        struct journal *j = scratch_open(dir, SIZE, true);

        if (fork() == 0) {
                char c;

                (void)!write(holder_go[1], "x", 1);
                (void)!read(holder_done[0], &c, 1);
                _exit(0);
        }
        assert_non_null(j);
        (void)kill(getpid(), SIGKILL);
}

static void test_lock_not_inherited(void **state) {
        struct journal *j;
        char c;

        assert_int_equal(pipe(holder_go) | pipe(holder_done), 0);
        (void)in_child(leave_child);
        assert_int_equal(read(holder_go[0], &c, 1), 1);
        j = scratch_open(dir, SIZE, true);
        assert_int_equal(write(holder_done[1], "x", 1), 1);
        journal_close(j);
}

/* --- full --- */

static uint64_t fill_up(struct journal *j, uint64_t seq, size_t pad) {
        for (;; seq++) {
                int r = journal_begin(j);

                assert_int_equal(r, 0);
                r = scratch_put(j, seq, pad, 1);
                if (r == 0)
                        r = journal_commit(j);
                if (r) {
                        assert_int_equal(r, JOURNAL_E_FULL);
                        journal_abort(j);
                        return seq;
                }
        }
}

static void test_full(void **state) {
        struct journal *j = scratch_open(dir, UINT64_C(1024) * 1024, true);
        uint64_t seq = 1, tail = 1, records;
        size_t deleted;

        /* several times round: pages must come back, however the list of them is scattered */
        for (int round = 0; round < 20; round++) {
                size_t pad = (size_t)(round * 1237 % 9000);

                seq = fill_up(j, seq, pad);
                assert_true(journal_fill(j) > 0.7);
                for (int i = 0; i < 4 && tail < seq; i++) {
                        assert_int_equal(journal_trim(j, seq, 1, &deleted), 0); /* one always works */
                        assert_int_equal(deleted, 1);
                        tail++;
                        assert_true(journal_tail(j) == tail || (tail == seq && journal_tail(j) == 0));
                }
                while (journal_fill(j) > 0.5) {
                        assert_int_equal(journal_trim(j, seq - 1, 3, &deleted), 0);
                        assert_true(deleted > 0);
                        tail += deleted;
                }
                assert_int_equal(journal_begin(j), 0);
                assert_int_equal(scratch_put(j, seq, 100, 1), 0);
                assert_int_equal(journal_commit(j), 0);
                seq++;
        }
        assert_int_equal(scratch_verify(j, &records), 0);
        assert_int_equal(records, 2 * (seq - tail));
        journal_close(j);
}

static void test_trimmed(void **state) {
        struct journal *j = scratch_open(dir, SIZE, true);
        struct journal_batch b = { 0 };
        size_t deleted;

        scratch_fill(j, 1, 10, 10, 2);
        assert_int_equal(journal_trim(j, 0, 10, &deleted), 0);
        assert_int_equal(deleted, 0);
        assert_int_equal(journal_trim(j, 4, 100, &deleted), 0);
        assert_int_equal(deleted, 4);
        assert_int_equal(journal_tail(j), 5);
        assert_int_equal(journal_read(j, 4, 1, SIZE_MAX, &b), JOURNAL_E_TRIMMED);
        assert_int_equal(journal_read(j, 5, 1, SIZE_MAX, &b), 0);
        assert_item(&b.items[0], 5, 10);
        /* all gone: numbers go on where they were */
        assert_int_equal(journal_trim(j, UINT64_MAX, 100, &deleted), 0);
        assert_int_equal(deleted, 6);
        assert_int_equal(journal_tail(j), 0);
        j = journal_close(j);
        j = scratch_open(dir, SIZE, true);
        assert_int_equal(journal_head(j), 10);
        assert_int_equal(journal_read(j, 11, 1, SIZE_MAX, &b), 0);
        assert_int_equal(b.n, 0);
        assert_int_equal(journal_begin(j), 0);
        assert_int_equal(scratch_put(j, 10, 0, 0), -EINVAL);
        journal_abort(j);
        scratch_fill(j, 11, 11, 0, 0);
        assert_int_equal(journal_tail(j), 11);
        journal_batch_deinit(&b);
        journal_close(j);
}

static void put_at(struct journal *j, uint64_t seq, int64_t time) {
        _cleanup_buf_ struct buf record = BUF_INIT;
        struct ww_input input = { .seq = seq, .type = WW_INPUT_TIME, .time = time };

        assert_int_equal(journal_begin(j), 0);
        if (time == WW_TIME_NONE)
                buf_puts(&record, "no record at all");
        else
                assert_int_equal(ww_input_encode(&input, &record), 0);
        assert_int_equal(journal_put_input(j, seq, buf_str(&record)), 0);
        assert_int_equal(journal_commit(j), 0);
}

static uint64_t find_time(struct journal *j, int64_t time) {
        uint64_t seq = 0;

        assert_int_equal(journal_find_time(j, time, &seq), 0);
        return seq;
}

/* What a read from there gives first, against a walk from the tail. */
static void assert_found(struct journal *j, int64_t time) {
        struct journal_batch all = { 0 }, from = { 0 };
        struct ww_input input;
        size_t at = 0;

        assert_int_equal(journal_read(j, journal_tail(j), SIZE_MAX, SIZE_MAX, &all), 0);
        while (at < all.n && (ww_input_decode(all.items[at].record, all.items[at].seq, &input) || input.time < time))
                at++;
        assert_int_equal(journal_read(j, find_time(j, time), 2, SIZE_MAX, &from), 0);
        for (size_t i = 0; i < from.n && ww_input_decode(from.items[i].record, from.items[i].seq, &input); i++)
                from.items[0] = from.items[i + 1 < from.n ? i + 1 : i]; /* one that cannot be read stands before it */
        assert_int_equal(from.n > 0, at < all.n);
        if (at < all.n)
                assert_int_equal(from.items[0].seq, all.items[at].seq);
        journal_batch_deinit(&all);
        journal_batch_deinit(&from);
}

static void test_find_time(void **state) {
        _cleanup_(journal_closep) struct journal *j = scratch_open(dir, SIZE, true);
        size_t deleted;

        assert_int_equal(find_time(j, 5), 1); /* of an empty one */
        for (uint64_t i = 0; i < 40; i++)     /* numbers with gaps, times that stand still, some that cannot be read */
                put_at(j, 10 + 3 * i, i % 7 == 3 ? WW_TIME_NONE : (int64_t)(100 + i / 2));
        for (int64_t time = 95; time < 125; time++)
                assert_found(j, time);
        assert_int_equal(find_time(j, WW_TIME_NONE), 10);
        assert_int_equal(find_time(j, 100), 10);
        assert_int_equal(find_time(j, 1000), 128);
        assert_int_equal(find_time(j, WW_TIME_NEVER), 128);
        assert_int_equal(journal_trim(j, 50, 100, &deleted), 0);
        assert_int_equal(find_time(j, 0), journal_tail(j));
        for (int64_t time = 95; time < 125; time++)
                assert_found(j, time);
        assert_int_equal(journal_trim(j, UINT64_MAX, 100, &deleted), 0);
        assert_int_equal(find_time(j, 0), 128);
}

static void test_disk_full(void **state) {
        const struct journal_options options = { .dir = dir, .size = 4 * SIZE, .writer = true };
        char big[2 * PATH_MAX];
        struct journal *j = NULL;
        uint64_t seq;
        size_t deleted;
        int fd;

        if (geteuid() != 0 || mount("none", dir, "tmpfs", 0, "size=8m") < 0)
                skip();
        /* a new journal is refused in clear words */
        assert_int_equal(journal_open(&j, &options), -ENOSPC);
        j = scratch_open(dir, UINT64_C(4) * 1024 * 1024, true);
        scratch_fill(j, 1, 100, 1000, 1);
        j = journal_close(j);
        /* one with records in it opens smaller, and is full before the disk is */
        j = scratch_open(dir, UINT64_C(64) * 1024 * 1024, true);
        (void)snprintf(big, sizeof big, "%s/other", dir);
        fd = open(big, O_WRONLY | O_CREAT, 0600);
        assert_true(fd >= 0);
        while (write(fd, big, sizeof big) > 0)
                ;
        close(fd);
        seq = fill_up(j, 101, 1000);
        assert_true(seq > 500);
        assert_int_equal(journal_trim(j, seq, 50, &deleted), 0);
        assert_int_equal(deleted, 50);
        scratch_fill(j, seq, seq + 10, 1000, 1);
        j = journal_close(j);
        assert_int_equal(umount(dir), 0);
}

static void test_status(void **state) {
        struct journal *j = scratch_open(dir, SIZE, true);
        struct journal_status s;

        scratch_fill(j, 1, 50, 1000, 2);
        assert_int_equal(journal_status(j, &s), 0);
        assert_int_equal(s.head, 50);
        assert_int_equal(s.tail, 1);
        assert_int_equal(s.inputs, 50);
        assert_int_equal(s.outputs, 100);
        assert_int_equal(s.live, 0);
        assert_int_equal(s.map_bytes, SIZE);
        assert_true(s.used_bytes > 150 * 1000 && s.used_bytes < 400 * 1000);
        assert_int_equal(s.used_bytes + s.free_bytes, SIZE);
        assert_true(s.disk_bytes >= SIZE); /* reserved */
        journal_close(j);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
        /* thousands of commits: what a disk makes of them is the business of tests/faults */
        const char *memory = "/dev/shm";
        const struct CMUnitTest tests[] = {
                T(test_links_are_not_followed),
                T(test_order),
                T(test_append_only),
                T(test_uncommitted_unseen),
                T(test_live_and_meta),
                T(test_identity),
                T(test_no_journal),
                T(test_crash_in_turn),
                T(test_second_writer),
                T(test_full),
                T(test_trimmed),
                T(test_find_time),
                T(test_disk_full),
                T(test_lock_not_inherited),
                T(test_status),
        };

        if (access(memory, W_OK) == 0)
                (void)setenv("TMPDIR", memory, 0);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
