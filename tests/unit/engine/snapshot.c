/*
 * Snapshots: what is written is what is loaded; a file that is torn or changed anywhere is refused; the list has the
 * newest, and prune keeps two.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "snapshot.h"
#include "version.h"
#include <xxhash.h>

#define START (INT64_C(1767225600) * WW_SECOND) /* 2026-01-01T00:00:00Z */
#define ID    "0123456789abcdef0123456789abcdef"

struct scene {
        char dir[64];
        struct pipeline *pipeline;
        uint64_t seq;
};

static int on_output(void *userdata, const struct ww_output *output) {
        return 0;
}

static int on_live(void *userdata, const struct ww_alarm *alarm) {
        return 0;
}

static const struct pipeline_sink sink = { NULL, on_output, on_live };

static struct ruleset *compile(void) {
        struct bundle bundle = { 0 };
        struct diag diag = DIAG_INIT;
        struct ruleset *ruleset = NULL;
        char path[512];

        (void)snprintf(path, sizeof path, "%s/rules/sensors/zigbee2mqtt.yaml", getenv("WARDWATCH_SOURCE"));
        assert_int_equal(bundle_add_path(&bundle, BUNDLE_SENSORS, path, &diag), 0);
        assert_int_equal(bundle_seal(&bundle), 0);
        assert_int_equal(ruleset_compile(&ruleset, &bundle, false, &diag), 0);
        diag_deinit(&diag);
        bundle_deinit(&bundle);
        return ruleset;
}

static void say(struct scene *s, const char *name, const char *body) {
        struct ww_input input = { .seq = ++s->seq,
                                  .type = WW_INPUT_NOTICE,
                                  .time = START + (int64_t)s->seq * WW_SECOND,
                                  .topic = ww_str(name),
                                  .payload = ww_str(body) };

        assert_int_equal(pipeline_input(s->pipeline, &input), 0);
}

static int setup(void **state) {
        struct scene *s = calloc(1, sizeof *s);

        assert_non_null(s);
        (void)snprintf(s->dir, sizeof s->dir, "/tmp/wardwatch-snapshot-XXXXXX");
        assert_non_null(mkdtemp(s->dir));
        assert_int_equal(pipeline_new(&s->pipeline, compile(), START, &sink), 0);
        say(s, "intake-lost", "{\"subject\":\"bulk\",\"text\":\"refused\"}");
        say(s, "intake-blind", "{}");
        *state = s;
        return 0;
}

static int teardown(void **state) {
        struct scene *s = *state;
        char command[128];

        (void)snprintf(command, sizeof command, "rm -rf %s", s->dir);
        assert_int_equal(system(command), 0);
        pipeline_free(s->pipeline);
        free(s);
        return 0;
}

static void write_at(struct scene *s, uint64_t seq) {
        struct snapshot_head head = { ID, "1.2.3", seq, START + 7 };

        assert_int_equal(snapshot_write(s->dir, &head, s->pipeline), 0);
}

static void path_of(const struct scene *s, uint64_t seq, char out[static 160]) {
        (void)snprintf(out, 160, "%s/%020" PRIu64 ".snapshot", s->dir, seq);
}

static size_t slurp(const char *path, uint8_t **ret) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat st;

        assert_true(fd >= 0);
        assert_int_equal(fstat(fd, &st), 0);
        *ret = malloc((size_t)st.st_size);
        assert_non_null(*ret);
        assert_int_equal(read(fd, *ret, (size_t)st.st_size), st.st_size);
        (void)close(fd);
        return (size_t)st.st_size;
}

static void spill(const char *path, const uint8_t *bytes, size_t n) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, bytes, n), n);
        (void)close(fd);
}

static void refused(struct scene *s, uint64_t seq) {
        struct snapshot_head head;
        struct pipeline *p = NULL;

        assert_int_equal(snapshot_load(s->dir, seq, ID, &sink, &head, &p), -EBADMSG);
        assert_null(p);
}

static void what_is_written_is_loaded(void **state) {
        _cleanup_buf_ struct buf before = BUF_INIT, after = BUF_INIT;
        struct scene *s = *state;
        struct snapshot_head head;
        struct pipeline *p = NULL;

        write_at(s, 2);
        assert_int_equal(snapshot_load(s->dir, 2, ID, &sink, &head, &p), 0);
        assert_string_equal(head.journal_id, ID);
        assert_string_equal(head.version, "1.2.3");
        assert_int_equal(head.seq, 2);
        assert_true(head.time == START + 7);
        assert_string_equal(pipeline_ruleset(p)->bundle.hash, pipeline_ruleset(s->pipeline)->bundle.hash);
        assert_true(pipeline_blind(p));
        assert_int_equal(alarms_find(pipeline_alarms(p), 1)->regions.active, true);
        assert_int_equal(pipeline_save(s->pipeline, &before), 0);
        assert_int_equal(pipeline_save(p, &after), 0);
        assert_int_equal(before.n, after.n);
        assert_memory_equal(before.p, after.p, before.n);
        pipeline_free(p);
}

