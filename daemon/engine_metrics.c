/* What the engine knows in numbers: its sessions, its journal, its stages, each rule. Collected when somebody asks. */
#include "engine_feed.h"

#include "base/metrics_http.h"
#include "replies.h"

#include <math.h>

static double seconds(int64_t usec) {
        return (double)usec / WW_SECOND;
}

/* --- averages --- */

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

void engine_metrics_tick(struct engine *e) {
        rate_tick(&e->rate_messages, engine_messages(e));
        rate_tick(&e->rate_turns, e->turns);
        if (e->ticks % 10 == 0)
                e->commit_worst = 0;
}

/* --- the turn --- */

/* Journal time as it would be given out now; giving it out is the turn's. */
static struct clock_journal journal_clock(const struct engine *e) {
        struct clock_journal clock = e->clock;
        enum clock_step step;

        (void)clock_journal_now(&clock, clock_wall(), clock_boot(), &step);
        return clock;
}

static void put_lags(const struct engine *e, struct metrics *m) {
        const struct clock_journal clock = journal_clock(e);
        int64_t now = clock.time, deadline = pipeline_deadline(e->pipeline);

        metrics_put(m, METRICS_ENGINE_WATERMARK_LAG, seconds(now - pipeline_watermark(e->pipeline, now)));
        metrics_put(m, METRICS_ENGINE_OVERDUE, deadline < now ? seconds(now - deadline) : 0);
        metrics_put(m, METRICS_ENGINE_CLOCK_AHEAD, seconds(clock_journal_ahead(&clock)));
}

static void put_turn(const struct engine *e, struct metrics *m) {
        metrics_put(m, METRICS_ENGINE_UP, seconds(clock_boot() - e->started));
        metrics_put(m, METRICS_ENGINE_CAREFUL, e->careful_until != 0);
        metrics_put(m, METRICS_ENGINE_BLIND, pipeline_blind(e->pipeline));
        metrics_put(m, METRICS_ENGINE_TIME, seconds(e->clock.time));
        metrics_put(m, METRICS_ENGINE_CLOCK_HELD, e->clock.held);
        metrics_put(m, METRICS_ENGINE_MESSAGE_RATE, e->rate_messages.value);
        metrics_put(m, METRICS_ENGINE_TURN_RATE, e->rate_turns.value);
        metrics_put(m, METRICS_ENGINE_TURNS, (double)e->turns);
        metrics_put(m, METRICS_ENGINE_REPLAYED, (double)e->replayed);
        metrics_put(m, METRICS_ENGINE_DIFFERS, (double)e->replay_differs);
        metrics_put_queue(m, "notices", e->n_notices, ENGINE_PENDING_MAX, e->notices_dropped);
        metrics_put_queue(m, "publishes", e->n_publishes, ENGINE_PUBLISH_MAX, e->publishes_dropped);
        worker_metrics(e->worker, m);
        put_lags(e, m);
}

/* --- MQTT --- */

static void put_session(const struct engine *e, const struct engine_session *s, struct metrics *m) {
        const char *states[INGRESS_LIVE + 1];
        struct ww_str name = ww_str(engine_lane_name(s->lane));
        struct ingress_figures f;

        for (enum ingress_state i = 0; i <= INGRESS_LIVE; i++)
                states[i] = ingress_state_name(i);
        ingress_figures(s->ingress, clock_boot(), &f);
        metrics_put_state(m, METRICS_MQTT_STATE, name, states, INGRESS_LIVE + 1, ingress_state(s->ingress));
        metrics_put_of(m, METRICS_MQTT_PAUSED, name, s->closed);
        metrics_put_of(m, METRICS_MQTT_CONNECTED, name, seconds(f.connected_for));
        metrics_put_of(m, METRICS_MQTT_MESSAGES, name, (double)f.messages);
        metrics_put_of(m, METRICS_MQTT_BYTES, name, (double)f.bytes);
        metrics_put_of(m, METRICS_MQTT_REDELIVERED, name, (double)s->redelivered);
        metrics_put_of(m, METRICS_MQTT_HELD, name, (double)f.acks_held);
        metrics_put_of(m, METRICS_MQTT_HELD_LIMIT, name, (double)e->config->mqtt.batch);
        metrics_put_of(m, METRICS_MQTT_UNREAD, name, (double)redelivery_in_doubt(s->redelivery));
        metrics_put_of(m, METRICS_MQTT_UNREAD_LIMIT, name, (double)REDELIVERY_LIMITS.max);
        metrics_put_of(m, METRICS_MQTT_CONNECTS, name, (double)f.connects);
        metrics_put_of(m, METRICS_MQTT_DISCONNECTS, name, (double)f.disconnects);
        metrics_put_of(m, METRICS_MQTT_LOST, name, (double)f.session_lost);
        metrics_put_of(m, METRICS_MQTT_OWN, name, (double)f.own_topics);
        metrics_put_of(m, METRICS_MQTT_PUBLISHED, name, (double)f.published);
}

