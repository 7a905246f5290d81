/*
 * The engine: the one writer. This file is its map.
 *
 *     broker ──► ingress (urgent, bulk) ─┐
 *     operators ──► command socket ──────┼──► a turn ──► pipeline ──► journal ──► commit ──► acks, answers, feed
 *     clock ──► deadlines ───────────────┤               (decode → correlate → alarm)
 *     the engine itself ──► notices ─────┘
 *
 * Start: lock and open the journal, load the newest snapshot, replay what came after it, listen, connect. The loop then
 * runs turns whenever something waits. Stop: no more turns, a snapshot at the head, DISCONNECT.
 */
#include "engine_internal.h"

#include "base/log.h"
#include "version.h"

#include <signal.h>
#include <stdio.h>

static void on_turn(evutil_socket_t fd, short what, void *userdata) {
        engine_turn(userdata);
}

static void on_tick(evutil_socket_t fd, short what, void *userdata) {
        struct engine *e = userdata;

        e->ticks++;
        if (e->careful_until && clock_boot() > e->careful_until) {
                e->careful_until = 0;
                log_notice("careful-ends", NULL, "no death for a minute: back to whole turns");
        }
        engine_space_tick(e);
        engine_metrics_tick(e);
        engine_turn(e);
}

static void on_child(evutil_socket_t fd, short what, void *userdata) {
        engine_space_child(userdata);
}

/* --- the supervisor's words --- */

static void on_reload(void *userdata) {
        engine_signature_load(userdata);
        engine_reload_start(userdata);
}

static void on_refused(void *userdata, const char *why) {
        engine_say(userdata, "rules-refused", NULL, "%s; the log has the messages, and `wardwatch check` shows them",
                   why);
}

static void on_forbidden(void *userdata, const char *worker) {
        engine_say(userdata, "worker-forbidden", worker, "killed by the kernel for a system call that it may not make");
}

static void on_stop(void *userdata) {
        struct engine *e = userdata;

        log_info("engine-stopping", NULL, "orderly stop");
        engine_say(e, "engine-stopped", NULL, "orderly stop");
        engine_turn(e);
        if (engine_proof_last(e))
                return;
        e->stopping = true;
        event_base_loopbreak(e->base);
}

/* --- wiring --- */

static int engine_events(struct engine *e) {
        const struct timeval second = { .tv_sec = 1 };

        e->turn_event = event_new(e->base, -1, 0, on_turn, e);
        e->deadline_event = evtimer_new(e->base, on_turn, e);
        e->tick_event = event_new(e->base, -1, EV_PERSIST, on_tick, e);
        e->child_event = evsignal_new(e->base, SIGCHLD, on_child, e);
        if (!e->turn_event || !e->deadline_event || !e->tick_event || !e->child_event)
                return -ENOMEM;
        if (event_add(e->tick_event, &second) || event_add(e->child_event, NULL))
                return -ENOMEM;
        return engine_assure_new(e);
}

static int engine_new(struct engine *e) {
        const struct worker_handlers handlers = { .userdata = e,
                                                  .reload = on_reload,
                                                  .stop = on_stop,
                                                  .workers = engine_status_workers,
                                                  .refused = on_refused,
                                                  .forbidden = on_forbidden };
        int r = worker_new(&e->worker, e->base, e->options.control_fd, &handlers);

        if (!r)
                r = engine_journal_open(e);
        if (!r)
                r = engine_events(e);
        if (!r)
                r = engine_reload_new(e);
        if (r)
                return r;
        r = engine_recover(e);
        if (!r)
                r = engine_feed_new(e);
        if (!r)
                r = engine_proof_new(e);
        if (!r)
                engine_signed_load(e);
        if (!r)
                r = engine_intake_new(e);
        if (!r)
                r = engine_metrics_new(e);
        return r;
}

static void engine_free(struct engine *e) {
        metrics_http_free(e->metrics);
        engine_intake_free(e);
        engine_feed_free(e);
        engine_publish_free(e);
        engine_proof_free(e);
        engine_reload_free(e);
        pipeline_free(e->pipeline);
        keyring_deinit(&e->keyring);
        journal_close(e->journal);
        worker_free(e->worker);
        for (size_t i = 0; i < e->n_notices; i++)
                engine_notice_deinit(&e->notices[i]);
        free(e->configuration);
        free(e->lines);
        free(e->changed);
        json_decref(e->workers);
        buf_deinit(&e->scratch);
        buf_deinit(&e->salvaged);
        buf_deinit(&e->refused.names);
        engine_assure_free(e);
        if (e->turn_event)
                event_free(e->turn_event);
        if (e->deadline_event)
                event_free(e->deadline_event);
        if (e->tick_event)
                event_free(e->tick_event);
        if (e->child_event)
                event_free(e->child_event);
        if (e->base)
                event_base_free(e->base);
        free(e);
}

static int is_degraded(void *userdata, const struct ww_alarm *alarm) {
        (void)userdata;
        return ww_str_is(alarm->rule, "system/sandbox-degraded");
}

/* All workers run on one kernel: what it cannot hold us back from it cannot hold the others from. */
static void engine_say_sandbox(struct engine *e) {
        const char *lacks = e->options.sandbox_lacks;

        if (lacks && *lacks)
                engine_say(e, "sandbox-degraded", NULL, "%s", lacks);
        else if (alarms_each(pipeline_alarms(e->pipeline), is_degraded, NULL))
                engine_say(e, "sandbox-whole", NULL, "this kernel can, or sandbox.mode is `off`");
}

static int engine_run(struct engine *e) {
        int r;

        e->held = e->options.careful && journal_fill(e->journal) >= ENGINE_FILL_BULK;
        engine_say(e, "engine-started", NULL, "version %s, head %llu%s", version_running(), (unsigned long long)e->seq,
                   e->careful_until ? ", careful" : "");
        engine_configuration_begin(e);
        engine_say_sandbox(e);
        engine_signature_load(e);
        if (journal_head(e->journal) <= 1)
                engine_signed_say(e, pipeline_ruleset(e->pipeline)->bundle.hash);
        engine_turn(e); /* commits what the start has concluded */
        journal_started(e->journal);
        engine_space_look(e); /* before anything is taken: the map may be as full as it was when we ended */
        r = engine_intake_start(e);
        if (r)
                return r;
        if (journal_head(e->journal) > 1)
                engine_reload_start(e); /* the files may have changed while we were away */
        worker_ready(e->worker);
        event_base_dispatch(e->base);
        engine_space_snapshot_at_stop(e);
        engine_intake_stop(e);
        return 0;
}

int engine_main(struct config *config, const struct engine_options *options) {
        struct engine *e = calloc(1, sizeof *e);
        int r;

        if (!e)
                return 1;
        e->config = config;
        e->options = *options;
        e->started = clock_boot();
        e->careful_until = options->careful ? e->started + ENGINE_CAREFUL_FOR : 0;
        (void)signal(SIGPIPE, SIG_IGN);
        e->base = event_base_new();
        r = e->base ? engine_new(e) : -ENOMEM;
        if (!r)
                r = engine_run(e);
        if (r)
                log_error("engine-start", NULL, "%s", r < 0 ? strerror(-r) : "cannot start");
        engine_free(e);
        return r ? 1 : 0;
}
