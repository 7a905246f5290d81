/* Which open looks through all pages, and what a reader may believe that does not. */
#include "scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

#define SIZE  (UINT64_C(4) * 1024 * 1024)
#define FLAGS 10 /* of the first meta page */

static char dir[PATH_MAX], data[PATH_MAX + 32], mark[PATH_MAX + 32], lock[PATH_MAX + 32], word[PATH_MAX + 32];

static int setup(void **state) {
        scratch_make(dir);
        (void)snprintf(data, sizeof data, "%s/journal/data.mdb", dir);
        (void)snprintf(mark, sizeof mark, "%s/journal/clean", dir);
        (void)snprintf(lock, sizeof lock, "%s/journal/writer.lock", dir);
        (void)snprintf(word, sizeof word, "%s/journal/writer", dir);
        return 0;
}

static int teardown(void **state) {
        scratch_remove(dir);
        return 0;
}

/* In a process of its own, which opens a journal once: what `f` returns, or 256 + the signal that ended it. */
static int in_child(int (*f)(void)) {
        pid_t pid = fork();
        int status = 0;

        assert_true(pid >= 0);
        if (pid == 0)
                _exit(f());
        assert_int_equal(waitpid(pid, &status, 0), pid);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static int open_as(bool writer, bool trusting) {
        const struct journal_options options = { .dir = dir, .size = SIZE, .writer = writer, .trusting = trusting };
        struct journal *j = NULL;
        int r = journal_open(&j, &options);

        if (r)
                return r < 0 ? 100 - r : 200 + r;
        r = journal_was_searched(j);
        journal_close(j);
        return r;
}

static int write_in_order(void) {
        return open_as(true, false);
}

static int read_alone(void) {
        return open_as(false, false);
}

static int read_trusting(void) {
        return open_as(false, true);
}

enum {
        SEARCHED = 1,
        NOT_SEARCHED = 0,
        ABSENT = 100 + ENOENT,
        UNCHECKED = 200 + JOURNAL_E_UNCHECKED,
        DAMAGED = 200 + JOURNAL_E_DAMAGED
};

static int crash(void) {
        struct journal *j = scratch_open(dir, SIZE, true);
        uint64_t head = journal_head(j);

        scratch_fill(j, head + 1, head + 20, 500, 1);
        (void)kill(getpid(), SIGKILL);
        return 0;
}

/* Writes one byte of the file, with these bits flipped. */
static void touch_byte(uint8_t mask) {
        int fd = open(data, O_RDWR);
        struct stat before, now;
        uint8_t byte;

        assert_true(fd >= 0 && fstat(fd, &before) == 0 && pread(fd, &byte, 1, FLAGS) == 1);
        byte ^= mask;
        do { /* the clock of a file's times goes by steps */
                assert_int_equal(pwrite(fd, &byte, 1, FLAGS), 1);
                assert_int_equal(fstat(fd, &now), 0);
        } while (now.st_mtim.tv_sec == before.st_mtim.tv_sec && now.st_mtim.tv_nsec == before.st_mtim.tv_nsec);
        close(fd);
}

static size_t read_mark(char text[static 256]) {
        int fd = open(mark, O_RDONLY);
        ssize_t n = read(fd, text, 256);

        close(fd);
        assert_true(n > 0);
        return (size_t)n;
}

static void write_mark(const char *text, size_t n) {
        int fd = open(mark, O_WRONLY | O_CREAT | O_TRUNC, 0640);

        assert_int_equal(write(fd, text, n), n);
        close(fd);
}

static void test_closed_in_order(void **state) {
        assert_int_equal(in_child(write_in_order), NOT_SEARCHED); /* a new one */
        assert_int_equal(in_child(write_in_order), NOT_SEARCHED);
        assert_int_equal(in_child(read_alone), NOT_SEARCHED); /* and leaves the mark */
        assert_int_equal(in_child(read_trusting), NOT_SEARCHED);
        assert_int_equal(in_child(write_in_order), NOT_SEARCHED);
}

static void test_crashed(void **state) {
        char text[256];
        size_t n;

        assert_int_equal(in_child(write_in_order), NOT_SEARCHED);
        n = read_mark(text);
        assert_int_equal(in_child(crash), 256 + SIGKILL);
        assert_int_equal(access(mark, F_OK), -1);
        assert_int_equal(in_child(read_alone), SEARCHED);
        assert_int_equal(in_child(read_alone), SEARCHED); /* a reader makes no mark */
        write_mark(text, n);                              /* that a power cut has brought back */
        assert_int_equal(in_child(read_alone), SEARCHED);
        assert_int_equal(in_child(write_in_order), SEARCHED);
        assert_int_equal(in_child(write_in_order), NOT_SEARCHED);
}

static void test_written_by_others(void **state) {
        assert_int_equal(in_child(crash), 256 + SIGKILL);
        assert_int_equal(in_child(write_in_order), SEARCHED);
        touch_byte(0); /* the same bytes */
        assert_int_equal(in_child(write_in_order), SEARCHED);
        assert_int_equal(in_child(write_in_order), NOT_SEARCHED);
        touch_byte(0xff);
        assert_int_equal(in_child(read_alone), DAMAGED);
        assert_int_equal(in_child(write_in_order), DAMAGED);
}

/* It waits for a writer's word, whoever has the writer's lock. */
static void test_trusting_reader(void **state) {
        struct journal *j;
        int fd;

        assert_int_equal(in_child(read_trusting), ABSENT);
        assert_int_equal(in_child(crash), 256 + SIGKILL);
        assert_int_equal(in_child(read_trusting), UNCHECKED);
        fd = open(lock, O_RDONLY);
        assert_int_equal(flock(fd, LOCK_EX), 0); /* as a writer in the midst of its check */
        assert_int_equal(in_child(read_trusting), UNCHECKED);
        assert_int_equal(in_child(read_alone), SEARCHED);
        close(fd);
        j = scratch_open(dir, SIZE, true);
        assert_true(journal_was_searched(j));
        assert_int_equal(in_child(read_trusting), NOT_SEARCHED);
        assert_int_equal(in_child(read_alone), NOT_SEARCHED);
        journal_close(j);
        assert_int_equal(in_child(read_trusting), NOT_SEARCHED);
}

static void file_lock(int fd, short type) {
        struct flock l = { .l_type = type, .l_whence = SEEK_SET };

        assert_int_equal(fcntl(fd, F_OFD_SETLK, &l), 0);
}

/* Whoever can only read the journal's files neither gives the word nor keeps it back, nor keeps a writer out. */
static void test_locks_of_a_reader(void **state) {
        struct stat st;
        struct journal *j;
        int fd;

        assert_int_equal(in_child(crash), 256 + SIGKILL);
        assert_int_equal(stat(lock, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_equal(stat(word, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0640);
        fd = open(word, O_RDONLY);
        assert_int_equal(flock(fd, LOCK_EX), 0);
        file_lock(fd, F_RDLCK);
        assert_int_equal(in_child(read_trusting), UNCHECKED);
        j = scratch_open(dir, SIZE, true);
        assert_int_equal(in_child(read_trusting), NOT_SEARCHED);
        close(fd);
        fd = open(word, O_RDONLY);
        assert_int_equal(flock(fd, LOCK_EX), 0);
        assert_int_equal(in_child(read_trusting), NOT_SEARCHED);
        journal_close(j);
        close(fd);
}

/* Damage that a reader sees beside a writer that says nothing may be what that one is writing. */
static void test_damage_beside_a_writer(void **state) {
        int fd;

        assert_int_equal(in_child(crash), 256 + SIGKILL);
        touch_byte(0xff);
        assert_int_equal(in_child(read_alone), DAMAGED);
        fd = open(lock, O_RDONLY);
        assert_int_equal(flock(fd, LOCK_EX), 0);
        assert_int_equal(in_child(read_alone), UNCHECKED);
        close(fd);
        assert_int_equal(in_child(read_alone), DAMAGED);
}

static int go[2], done[2];

/* A child of the writer that lives on says nothing in its name. */
static int leave_a_child(void) {
        struct journal *j = scratch_open(dir, SIZE, true);

        if (fork() == 0) {
                char c;

                (void)!write(go[1], "x", 1);
                (void)!read(done[0], &c, 1);
                _exit(0);
        }
        assert_non_null(j);
        (void)kill(getpid(), SIGKILL);
        return 0;
}

static void test_word_is_not_inherited(void **state) {
        char c;

        assert_int_equal(pipe(go) | pipe(done), 0);
        assert_int_equal(in_child(leave_a_child), 256 + SIGKILL);
        assert_int_equal(read(go[0], &c, 1), 1);
        assert_int_equal(in_child(read_trusting), UNCHECKED);
        assert_int_equal(in_child(write_in_order), SEARCHED);
        assert_int_equal(write(done[1], "x", 1), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(test_closed_in_order),       T(test_crashed),           T(test_written_by_others),
                T(test_trusting_reader),       T(test_locks_of_a_reader), T(test_damage_beside_a_writer),
                T(test_word_is_not_inherited),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
