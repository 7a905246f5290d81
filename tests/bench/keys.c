/*
 * A million live keys: what each takes, how long a snapshot of them holds the engine up, and how long a restart takes.
 *
 *     bench-keys [KEYS [DIR]]
 *
 * Memory, with correlation alone: a window by badge with one event in each key, a level by device that waits for its
 * `hold`, and a sequence by badge
 * that has taken its first event. Two figures a key: what correlation counts itself, of keys
 * and their logs alone, and by how much the process has grown.
 *
 * Snapshot and restart, with the whole pipeline and the window by badge. The pause is the call that forks; what the
 * child does meanwhile costs the parent the copying of pages that it writes to: the slowest turn of 1,000 messages is
 * told beside the slowest without a child. A restart is the load of the snapshot and the replay of REPLAY messages.
 */
#include "hospital.h"
#include "snapshot.h"

#include <malloc.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEYS      1000000
#define TURN      1000
#define SNAPSHOTS 5
#define ID        "0123456789abcdef0123456789abcdef"

#define RULE_BADGE                                                                                                     \
        "- rule: probing\n  select: {x: {kind: access.denied}}\n  by: badge\n  within: 2h\n  when: count(x) >= 1000\n" \
        "  raise: {hazard: fraud, priority: low}\n"
#define RULE_DEVICE                                                                                                    \
        "- rule: door-held\n  select: {o: {kind: door.opened}}\n  by: device\n  hold: 2h\n"                            \
        "  raise: {hazard: theft, priority: low}\n"

#define RAISE "  within: 2h\n  raise: {hazard: theft, priority: low}\n"

/* what a million keys are of; none of them comes true */
static const struct shape {
        const char *name, *rule, *kind;
} shapes[] = {
        { "window-by-badge", RULE_BADGE, "access.denied" },
        { "level-by-device", RULE_DEVICE, "door.opened" },
        { "sequence-by-badge",
          "- rule: s\n  select: {x: {kind: access.denied}, y: {kind: access.granted}}\n  by: badge\n"
          "  sequence: [x, y]\n" RAISE,
          "access.denied" },
};

static double seconds(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct ruleset *rules_make(const char *rule) {
        _cleanup_bundle_ struct bundle bundle = { 0 };

        if (bundle_add_text(&bundle, BUNDLE_RULES, "rules.yaml", ww_str(rule)))
                hospital_fail("rules", -ENOMEM);
        return hospital_ruleset(&bundle);
}

/* --- memory --- */

struct memory {
        size_t own, resident;
};

static struct memory memory_now(const struct correlate *c) {
        struct correlate_figures figures;
        struct memory m = { 0 };
        FILE *statm = fopen("/proc/self/statm", "re");
        size_t pages;

        correlate_figures(c, &figures);
        m.own = figures.key_bytes;
        if (statm && fscanf(statm, "%*u %zu", &pages) == 1)
                m.resident = pages * (size_t)sysconf(_SC_PAGESIZE);
        if (statm)
                fclose(statm);
        return m;
}

static int on_detection(void *userdata, const struct ww_detection *detection) {
        return -EINVAL; /* no rule comes true, and no limit is met */
}

static void feed_keys(struct correlate *c, struct symtab *symbols, const char *kind, size_t n) {
        struct ww_attr badge = { WW_STR("badge"), symtab_intern(symbols, WW_STR("badge")), ww_missing() };
        struct ww_event e = {
                .kind = ww_str(kind),
                .device_time = WW_TIME_NONE,
                .asset_index = SITE_NONE,
                .attrs = &badge,
                .n_attrs = 1,
        };

        ww_kind_find(ww_kinds_builtin(), e.kind, &e.family, &e.state);
        for (size_t i = 0; i < n; i++) {
                char name[32];
                int r;

                snprintf(name, sizeof name, "%012zx", i);
                badge.value = ww_string(ww_str(name));
                e.device = e.state == WW_STATE_PULSE ? WW_STR("reader-1") : ww_str(name);
                e.seq = i + 1;
                e.time = e.received = HOSPITAL_START + (int64_t)i * HOSPITAL_STEP;
                r = correlate_time(c, e.time);
                r = r ? r : correlate_event(c, &e);
                if (r)
                        hospital_fail("an event", r);
        }
}

static void measure_memory(const struct shape *shape, size_t n) {
        _cleanup_(ruleset_freep) struct ruleset *ruleset = rules_make(shape->rule);
        _cleanup_(correlate_freep) struct correlate *c = NULL;
        struct correlate_figures figures;
        struct memory before, after;

        if (correlate_new(&c, ruleset->rules, HOSPITAL_START, on_detection, NULL))
                hospital_fail("correlate", -ENOMEM);
        before = memory_now(c);
        feed_keys(c, ruleset->symbols, shape->kind, n);
        after = memory_now(c);
        correlate_figures(c, &figures);
        if (figures.keys != n)
                hospital_fail("keys", -ERANGE);
        printf("memory %s keys %zu own %.0f resident %.0f\n", shape->name, n,
               (double)(after.own - before.own) / (double)n, (double)(after.resident - before.resident) / (double)n);
}

/* In a process of its own, so that it meets no memory that another one has left. */
static void measure_apart(const struct shape *shape, size_t n) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                measure_memory(shape, n);
                fflush(stdout);
                _exit(EXIT_SUCCESS);
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
                hospital_fail("memory", -ECHILD);
}

/* --- snapshot and restart --- */

static int on_output(void *userdata, const struct ww_output *output) {
        return output->type == WW_OUTPUT_EVENT ? 0 : -EINVAL;
}

static int on_live(void *userdata, const struct ww_alarm *alarm) {
        return 0;
}

static const struct pipeline_sink sink = { NULL, on_output, on_live };