/* --- the journal --- */

static void put_snapshots(const struct engine *e, struct metrics *m) {
        int64_t done = e->snapshots.done;

        metrics_put(m, METRICS_SNAPSHOT_INPUT, (double)e->snapshot_seq);
        metrics_put(m, METRICS_SNAPSHOT_RUNNING, e->snapshot_pid != 0);
        metrics_put(m, METRICS_SNAPSHOTS, (double)e->snapshots.written);
        metrics_put(m, METRICS_SNAPSHOTS_FAILED, (double)e->snapshots.failed);
        metrics_put(m, METRICS_SNAPSHOT_SECONDS, seconds(e->snapshots.took));
        metrics_put(m, METRICS_SNAPSHOT_PAUSE, seconds(e->snapshots.pause));
        metrics_put(m, METRICS_SNAPSHOT_TIME, done == WW_TIME_NONE ? (double)NAN : seconds(done));
}

static void put_table(struct metrics *m, const char *table, size_t entries, size_t limit) {
        metrics_put_of(m, METRICS_TABLE_ENTRIES, ww_str(table), (double)entries);
        metrics_put_of(m, METRICS_TABLE_LIMIT, ww_str(table), (double)limit);
}

static void put_journal(const struct engine *e, struct metrics *m) {
        uint64_t stored = e->cursors[ENGINE_READER_STORE].seq;
        uint64_t lag = e->committed > stored ? e->committed - stored : 0;
        struct journal_status s = { 0 };

        metrics_put(m, METRICS_JOURNAL_COMMIT_SECONDS, seconds(e->commit_time));
        metrics_put(m, METRICS_JOURNAL_COMMIT_WORST, seconds(e->commit_worst));
        metrics_put(m, METRICS_JOURNAL_STORE_CURSOR, (double)stored);
        metrics_put(m, METRICS_JOURNAL_STORE_LAG, (double)lag);
        metrics_put(m, METRICS_JOURNAL_NOTIFY_CURSOR, (double)e->cursors[ENGINE_READER_NOTIFY].seq);
        put_snapshots(e, m);
        if (journal_status(e->journal, &s))
                return;
        metrics_put(m, METRICS_JOURNAL_HEAD, (double)s.head);
        metrics_put(m, METRICS_JOURNAL_TAIL, (double)s.tail);
        metrics_put(m, METRICS_JOURNAL_BYTES, (double)s.map_bytes);
        metrics_put(m, METRICS_JOURNAL_FILL, journal_fill(e->journal));
        metrics_put(m, METRICS_JOURNAL_LIVE, (double)s.live);
        metrics_put(m, METRICS_JOURNAL_READERS, s.readers);
        put_table(m, "journal-readers", s.readers, s.readers_max);
}

/* --- the stages --- */

static void put_decode(const struct decode_figures *f, struct metrics *m) {
        metrics_put(m, METRICS_DECODE_MESSAGES, (double)f->messages);
        metrics_put(m, METRICS_DECODE_EVENTS, (double)f->events);
        metrics_put(m, METRICS_DECODE_REPEATS, (double)f->repeats);
        metrics_put(m, METRICS_DECODE_IGNORED, (double)f->ignored);
        metrics_put(m, METRICS_DECODE_UNDECODED, (double)f->undecoded);
        metrics_put(m, METRICS_DECODE_STATES, (double)f->states);
        metrics_put(m, METRICS_DECODE_STATE_BYTES, (double)f->state_bytes);
        metrics_put(m, METRICS_DECODE_EVICTED, (double)f->evicted);
        metrics_put(m, METRICS_DECODE_RESTORES, (double)f->restores);
        metrics_put(m, METRICS_DECODE_RESTORED_EARLY, (double)f->restored_early);
        metrics_put(m, METRICS_DECODE_DRIFTED, (double)f->drifted);
        put_table(m, "device-restores", f->restores, f->restores_max);
        metrics_put(m, METRICS_DECODE_FORGOTTEN, (double)f->forgotten);
        put_table(m, "device-states", f->states, f->states_max);
}