static void another_journals_is_refused_unless_any_will_do(void **state) {
        struct scene *s = *state;
        struct snapshot_head head;
        struct pipeline *p = NULL;

        write_at(s, 2);
        assert_int_equal(snapshot_load(s->dir, 2, "ffffffffffffffffffffffffffffffff", &sink, &head, &p), -EBADMSG);
        assert_null(p);
        assert_int_equal(snapshot_load(s->dir, 2, NULL, &sink, &head, &p), 0);
        pipeline_free(p);
        assert_int_equal(snapshot_load(s->dir, 3, NULL, &sink, &head, &p), -ENOENT);
}

static void torn_anywhere_is_refused(void **state) {
        struct scene *s = *state;
        char path[160];
        uint8_t *bytes;
        size_t n;

        write_at(s, 2);
        path_of(s, 2, path);
        n = slurp(path, &bytes);
        for (size_t cut = 0; cut < n; cut += cut < 256 || cut + 256 > n ? 1 : 97) {
                spill(path, bytes, cut);
                refused(s, 2);
        }
        spill(path, bytes, n);
        free(bytes);
}

static void a_flipped_bit_anywhere_is_refused(void **state) {
        struct scene *s = *state;
        char path[160];
        uint8_t *bytes;
        size_t n;

        write_at(s, 2);
        path_of(s, 2, path);
        n = slurp(path, &bytes);
        for (size_t at = 0; at < n; at += at < 256 || at + 256 > n ? 1 : 89) {
                bytes[at] ^= (uint8_t)(1U << (at % 8));
                spill(path, bytes, n);
                refused(s, 2);
                bytes[at] ^= (uint8_t)(1U << (at % 8));
        }
        free(bytes);
}

static void write_as(struct scene *s, uint64_t seq, const char *version, uint8_t format) {
        struct snapshot_head head = { ID, "", seq, START };
        char path[160];
        uint8_t *bytes;
        uint64_t sum;
        size_t n;

        (void)snprintf(head.version, sizeof head.version, "%s", version);
        assert_int_equal(snapshot_write(s->dir, &head, s->pipeline), 0);
        path_of(s, seq, path);
        n = slurp(path, &bytes);
        bytes[8] = format; /* behind the magic */
        sum = XXH3_64bits(bytes, n - 8);
        for (int i = 0; i < 8; i++)
                bytes[n - 8 + (size_t)i] = (uint8_t)(sum >> 8 * i);
        spill(path, bytes, n);
        free(bytes);
}

/* What another version wrote, and this one cannot read, is whole all the same: it must not be taken for torn. */
static void another_versions_form_is_told_from_damage(void **state) {
        struct scene *s = *state;
        struct snapshot_head head;
        struct pipeline *p = NULL;

        write_as(s, 3, "9.9", SNAPSHOT_FORMAT + 1);
        assert_int_equal(snapshot_load(s->dir, 3, ID, &sink, &head, &p), SNAPSHOT_E_OTHER);
        assert_string_equal(head.version, "9.9");
        assert_int_equal(head.seq, 3);
        assert_null(p);
        write_as(s, 3, version_running(), SNAPSHOT_FORMAT + 1);
        refused(s, 3);
        write_as(s, 3, "9.9", SNAPSHOT_FORMAT);
        assert_int_equal(snapshot_load(s->dir, 3, ID, &sink, &head, &p), 0);
        pipeline_free(p);
}

static void the_list_has_the_newest_first_and_nothing_else(void **state) {
        struct scene *s = *state;
        uint64_t seqs[3];
        char path[160];

        assert_int_equal(snapshot_list("/nonexistent", UINT64_MAX, seqs, 3), 0);
        for (uint64_t seq = 1; seq <= 9; seq++)
                write_at(s, seq * 7 % 10); /* not in the order of their numbers */
        (void)snprintf(path, sizeof path, "%s/00000000000000000099.new", s->dir);
        spill(path, (const uint8_t *)"x", 1);
        (void)snprintf(path, sizeof path, "%s/100.snapshot", s->dir);
        spill(path, (const uint8_t *)"x", 1);
        (void)snprintf(path, sizeof path, "%s/99999999999999999999.snapshot", s->dir); /* is no number of 64 bits */
        spill(path, (const uint8_t *)"x", 1);
        assert_int_equal(snapshot_list(s->dir, UINT64_MAX, seqs, 3), 3);
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(seqs[i], 9 - i);
        assert_int_equal(snapshot_list(s->dir, 7, seqs, 3), 3);
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(seqs[i], 6 - i);
        assert_int_equal(snapshot_list(s->dir, 2, seqs, 3), 1);
        assert_int_equal(seqs[0], 1);
        assert_int_equal(snapshot_list(s->dir, 1, seqs, 3), 0);
}

