/* The table of readers: slots of the dead, transactions that hang, and what they hold back. */
#include "scratch.h"

#include "base/clock.h"
#include <lmdb.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE (UINT64_C(4) * 1024 * 1024)

static char dir[PATH_MAX];
static int holder_go[2];

static int setup(void **state) {
        scratch_make(dir);
        return 0;
}

static int teardown(void **state) {
        scratch_remove(dir);
        return 0;
}

static void test_reader_beside_writer(void **state) {
        /* a reader that is not scheduled holds back the pages of all commits meanwhile: room for them */
        struct journal *j = scratch_open(dir, 16 * SIZE, true);
        pid_t pid;
        int status;

        scratch_fill(j, 1, 1, 100, 1);
        pid = fork();
        if (pid == 0) {
                struct journal *reader = scratch_open(dir, 0, false);
                struct journal_batch b = { 0 };
                uint64_t next = 1;
                int64_t until = clock_boot() + 20 * WW_SECOND;

                while (next <= 2000 && clock_boot() < until) {
                        if (journal_read(reader, next, 7, SIZE_MAX, &b))
                                _exit(1);
                        for (size_t i = 0; i < b.n; i++)
                                if (!b.items[i].output && b.items[i].seq != next++)
                                        _exit(2);
                }
                _exit(next == 2001 ? 0 : 3);
        }
        scratch_fill(j, 2, 2000, 100, 1);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        journal_close(j);
}

/* Opens the environment as no reader of ours does: a transaction that stays. */
static void hang_in_transaction(void) {
        char path[2 * PATH_MAX];
        MDB_env *env;
        MDB_txn *txn;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* or it would hold the output of a test that failed */
        (void)snprintf(path, sizeof path, "%s/journal", dir);
        if (mdb_env_create(&env) || mdb_env_open(env, path, MDB_RDONLY | MDB_NOTLS, 0) ||
            mdb_txn_begin(env, NULL, MDB_RDONLY, &txn))
                _exit(1);
        (void)!write(holder_go[1], "x", 1);
        for (;;)
                (void)pause();
}

static pid_t start_hanging(void) {
        pid_t pid;
        char c;

        assert_int_equal(pipe(holder_go), 0);
        pid = fork();
        if (pid == 0)
                hang_in_transaction();
        assert_int_equal(read(holder_go[0], &c, 1), 1);
        return pid;
}

static void test_dead_reader(void **state) {
        struct journal *j = scratch_open(dir, SIZE, true);
        struct journal_status s;
        pid_t pid;

        scratch_fill(j, 1, 1, 0, 0);
        pid = start_hanging();
        assert_int_equal(journal_status(j, &s), 0);
        assert_int_equal(s.readers, 1);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_int_equal(journal_reader_check(j), 0);
        assert_int_equal(journal_status(j, &s), 0);
        assert_int_equal(s.readers, 0);
        journal_close(j);
}

static void test_hanging_reader(void **state) {
        struct journal *j = scratch_open(dir, SIZE, true);
        int64_t start = clock_boot();
        int status = 0;
        pid_t pid;

        scratch_fill(j, 1, 1, 0, 0);
        pid = start_hanging();
        assert_int_equal(journal_reader_check(j), 0); /* holds nothing back yet */
        scratch_fill(j, 2, 2, 0, 0);
        while (waitpid(pid, &status, WNOHANG) == 0) {
                assert_true(clock_boot() - start < 15 * WW_SECOND);
                assert_int_equal(journal_reader_check(j), 0);
                (void)usleep(50000);
        }
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        assert_true(clock_boot() - start >= 5 * WW_SECOND);
        journal_close(j);
}

static int write_one(struct journal *j, uint64_t seq) {
        const struct journal_room room = { 0.03, 48 };
        size_t deleted;
        int r;

        assert_int_equal(journal_begin(j), 0);
        if (!journal_has_room(j, room, 0)) {
                journal_abort(j);
                return JOURNAL_E_FULL;
        }
        r = journal_put_input(j, seq, WW_STR("record"));
        r = r ? r : journal_put_live(j, 1, WW_STR("alarm"));
        assert_int_equal(r, 0);
        assert_int_equal(journal_commit(j), 0);
        assert_int_equal(journal_trim(j, seq - 1, 100, &deleted), 0);
        return 0;
}

/* Pages that were freed and that a reader can still see are no room: nothing may be begun that would not find any. */
static void test_what_a_reader_holds_back(void **state) {
        struct journal *j = scratch_open(dir, SIZE, true);
        struct journal_status s;
        uint64_t seq = 1;
        pid_t pid;

        journal_started(j);
        scratch_fill(j, 1, 1, 0, 0);
        pid = start_hanging();
        while (write_one(j, ++seq) == 0)
                assert_true(seq < 100000);
        assert_true(seq > 100);
        assert_true(journal_fill(j) > 0.75);
        assert_int_equal(journal_status(j, &s), 0);
        assert_true(s.used_bytes < s.map_bytes / 10 && journal_used(j) < 0.1);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_int_equal(journal_reader_check(j), 0);
        assert_true(journal_fill(j) < 0.2);
        assert_int_equal(write_one(j, seq), 0);
        journal_close(j);
}

/* Beside somebody who has it open LMDB takes the table as it is: one that is spoilt keeps each writer out. */
static void test_table_made_anew(void **state) {
        struct journal_options options = { .dir = dir, .size = SIZE, .writer = true };
        struct journal *j = scratch_open(dir, SIZE, true);
        char table[2 * PATH_MAX];
        pid_t pid;

        scratch_fill(j, 1, 3, 0, 0);
        pid = start_hanging();
        journal_close(j);
        (void)snprintf(table, sizeof table, "%s/journal/lock.mdb", dir);
        assert_int_equal(truncate(table, 0), 0);
        j = NULL;
        assert_int_not_equal(journal_open(&j, &options), 0);
        options.readers_gone = true;
        assert_int_equal(journal_open(&j, &options), 0);
        assert_int_equal(journal_head(j), 3);
        scratch_fill(j, 4, 4, 0, 0);
        journal_close(j);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(test_reader_beside_writer),     T(test_dead_reader),     T(test_hanging_reader),
                T(test_what_a_reader_holds_back), T(test_table_made_anew),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