static void put_correlate(const struct correlate_figures *f, struct metrics *m) {
        metrics_put(m, METRICS_CORRELATE_EVENTS, (double)f->events);
        metrics_put(m, METRICS_CORRELATE_MATCHED, (double)f->matched);
        metrics_put(m, METRICS_CORRELATE_SKIPPED, (double)f->skipped_key_missing);
        metrics_put(m, METRICS_CORRELATE_DETECTIONS, (double)f->detections);
        metrics_put(m, METRICS_CORRELATE_EVICTED, (double)f->evicted);
        metrics_put(m, METRICS_CORRELATE_REFUSED, (double)f->refused);
        metrics_put(m, METRICS_CORRELATE_LATE, (double)f->late);
        metrics_put(m, METRICS_CORRELATE_KEYS, (double)f->keys);
        metrics_put(m, METRICS_CORRELATE_KEY_BYTES, (double)f->key_bytes);
        metrics_put(m, METRICS_CORRELATE_TIMERS, (double)f->timers);
        metrics_put(m, METRICS_CORRELATE_EPISODES, (double)f->episodes);
        put_table(m, "device-levels", f->lanes, f->lanes_max);
}

static void put_alarms(const struct alarms_figures *f, struct metrics *m) {
        metrics_put(m, METRICS_ALARMS, (double)f->alarms);
        metrics_put(m, METRICS_ALARMS_UNACKNOWLEDGED, (double)f->unacknowledged);
        metrics_put(m, METRICS_ALARMS_ACTIVE, (double)f->active);
        metrics_put(m, METRICS_ALARMS_SHELVED, (double)f->shelved);
        metrics_put(m, METRICS_ALARMS_SUPPRESSED, (double)f->suppressed);
        metrics_put(m, METRICS_ALARMS_OUT_OF_SERVICE, (double)f->out_of_service);
        metrics_put(m, METRICS_ALARMS_TRANSITIONS, (double)f->transitions);
        metrics_put(m, METRICS_ALARMS_PENDING, (double)f->pending);
        metrics_put(m, METRICS_ALARMS_MUTING, (double)f->muting);
        metrics_put(m, METRICS_ALARMS_MUTED, (double)f->muted);
        metrics_put(m, METRICS_ALARMS_REGRADED, (double)f->regraded);
}

static int count_stale(void *userdata, const struct ww_alarm *alarm) {
        size_t *n = userdata;

        *n += alarm->regions.active && alarm->raised_at < clock_wall() - WW_DAY;
        return 0;
}

static void put_response(const struct engine *e, struct metrics *m) {
        struct response_figures f;
        size_t stale = 0;

        (void)alarms_each(pipeline_alarms(e->pipeline), count_stale, &stale);
        response_figures(pipeline_response(e->pipeline), clock_wall(), &f);
        metrics_put(m, METRICS_ALARMS_STALE, (double)stale);
        metrics_put(m, METRICS_ALARM_RATE, f.rate);
        metrics_put(m, METRICS_ALARM_FLOOD, f.flood);
        metrics_put(m, METRICS_ALARM_FLOOD_PEAK, f.peak);
        metrics_put(m, METRICS_ALARMS_CHATTERING, (double)f.chattering);
        metrics_put(m, METRICS_INCIDENTS, (double)f.incidents);
        metrics_put(m, METRICS_STEPS, (double)f.steps);
        metrics_put(m, METRICS_STEPS_WAITING, (double)f.waiting);
        metrics_put(m, METRICS_ESCALATIONS, (double)f.ladders);
        metrics_put(m, METRICS_NOTIFICATIONS, (double)f.notifications);
        metrics_put(m, METRICS_POSTS_UNDERSTAFFED, (double)f.understaffed);
        metrics_put(m, METRICS_RESPONSE_CHANGES, (double)f.changes);
        metrics_put(m, METRICS_RESPONSE_REFUSED, (double)f.refused);
        metrics_put(m, METRICS_RESPONSE_FORGOTTEN, (double)f.forgotten);
        metrics_put(m, METRICS_RESPONSE_CROWDED, (double)f.crowded);
}