static void what_is_no_file_or_has_anothers_number_is_refused(void **state) {
        struct scene *s = *state;
        char path[160], to[160];

        write_at(s, 2);
        path_of(s, 2, path);
        path_of(s, 3, to);
        assert_int_equal(link(path, to), 0);
        refused(s, 3);
        path_of(s, 4, to);
        assert_int_equal(symlink(path, to), 0);
        refused(s, 4);
        path_of(s, 5, to);
        assert_int_equal(mkfifo(to, 0600), 0);
        refused(s, 5);
        path_of(s, 6, to);
        assert_int_equal(mkdir(to, 0700), 0);
        refused(s, 6);
        path_of(s, 7, to);
        spill(to, (const uint8_t *)"WWSNAP01", 8);
        assert_int_equal(truncate(to, INT64_C(1) << 40), 0); /* a hole that nobody may be made to read */
        refused(s, 7);
}

static void prune_keeps_the_two_that_are_known_and_no_strays(void **state) {
        struct scene *s = *state;
        uint64_t seqs[8];
        char path[160];

        for (uint64_t seq = 1; seq <= 5; seq++)
                write_at(s, seq);
        (void)snprintf(path, sizeof path, "%s/%020d.new", s->dir, 6);
        spill(path, (const uint8_t *)"half", 4);
        snapshot_prune(s->dir, 4, 2);
        assert_int_equal(snapshot_list(s->dir, UINT64_MAX, seqs, 8), 2);
        assert_int_equal(seqs[0], 4);
        assert_int_equal(seqs[1], 2);
        assert_int_equal(access(path, F_OK), -1);
}

static void set_aside_is_out_of_the_list_and_one_at_most(void **state) {
        struct scene *s = *state;
        uint64_t seqs[8];
        char path[160];

        write_at(s, 4);
        write_at(s, 5);
        write_at(s, 6);
        snapshot_set_aside(s->dir, 6);
        snapshot_set_aside(s->dir, 5);
        assert_int_equal(snapshot_list(s->dir, UINT64_MAX, seqs, 8), 1);
        assert_int_equal(seqs[0], 4);
        (void)snprintf(path, sizeof path, "%s/refused", s->dir);
        assert_int_equal(access(path, F_OK), 0);
}

static void a_forked_child_writes_the_same_file(void **state) {
        struct scene *s = *state;
        struct snapshot_head head = { ID, "1.2.3", 2, START + 7 };
        uint8_t *own, *childs;
        size_t n_own, n_childs;
        char path[160];
        pid_t pid;
        int status;

        write_at(s, 2);
        path_of(s, 2, path);
        n_own = slurp(path, &own);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(snapshot_fork(&(struct snapshot_ground){ .dir = s->dir }, &head, s->pipeline, &pid), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        n_childs = slurp(path, &childs);
        assert_int_equal(n_own, n_childs);
        assert_memory_equal(own, childs, n_own);
        free(own);
        free(childs);
}

static int is_there(const void *path) {
        if (access(path, W_OK) < 0)
                _exit(2);
        return 0;
}

/* The first one of all: the child is held to that folder, and what it is held to has to be there. */
static void the_folder_is_made_before_the_child_is_held_to_it(void **state) {
        struct scene *s = *state;
        struct snapshot_head head = { ID, "1.2.3", 2, START + 7 };
        char dir[160];
        const struct snapshot_ground ground = { dir, is_there, dir };
        uint64_t seq;
        pid_t pid;
        int status;

        (void)snprintf(dir, sizeof dir, "%s/new", s->dir);
        assert_int_equal(snapshot_fork(&ground, &head, s->pipeline, &pid), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        assert_int_equal(snapshot_list(dir, UINT64_MAX, &seq, 1), 1);
        assert_int_equal(seq, 2);
}

static void a_folder_that_cannot_be_written_is_told(void **state) {
        struct scene *s = *state;
        struct snapshot_head head = { ID, "1.2.3", 2, START };
        const struct snapshot_ground ground = { .dir = "/proc/nowhere/snapshots" };
        pid_t pid;

        assert_int_equal(snapshot_write(ground.dir, &head, s->pipeline), -ENOENT);
        assert_int_equal(snapshot_fork(&ground, &head, s->pipeline, &pid), -ENOENT);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        const struct CMUnitTest tests[] = {
                TEST(what_is_written_is_loaded),
                TEST(another_journals_is_refused_unless_any_will_do),
                TEST(torn_anywhere_is_refused),
                TEST(a_flipped_bit_anywhere_is_refused),
                TEST(another_versions_form_is_told_from_damage),
                TEST(the_list_has_the_newest_first_and_nothing_else),
                TEST(what_is_no_file_or_has_anothers_number_is_refused),
                TEST(prune_keeps_the_two_that_are_known_and_no_strays),
                TEST(set_aside_is_out_of_the_list_and_one_at_most),
                TEST(a_forked_child_writes_the_same_file),
                TEST(the_folder_is_made_before_the_child_is_held_to_it),
                TEST(a_folder_that_cannot_be_written_is_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
