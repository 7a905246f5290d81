/* `wardwatch status`: what the engine knows of itself, its sessions, its journal, its readers and its siblings. */
#include "engine_feed.h"

#include "journal/record_json.h"
#include "version.h"

static void put(json_t *object, const char *name, uint64_t value) {
        json_object_set_new(object, name, json_integer((json_int_t)value));
}

static void put_seconds(json_t *object, const char *name, int64_t usec) {
        json_object_set_new(object, name, json_real((double)usec / WW_SECOND));
}

/* An average that forgets with a half-life of about 7 s: steady enough to read, quick enough to see a storm. */
static void rate_tick(struct engine_rate *rate, uint64_t now) {
        rate->value += ((double)(now - rate->last) - rate->value) * 0.1;
        rate->last = now;
}

static uint64_t engine_messages(const struct engine *e) {
        uint64_t n = 0;

        for (size_t i = 0; i < ENGINE_LANES; i++) {
                struct ingress_figures f;

                if (!e->sessions[i].ingress)
                        continue;
                ingress_figures(e->sessions[i].ingress, clock_boot(), &f);
                n += f.messages;
        }
        return n;
}

void engine_status_tick(struct engine *e) {
        rate_tick(&e->rate_messages, engine_messages(e));
        rate_tick(&e->rate_turns, e->turns);
        if (e->ticks % 10 == 0)
                e->commit_worst = 0;
}

static json_t *status_session(const struct engine_session *s) {
        struct ingress_figures f;
        json_t *o = json_object();

        ingress_figures(s->ingress, clock_boot(), &f);
        json_object_set_new(o, "state", json_string(ingress_state_name(ingress_state(s->ingress))));
        json_object_set_new(o, "closed_by_us", json_boolean(s->closed));
        put_seconds(o, "connected_for_s", f.connected_for);
        put(o, "messages", f.messages);
        put(o, "bytes", f.bytes);
        put(o, "redelivered", s->redelivered);
        put(o, "acks_held", f.acks_held);
        put(o, "connects", f.connects);
        put(o, "disconnects", f.disconnects);
        put(o, "sessions_lost", f.session_lost);
        put(o, "own_topics_left_out", f.own_topics);
        json_object_set_new(o, "last_error", json_string(f.last_error ? f.last_error : ""));
        return o;
}

static json_t *status_sessions(const struct engine *e) {
        json_t *o = json_object();

        for (enum engine_lane lane = 0; lane < ENGINE_LANES; lane++) {
                if (e->sessions[lane].ingress)
                        json_object_set_new(o, engine_lane_name(lane), status_session(&e->sessions[lane]));
        }
        return o;
}

static json_t *status_journal(struct engine *e) {
        struct journal_status s = { 0 };
        json_t *o = json_object();

        (void)journal_status(e->journal, &s); /* what cannot be read is shown as 0 */
        json_object_set_new(o, "id", json_string(s.id));
        put(o, "head", s.head);
        put(o, "tail", s.tail);
        put(o, "map_bytes", s.map_bytes);
        json_object_set_new(o, "fill", json_real(journal_fill(e->journal)));
        put(o, "live", s.live);
        put(o, "readers", s.readers);
        put(o, "snapshot", e->snapshot_seq);
        json_object_set_new(o, "snapshot_at_work", json_boolean(e->snapshot_pid != 0));
        put(o, "store_cursor", e->store_cursor);
        put(o, "store_lag", e->committed > e->store_cursor ? e->committed - e->store_cursor : 0);
        json_object_set_new(o, "commit_worst_ms", json_real((double)e->commit_worst / WW_MSEC));
        return o;
}

