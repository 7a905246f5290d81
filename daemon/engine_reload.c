/*
 * Reload: the configuration's reloadable keys at once, the rules beside the running engine.
 *
 * The files are read and compiled, examples included, in a thread; the loop goes on meanwhile. What compiled is offered
 * to the pipeline and journaled as a record with its whole text; the swap happens as that record is taken, between two
 * others. What did not compile changes nothing: the old set stays, and a system alarm says so. A reload that comes
 * while one is at work is done after it. The thread shares nothing with the loop but `done_fd`: it writes there last,
 * and the loop joins it before it looks at what it made.
 */
#include "engine_internal.h"

#include "base/log.h"

#include <stdio.h>
#include <sys/eventfd.h>

struct engine_reload {
        struct engine *engine;
        struct event *done_event;
        int done_fd; /* eventfd: the thread has ended */
        pthread_t thread;
        bool running, again;
        /* of the thread until done_event, of the loop after it */
        struct config config;
        struct bundle bundle;
        struct ruleset *ruleset;
        struct buf text, told;
        int result;
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

static int engine_reload_compile(struct engine_reload *r, struct diag *diag) {
        int result = config_load(&r->config, r->engine->config->file, diag);

        if (!result)
                result = config_bundle(&r->config, &r->bundle, diag);
        if (!result)
                result = bundle_encode(&r->bundle, &r->text);
        if (!result)
                result = ruleset_compile(&r->ruleset, &r->bundle, true, diag);
        return result;
}

static void *engine_reload_thread(void *userdata) {
        struct engine_reload *r = userdata;
        struct diag diag = DIAG_INIT;
        const uint64_t one = 1;

        diag.source = bundle_source;
        diag.userdata = &r->bundle;
        r->result = engine_reload_compile(r, &diag);
        diag_render(&diag, &r->told);
        diag_deinit(&diag);
        (void)!write(r->done_fd, &one, sizeof one);
        return NULL;
}

static void engine_reload_clean(struct engine_reload *r) {
        config_deinit(&r->config);
        bundle_deinit(&r->bundle);
        r->ruleset = ruleset_free(r->ruleset);
        buf_deinit(&r->text);
        buf_deinit(&r->told);
        r->config = (struct config){ 0 };
        r->bundle = (struct bundle){ 0 };
}

/* Reloadable keys that the engine itself looks at are few; the others say that they need a restart. */
static void engine_reload_config(struct engine *e, const struct config *next) {
        const char *names[32];
        size_t n = config_restart_needed(e->config, next, names, sizeof names / sizeof *names);

        for (size_t i = 0; i < n && i < sizeof names / sizeof *names; i++)
                log_warning("restart-needed", names[i], "changed in the file; takes effect at the next start");
        e->config->journal.keep = next->journal.keep;
        e->config->journal.snapshot_inputs = next->journal.snapshot_inputs;
        e->config->command.clients_max = next->command.clients_max;
        e->config->command.queue_max = next->command.queue_max;
}

static void engine_reload_take(struct engine_reload *r) {
        struct engine *e = r->engine;
        struct ww_input input = { .type = WW_INPUT_RELOAD, .payload = buf_str(&r->text) };
        int result;

        engine_reload_config(e, &r->config);
        if (strcmp(r->ruleset->bundle.hash, pipeline_ruleset(e->pipeline)->bundle.hash) == 0) {
                log_info("reload-unchanged", NULL, "rules, sensor types and site are as before");
                return;
        }
        pipeline_offer(e->pipeline, r->ruleset);
        r->ruleset = NULL;
        result = engine_append(e, &input);
        if (result)
                engine_fatal("cannot take a reload", result);
        log_notice("reload", NULL, "new rules are in force from input %llu", (unsigned long long)e->seq);
        engine_turn(e); /* commits: nobody may look while memory is ahead of the disk */
}

static void engine_reload_done(evutil_socket_t fd, short what, void *userdata) {
        struct engine_reload *r = userdata;
        uint64_t count;

        (void)!read(r->done_fd, &count, sizeof count);
        (void)pthread_join(r->thread, NULL);
        r->running = false;
        engine_log_lines("reload-message", buf_str(&r->told));
        if (r->result)
                engine_say(r->engine, "rules-refused", NULL,
                           "the log has the messages; `wardwatch check` shows them, too");
        else
                engine_reload_take(r);
        engine_reload_clean(r);
        if (r->again) {
                r->again = false;
                engine_reload_start(r->engine);
        }
}

int engine_reload_new(struct engine *e) {
        struct engine_reload *r = calloc(1, sizeof *r);

        if (!r)
                return -ENOMEM;
        r->engine = e;
        e->reload = r;
        r->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (r->done_fd < 0)
                return -errno;
        r->done_event = event_new(e->base, r->done_fd, EV_READ | EV_PERSIST, engine_reload_done, r);
        return r->done_event && event_add(r->done_event, NULL) == 0 ? 0 : -ENOMEM;
}

void engine_reload_free(struct engine *e) {
        struct engine_reload *r = e->reload;

        if (!r)
                return;
        if (r->running)
                (void)pthread_join(r->thread, NULL);
        engine_reload_clean(r);
        if (r->done_event)
                event_free(r->done_event);
        cleanup_closep(&r->done_fd);
        free(r);
        e->reload = NULL;
}

void engine_reload_start(struct engine *e) {
        struct engine_reload *r = e->reload;

        if (r->running) {
                r->again = true;
                return;
        }
        r->running = pthread_create(&r->thread, NULL, engine_reload_thread, r) == 0;
        if (!r->running)
                engine_say(e, "rules-refused", NULL, "cannot start a thread to compile them");
}