static void put_records(const struct engine *e, struct metrics *m) {
        struct records_figures f;

        records_figures(pipeline_records(e->pipeline), &f);
        metrics_put(m, METRICS_RECORDS, (double)f.open);
        metrics_put(m, METRICS_RECORDS_OVERDUE, (double)f.overdue);
        metrics_put(m, METRICS_RECORDS_CHANGES, (double)f.changes);
        metrics_put(m, METRICS_RECORDS_REFUSED, (double)f.refused);
        metrics_put(m, METRICS_RECORDS_FULL, (double)f.full);
}

static void put_rule(struct ww_str name, const struct correlate_rule_figures *f, struct metrics *m) {
        metrics_put_of(m, METRICS_RULE_SEEN, name, (double)f->seen);
        metrics_put_of(m, METRICS_RULE_MATCHED, name, (double)f->matched);
        metrics_put_of(m, METRICS_RULE_SKIPPED, name, (double)f->skipped);
        metrics_put_of(m, METRICS_RULE_LATE, name, (double)f->late);
        metrics_put_of(m, METRICS_RULE_DETECTIONS, name, (double)f->detections);
        metrics_put_of(m, METRICS_RULE_SECONDS, name, (double)f->busy / 1e9);
        metrics_put_of(m, METRICS_RULE_KEYS, name, f->keys);
        metrics_put_of(m, METRICS_RULE_KEYS_LIMIT, name, f->keys_max);
        metrics_put_of(m, METRICS_RULE_EVICTED, name, (double)f->evicted);
        metrics_put_of(m, METRICS_RULE_REFUSED, name, (double)f->refused);
        metrics_put_of(m, METRICS_RULE_RUNS_REFUSED, name, (double)f->runs_refused);
        metrics_put_of(m, METRICS_RULE_SHED, name, (double)f->shed);
}

static void put_rules(const struct engine *e, struct metrics *m) {
        size_t n = correlate_rules_count(pipeline_ruleset(e->pipeline)->rules);

        for (size_t i = 0; i < n; i++) {
                struct correlate_rule_figures f;
                struct ww_str name;

                pipeline_rule_figures(e->pipeline, i, &name, &f);
                put_rule(name, &f, m);
        }
}

static void put_stages(const struct engine *e, struct metrics *m) {
        struct pipeline_figures f;

        pipeline_figures(e->pipeline, &f);
        put_decode(&f.decode, m);
        put_correlate(&f.correlate, m);
        put_alarms(&f.alarms, m);
        put_response(e, m);
        put_records(e, m);
        put_rules(e, m);
        put_table(m, "replies", f.replies, REPLIES_MAX);
}

/* --- what is in force --- */

static void put_ruleset(const struct engine *e, struct metrics *m) {
        const struct ruleset *rules = pipeline_ruleset(e->pipeline);
        struct ww_ruleset set;

        ruleset_describe(rules, &set);
        metrics_put_of(m, METRICS_RULESET_INFO, set.hash, 1);
        metrics_put(m, METRICS_RULESET_RULES, set.rules);
        metrics_put(m, METRICS_RULESET_SENSORS, set.sensors);
        metrics_put(m, METRICS_RULESET_ASSETS, set.assets);
        metrics_put(m, METRICS_RULESET_ZONES, set.zones);
        for (uint32_t i = 0; i < site_mode_count(rules->site); i++)
                metrics_put_of(m, METRICS_MODE_ON, site_mode(rules->site, i)->name, pipeline_mode_on(e->pipeline, i));
}

void engine_metrics_collect(void *userdata, struct metrics *m) {
        const struct engine *e = userdata;

        put_turn(e, m);
        for (enum engine_lane lane = 0; lane < ENGINE_LANES; lane++)
                if (e->sessions[lane].ingress)
                        put_session(e, &e->sessions[lane], m);
        put_journal(e, m);
        put_stages(e, m);
        put_ruleset(e, m);
        engine_reload_metrics(e, m);
        engine_feed_metrics(e, m);
}

int engine_metrics_new(struct engine *e) {
        const struct metrics_http_options options = {
                .key = "metrics.engine",
                .port = e->config->metrics.engine,
                .userdata = e,
                .collect = engine_metrics_collect,
        };

        pipeline_meter(e->pipeline, clock_fine);
        return metrics_http_new(&e->metrics, e->base, &options);
}
