/*
 * Reload: the configuration's reloadable keys at once, the rules beside the running engine.
 *
 *     idle ──► compiling ──► priming ──► the swap, a record ──► idle
 *              (thread)      (thread, in rounds: up to what was committed when the round began)
 *
 * The files are read and compiled, examples included, in a thread; the loop goes on meanwhile. What is new or changed
 * is primed there, too, with the journal's past (prime.h). When no more than CATCH_UP inputs came during a round, the
 * loop feeds those itself, and what compiled is offered to the pipeline and journaled as a record with its whole text
 * and with what it was primed with; the swap happens as that record is taken, between two others. What did not compile
 * changes nothing: the old set stays, and a system alarm says so. A reload that comes while one is at work is done
 * after it.
 *
 * The thread shares nothing with the loop but `done_fd`, where it writes last, and `give_up`; the loop joins it before
 * it looks at what it made. It reads the journal in transactions of its own, the rules in force, which never change,
 * and those that it made.
 */
#include "engine_prime.h"

#include "base/log.h"
#include "base/span.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>

#define CATCH_UP 2000 /* inputs that the loop itself may feed: some milliseconds */
#define GAINLESS 3    /* rounds that bring the end no nearer: the machine has no time left, the loop does the rest */

enum reload_phase {
        RELOAD_IDLE,
        RELOAD_COMPILING,
        RELOAD_PRIMING,
};

struct engine_reload {
        struct engine *engine;
        struct event *done_event;
        int done_fd; /* eventfd: the thread has ended */
        pthread_t thread;
        enum reload_phase phase;
        bool again;
        atomic_bool give_up;

        /* set by the loop before a thread begins */
        const struct ruleset *current;
        int64_t from; /* journal time that priming counts back from */
        struct engine_prime read;
        uint64_t first; /* that primes */
        struct buf stood;

        /* of the thread until done_event, of the loop after it */
        struct config config;
        struct bundle bundle;
        struct ruleset *ruleset;
        struct prime *prime;
        struct buf text, told;
        int result;

        uint64_t behind; /* after the round before */
        unsigned gainless;
        struct {                           /* of the one at work, then of the last one */
                int64_t begun, took, held; /* boot clock; µs; longest time that the loop was kept */
                uint64_t inputs, rounds;
        } figures;
};

void engine_log_lines(const char *event, struct ww_str text) {
        while (text.n) {
                const char *end = memchr(text.p, '\n', text.n);
                size_t n = end ? (size_t)(end - text.p) : text.n;

                if (n)
                        log_notice(event, NULL, "%.*s", (int)n, text.p);
                text.p += end ? n + 1 : n;
                text.n -= end ? n + 1 : n;
        }
}

/* --- the thread --- */

static int reload_compile(struct engine_reload *r, struct diag *diag) {
        int result = config_load(&r->config, r->engine->config->file, diag);

        if (!result)
                result = config_bundle(&r->config, &r->bundle, diag);
        if (!result)
                result = bundle_encode(&r->bundle, &r->text);
        if (!result)
                result = ruleset_compile(&r->ruleset, &r->bundle, true, diag);
        if (!result && strcmp(r->ruleset->bundle.hash, r->current->bundle.hash) != 0)
                result = prime_new(&r->prime, r->current, r->ruleset, r->from);
        return result;
}

static void reload_compile_and_tell(struct engine_reload *r) {
        struct diag diag = DIAG_INIT;

        diag.source = bundle_source;
        diag.userdata = &r->bundle;
        r->result = reload_compile(r, &diag);
        diag_render(&diag, &r->told);
        diag_deinit(&diag);
}

static void reload_prime(struct engine_reload *r) {
        r->result = r->figures.rounds == 1 ? prime_stand(r->prime, buf_str(&r->stood)) : 0;
        if (!r->result)
                r->result = engine_prime_feed(&r->read, r->prime);
}

static void *reload_thread(void *userdata) {
        struct engine_reload *r = userdata;
        const uint64_t one = 1;

        if (r->phase == RELOAD_COMPILING)
                reload_compile_and_tell(r);
        else
                reload_prime(r);
        (void)!write(r->done_fd, &one, sizeof one);
        return NULL;
}

static int reload_between(void *userdata) {
        struct engine_reload *r = userdata;

        return atomic_load(&r->give_up) ? -ECANCELED : 0;
}

static bool reload_begin(struct engine_reload *r, enum reload_phase phase) {
        r->phase = phase;
        if (pthread_create(&r->thread, NULL, reload_thread, r) == 0)
                return true;
        r->phase = RELOAD_IDLE;
        return false;
}

/* --- the loop --- */

static void reload_clean(struct engine_reload *r) {
        config_deinit(&r->config);
        bundle_deinit(&r->bundle);
        r->prime = prime_free(r->prime);
        r->ruleset = ruleset_free(r->ruleset);
        buf_deinit(&r->text);
        buf_deinit(&r->told);
        buf_deinit(&r->stood);
        r->config = (struct config){ 0 };
        r->bundle = (struct bundle){ 0 };
}