struct turn {
        char payloads[TURN][192];
        struct ww_input inputs[TURN];
};

static void turn_make(struct turn *t, size_t keys, size_t first) {
        for (size_t i = 0; i < TURN; i++) {
                size_t number = first + i;
                struct hospital_event e = { .time = HOSPITAL_START + (int64_t)number * HOSPITAL_STEP,
                                            .denied = true,
                                            .reader = (unsigned)(number % HOSPITAL_READERS),
                                            .badge = (unsigned)(number % keys) };
                int n = hospital_payload(&e, t->payloads[i], sizeof t->payloads[i]);

                t->inputs[i] = hospital_input(number + 1, e.time, WW_STR(HOSPITAL_TOPIC),
                                              (struct ww_str){ t->payloads[i], (size_t)n });
        }
}

/* `n` messages from number `first` on, from as many badges as there are keys: the seconds that the turns took, and the
 * slowest of them. */
static double feed_messages(struct pipeline *p, size_t keys, size_t first, size_t n, double *ret_slowest) {
        static struct turn turn;
        double spent = 0;

        *ret_slowest = 0;
        for (size_t done = 0; done < n; done += TURN) {
                double took;

                turn_make(&turn, keys, first + done);
                took = seconds();
                for (size_t i = 0; i < TURN; i++)
                        if (pipeline_input(p, &turn.inputs[i]))
                                hospital_fail("a message", -EINVAL);
                took = seconds() - took;
                *ret_slowest = took > *ret_slowest ? took : *ret_slowest;
                spent += took;
        }
        return spent;
}

static struct snapshot_head head_at(size_t seq) {
        struct snapshot_head head = {
                .journal_id = ID, .version = "bench", .seq = seq, .time = HOSPITAL_START + (int64_t)seq * HOSPITAL_STEP
        };

        return head;
}

static double measure_pause(struct pipeline *p, size_t next, const char *dir, pid_t *ret_pid) {
        const struct snapshot_head head = head_at(next);
        double began = seconds();
        int r = snapshot_fork(&(struct snapshot_ground){ .dir = dir }, &head, p, ret_pid);

        began = seconds() - began;
        if (r)
                hospital_fail("snapshot", r);
        return began;
}

static void measure_pauses(struct pipeline *p, size_t keys, const char *dir) {
        double pauses[SNAPSHOTS], worst = 0, began = seconds();

        for (int i = 0; i < SNAPSHOTS; i++) {
                int status;
                pid_t pid;

                pauses[i] = measure_pause(p, keys, dir, &pid);
                if (waitpid(pid, &status, 0) != pid || status)
                        hospital_fail("snapshot", -EIO);
                worst = pauses[i] > worst ? pauses[i] : worst;
        }
        printf("snapshot worst %.1f ms of %d, written in %.2f s\n", worst * 1e3, SNAPSHOTS,
               (seconds() - began) / SNAPSHOTS);
}

/* With a child at work, and without. */
static void measure_turns(struct pipeline *p, size_t keys, const char *dir) {
        size_t next = keys;
        double beside = 0, without;
        int status;
        pid_t pid;

        measure_pause(p, keys, dir, &pid);
        do {
                double slowest;

                feed_messages(p, keys, next, TURN, &slowest);
                beside = slowest > beside ? slowest : beside;
                next += TURN;
        } while (waitpid(pid, &status, WNOHANG) == 0);
        if (status)
                hospital_fail("snapshot", -EIO);
        feed_messages(p, keys, next, 100 * TURN, &without);
        printf("turn slowest %.1f ms beside a snapshot, %.1f ms without\n", beside * 1e3, without * 1e3);
}

static void measure_restart(const char *dir, size_t keys) {
        _cleanup_(pipeline_freep) struct pipeline *p = NULL;
        struct pipeline_figures figures;
        struct snapshot_head head;
        double began = seconds(), cpu = hospital_cpu(), loaded, replayed, slowest;
        int r = snapshot_load(dir, keys, ID, &sink, &head, &p);

        if (r)
                hospital_fail("load", r);
        loaded = seconds() - began;
        pipeline_figures(p, &figures);
        if (figures.correlate.keys != keys)
                hospital_fail("keys", -ERANGE);
        replayed = feed_messages(p, keys, keys, keys, &slowest);
        printf("restart %.2f s: load %.2f s, replay of %zu messages %.2f s; processor %.2f s\n", loaded + replayed,
               loaded, keys, replayed, hospital_cpu() - cpu);
}

static void measure_engine(size_t keys, const char *dir) {
        struct pipeline *p = NULL;
        double slowest;
        int r = pipeline_new(&p, rules_make(RULE_BADGE), HOSPITAL_START, &sink);

        if (r)
                hospital_fail("pipeline", r);
        feed_messages(p, keys, 0, keys, &slowest);
        measure_pauses(p, keys, dir);
        measure_turns(p, keys, dir);
        pipeline_free(p);
        malloc_trim(0);
        measure_restart(dir, keys);
}

static void remove_folder(const char *dir, size_t keys) {
        char name[320];

        snprintf(name, sizeof name, "%s/%020zu.snapshot", dir, keys);
        if (unlink(name) < 0 || rmdir(dir) < 0)
                hospital_fail(name, -errno);
}

int main(int argc, char **argv) {
        size_t keys = argc > 1 ? strtoul(argv[1], NULL, 10) / TURN * TURN : KEYS;
        char dir[256];

        snprintf(dir, sizeof dir, "%s/wardwatch-keys-XXXXXX", argc > 2 ? argv[2] : "/tmp");
        if (!mkdtemp(dir))
                hospital_fail(dir, -errno);
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
                measure_apart(&shapes[i], keys);
        measure_engine(keys, dir);
        remove_folder(dir, keys);
        return EXIT_SUCCESS;
}