static json_t *status_stages(const struct engine *e) {
        struct pipeline_figures f;

        pipeline_figures(e->pipeline, &f);
        return json_pack("{s:{s:I,s:I,s:I,s:I,s:I,s:I}, s:{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}, "
                         "s:{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}}",
                         "decode", "messages", (json_int_t)f.decode.messages, "events", (json_int_t)f.decode.events,
                         "repeats", (json_int_t)f.decode.repeats, "ignored", (json_int_t)f.decode.ignored, "undecoded",
                         (json_int_t)f.decode.undecoded, "states", (json_int_t)f.decode.states, /**/
                         "correlate", "events", (json_int_t)f.correlate.events, "matched",
                         (json_int_t)f.correlate.matched, "skipped_key_missing",
                         (json_int_t)f.correlate.skipped_key_missing, "detections", (json_int_t)f.correlate.detections,
                         "evicted", (json_int_t)f.correlate.evicted, "refused", (json_int_t)f.correlate.refused, "keys",
                         (json_int_t)f.correlate.keys, "timers", (json_int_t)f.correlate.timers, "episodes",
                         (json_int_t)f.correlate.episodes, /**/
                         "alarms", "alarms", (json_int_t)f.alarms.alarms, "unacknowledged",
                         (json_int_t)f.alarms.unacknowledged, "active", (json_int_t)f.alarms.active, "shelved",
                         (json_int_t)f.alarms.shelved, "suppressed", (json_int_t)f.alarms.suppressed, "out_of_service",
                         (json_int_t)f.alarms.out_of_service, "transitions", (json_int_t)f.alarms.transitions,
                         "pending", (json_int_t)f.alarms.pending, "muting", (json_int_t)f.alarms.muting, "muted",
                         (json_int_t)f.alarms.muted, "regraded", (json_int_t)f.alarms.regraded);
}

/* The modes of the site, as they stand. */
static json_t *status_modes(const struct engine *e) {
        const struct site *site = pipeline_ruleset(e->pipeline)->site;
        json_t *o = json_object();

        for (uint32_t i = 0; i < site_mode_count(site); i++) {
                const struct site_mode *mode = site_mode(site, i);
                json_t *one = json_pack("{s:b, s:b, s:o}", "on", pipeline_mode_on(e->pipeline, i), "exercise",
                                        mode->exercise, "title", record_json_str(mode->title));

                json_object_setn_new(o, mode->name.p, mode->name.n, one);
        }
        return o;
}

static json_t *status_rules(const struct engine *e) {
        struct ww_ruleset set;

        ruleset_describe(pipeline_ruleset(e->pipeline), &set);
        return json_pack("{s:o, s:i, s:i, s:i, s:i}", "hash", record_json_str(set.hash), "rules", (int)set.rules,
                         "sensors", (int)set.sensors, "assets", (int)set.assets, "zones", (int)set.zones);
}

json_t *engine_status(struct engine *e) {
        json_t *o = json_object(), *queues = json_object();

        json_object_set_new(o, "version", json_string(version_running()));
        put(o, "pid", (uint64_t)getpid());
        put_seconds(o, "up_s", clock_boot() - e->started);
        json_object_set_new(o, "careful", json_boolean(e->careful_until != 0));
        json_object_set_new(o, "blind", json_boolean(pipeline_blind(e->pipeline)));
        json_object_set_new(o, "journal_time", record_json_time(e->clock.time));
        json_object_set_new(o, "clock_held", json_boolean(e->clock.held));
        json_object_set_new(o, "messages_per_s", json_real(e->rate_messages.value));
        json_object_set_new(o, "turns_per_s", json_real(e->rate_turns.value));
        put(o, "turns", e->turns);
        put(o, "replayed", e->replayed);
        put(o, "replay_differs", e->replay_differs);
        put(queues, "commands", e->n_commands);
        put(queues, "notices", e->n_notices);
        put(queues, "notices_dropped", e->notices_dropped);
        json_object_set_new(o, "queues", queues);
        json_object_set_new(o, "sessions", status_sessions(e));
        json_object_set_new(o, "journal", status_journal(e));
        json_object_set_new(o, "stages", status_stages(e));
        json_object_set_new(o, "rules", status_rules(e));
        json_object_set_new(o, "reload", engine_reload_status(e));
        json_object_set_new(o, "modes", status_modes(e));
        json_object_set_new(o, "feed", engine_feed_status(e));
        if (e->workers)
                json_object_set(o, "workers", e->workers);
        return o;
}

void engine_status_workers(void *userdata, json_t *workers) {
        struct engine *e = userdata;

        json_decref(e->workers);
        e->workers = json_incref(workers);
}