static void reload_end(struct engine_reload *r) {
        r->phase = RELOAD_IDLE;
        r->engine->priming_from = 0;
        r->figures.took = clock_boot() - r->figures.begun;
        reload_clean(r);
        if (r->again) {
                r->again = false;
                engine_reload_start(r->engine);
        }
}

static void reload_refuse(struct engine_reload *r, const char *why) {
        engine_say(r->engine, "rules-refused", NULL, "%s", why);
        reload_end(r);
}

/* Reloadable keys that the engine itself looks at are few; the others say that they need a restart. */
static void reload_config(struct engine *e, const struct config *next) {
        const char *names[32];
        size_t n = config_restart_needed(e->config, next, names, sizeof names / sizeof *names);

        for (size_t i = 0; i < n && i < sizeof names / sizeof *names; i++)
                log_warning("restart-needed", names[i], "changed in the file; takes effect at the next start");
        e->config->journal.keep = next->journal.keep;
        e->config->journal.snapshot_inputs = next->journal.snapshot_inputs;
        e->config->command.clients_max = next->command.clients_max;
        e->config->command.queue_max = next->command.queue_max;
        engine_configuration_reloaded(e, next);
}

static void reload_tell(const struct engine_reload *r, uint64_t seq) {
        int64_t complete = pipeline_partial_until(r->engine->pipeline);
        char until[32];

        log_notice("reload", NULL, "new rules are in force from input %" PRIu64 "; %" PRIu64 " inputs primed them", seq,
                   r->figures.inputs);
        if (complete == WW_TIME_NONE)
                return;
        instant_format(complete, until);
        log_notice("reload-partial", NULL,
                   "windows that look back further than that are whole from %s on; until then their alarms say partial",
                   until);
}

/* The record of a reload holds the whole text. One that does not fit would end the engine, and every start after it. */
static bool reload_fits(const struct engine_reload *r) {
        const struct engine *e = r->engine;
        double share = (double)(r->text.n + r->stood.n) / (double)journal_map(e->journal);

        return journal_fill(e->journal) + 1.1 * share < ENGINE_FILL_URGENT;
}

/* The swap. */
static void reload_take(struct engine_reload *r) {
        struct engine *e = r->engine;
        const struct ww_prime prime = { r->first, r->from };
        struct ww_input input = { .type = WW_INPUT_RELOAD, .payload = buf_str(&r->text) };
        bool primed = r->prime != NULL;
        char id[WW_PRIME_MAX];
        char hash[sizeof r->ruleset->bundle.hash];
        int result;

        if (e->full) {
                reload_refuse(r, "the journal is full; reload again once there is room");
                return;
        }
        if (!reload_fits(r)) {
                reload_refuse(r, "their files are too large for the room in the journal (journal.size)");
                return;
        }
        if (primed) {
                ww_prime_format(&prime, id);
                input.id = ww_str(id);
                input.topic = buf_str(&r->stood);
                r->figures.inputs = prime_inputs(r->prime);
        }
        memcpy(hash, r->ruleset->bundle.hash, sizeof hash);
        pipeline_offer(e->pipeline, r->ruleset, r->prime);
        r->ruleset = NULL;
        r->prime = NULL;
        result = engine_append(e, &input);
        if (!result && primed)
                result = engine_primings_add(e, input.seq, r->first);
        if (result)
                engine_fatal("cannot take a reload", result);
        reload_tell(r, input.seq);
        engine_signed_say(e, hash);
        engine_turn(e); /* commits: nobody may look while memory is ahead of the disk */
        reload_end(r);
}

/* Feeds what came meanwhile, and swaps; or, if it is much, begins another round. */
static void reload_primed(struct engine_reload *r) {
        struct engine *e = r->engine;
        uint64_t behind = e->committed + 1 - r->read.next;
        int result;

        r->gainless = r->figures.rounds == 1 || behind < r->behind ? 0 : r->gainless + 1;
        r->behind = behind;
        r->read.before = e->committed + 1;
        if (behind > CATCH_UP && r->gainless < GAINLESS) {
                r->figures.rounds++;
                if (!reload_begin(r, RELOAD_PRIMING))
                        reload_refuse(r, "cannot start a thread to prime them");
                return;
        }
        result = engine_prime_feed(&r->read, r->prime);
        if (result)
                engine_fatal("cannot prime the new rules", result);
        reload_take(r);
}

/* Where the past begins, and what stood there. From here on it must not be trimmed. */
static int reload_find(struct engine_reload *r) {
        struct engine *e = r->engine;
        int result = journal_find_time(e->journal, prime_since(r->prime), &r->first);

        if (!result)
                result = pipeline_stood(e->pipeline, prime_since(r->prime), &r->stood);
        e->priming_from = r->first;
        r->read = (struct engine_prime){ e->journal, r->first, e->committed + 1, reload_between, r };
        r->figures.rounds = 1;
        return result;
}

/* Refuses what has not been signed by as many as it takes. */
static bool reload_unsigned(struct engine_reload *r) {
        const char *hash = r->ruleset->bundle.hash;
        size_t needed = engine_signed_needed(r->engine), have = engine_signed_count(r->engine, hash);
        char why[200];

        if (have >= needed)
                return false;
        (void)snprintf(
                why, sizeof why,
                "set %s is signed by %zu of %zu persons (rules.sign_off): `wardwatch reload --reason …` signs it", hash,
                have, needed);
        reload_refuse(r, why);
        return true;
}

static void reload_compiled(struct engine_reload *r) {
        struct engine *e = r->engine;
        int result;

        reload_config(e, &r->config);
        if (strcmp(r->ruleset->bundle.hash, r->current->bundle.hash) == 0) {
                log_info("reload-unchanged", NULL, "rules, sensor types and site are as before");
                reload_end(r);
                return;
        }
        if (reload_unsigned(r))
                return;
        if (!r->prime) {
                reload_take(r);
                return;
        }
        result = reload_find(r);
        if (result)
                engine_fatal("cannot prime the new rules", result < 0 ? result : -EUCLEAN);
        if (!reload_begin(r, RELOAD_PRIMING))
                reload_refuse(r, "cannot start a thread to prime them");
}

static void reload_step(struct engine_reload *r) {
        enum reload_phase phase = r->phase;

        engine_log_lines("reload-message", buf_str(&r->told));
        buf_reset(&r->told);
        if (r->result == JOURNAL_E_DAMAGED && phase == RELOAD_PRIMING)
                engine_fatal("the journal is damaged", -EUCLEAN);
        if (r->result)
                reload_refuse(r, phase == RELOAD_COMPILING
                                         ? "the log has the messages; `wardwatch check` shows them, too"
                                         : strerror(-r->result));
        else if (phase == RELOAD_COMPILING)
                reload_compiled(r);
        else
                reload_primed(r);
}

static void reload_done(evutil_socket_t fd, short what, void *userdata) {
        struct engine_reload *r = userdata;
        int64_t before = clock_boot(), held;
        uint64_t count;

        (void)!read(r->done_fd, &count, sizeof count);
        (void)pthread_join(r->thread, NULL);
        reload_step(r);
        held = clock_boot() - before;
        if (held > r->figures.held)
                r->figures.held = held;
}

/* --- life --- */

int engine_reload_new(struct engine *e) {
        struct engine_reload *r = calloc(1, sizeof *r);

        if (!r)
                return -ENOMEM;
        r->engine = e;
        e->reload = r;
        r->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (r->done_fd < 0)
                return -errno;
        r->done_event = event_new(e->base, r->done_fd, EV_READ | EV_PERSIST, reload_done, r);
        return r->done_event && event_add(r->done_event, NULL) == 0 ? 0 : -ENOMEM;
}

void engine_reload_free(struct engine *e) {
        struct engine_reload *r = e->reload;

        if (!r)
                return;
        atomic_store(&r->give_up, true);
        if (r->phase != RELOAD_IDLE)
                (void)pthread_join(r->thread, NULL);
        reload_clean(r);
        if (r->done_event)
                event_free(r->done_event);
        cleanup_closep(&r->done_fd);
        free(r);
        e->reload = NULL;
}

void engine_reload_start(struct engine *e) {
        struct engine_reload *r = e->reload;

        if (r->phase != RELOAD_IDLE) {
                r->again = true;
                return;
        }
        memset(&r->figures, 0, sizeof r->figures);
        r->figures.begun = clock_boot();
        r->current = pipeline_ruleset(e->pipeline);
        r->from = e->clock.time;
        r->first = r->behind = r->gainless = 0;
        if (!reload_begin(r, RELOAD_COMPILING))
                engine_say(e, "rules-refused", NULL, "cannot start a thread to compile them");
}

void engine_reload_metrics(const struct engine *e, struct metrics *m) {
        static const char *const names[] = {
                [RELOAD_IDLE] = "idle", [RELOAD_COMPILING] = "compiling", [RELOAD_PRIMING] = "priming"
        };
        const struct engine_reload *r = e->reload;
        int64_t complete = pipeline_partial_until(e->pipeline);

        metrics_put_state(m, METRICS_RELOAD_STATE, WW_STR_NONE, names, sizeof names / sizeof *names, r->phase);
        metrics_put(m, METRICS_RELOAD_SECONDS, (double)r->figures.took / WW_SECOND);
        metrics_put(m, METRICS_RELOAD_PRIMED, (double)r->figures.inputs);
        metrics_put(m, METRICS_RELOAD_ROUNDS, (double)r->figures.rounds);
        metrics_put(m, METRICS_RELOAD_HELD, (double)r->figures.held / WW_SECOND);
        metrics_put(m, METRICS_RELOAD_COMPLETE, complete == WW_TIME_NONE ? (double)NAN : (double)complete / WW_SECOND);
}
