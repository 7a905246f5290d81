/*
 * The two MQTT sessions of the engine: what they take becomes inputs, what happens to them becomes notices. Blind is
 * the whole engine, as soon as one of them is not live. Lanes close as the journal fills: bulk first, then urgent;
 * a closed lane's messages wait at the broker.
 */
#include "engine_internal.h"

#include "base/log.h"

#include <stdio.h>

static const char *const lane_names[ENGINE_LANES] = { [ENGINE_URGENT] = "urgent", [ENGINE_BULK] = "bulk" };
static const enum ww_origin lane_origins[ENGINE_LANES] = { WW_ORIGIN_URGENT, WW_ORIGIN_BULK };
static const char *const lane_meta[ENGINE_LANES] = { "session.urgent", "session.bulk" };

const char *engine_lane_name(enum engine_lane lane) {
        return lane_names[lane];
}

const char *engine_lane_meta(enum engine_lane lane) {
        return lane_meta[lane];
}

enum ww_origin engine_lane_origin(enum engine_lane lane) {
        return lane_origins[lane];
}

struct engine_level {
        struct ww_str rule, key;
        bool active;
};

static int engine_level_visit(void *userdata, const struct ww_alarm *alarm) {
        struct engine_level *level = userdata;

        level->active = ww_str_equal(alarm->rule, level->rule) && ww_str_equal(alarm->key, level->key) &&
                        alarm->regions.active;
        return level->active;
}

/* An alarm of the system that the process before this one raised, and did not live to clear. */
static bool engine_level_active(const struct engine *e, struct ww_str rule, struct ww_str key) {
        struct engine_level level = { .rule = rule, .key = key };

        (void)alarms_each(pipeline_alarms(e->pipeline), engine_level_visit, &level);
        return level.active;
}

static bool engine_lane_level(const struct engine *e, struct ww_str rule, enum engine_lane lane) {
        char key[64];

        (void)snprintf(key, sizeof key, "subject=%s", lane_names[lane]);
        return engine_level_active(e, rule, ww_str(key));
}

static bool engine_intake_live(const struct engine *e) {
        for (size_t i = 0; i < ENGINE_LANES; i++) {
                if (e->sessions[i].ingress && ingress_state(e->sessions[i].ingress) != INGRESS_LIVE)
                        return false;
        }
        return true;
}

/* Said once a change; the pipeline has the last word that was journaled, the queue may hold a newer one. */
void engine_intake_look(struct engine *e) {
        bool blind = e->assure.unsure || !engine_intake_live(e);
        bool said = pipeline_blind(e->pipeline);

        for (size_t i = 0; i < e->n_notices; i++) {
                if (strcmp(e->notices[i].name, "intake-blind") == 0)
                        said = true;
                else if (strcmp(e->notices[i].name, "intake-sighted") == 0)
                        said = false;
        }
        if (blind && !said)
                engine_say(e, "intake-blind", NULL, "absence and supervision stand still");
        else if (!blind && said) {
                engine_say(e, "intake-sighted", NULL, "every session has caught up with its backlog");
                engine_assure_sighted(e);
        }
}

/* --- ingress' sink --- */

static int engine_on_message(void *userdata, struct ingress *ingress, const struct ingress_message *m) {
        struct engine_session *s = userdata;
        struct ww_input input = {
                .type = WW_INPUT_MESSAGE,
                .origin = lane_origins[s->lane],
                .flags = (m->retained ? WW_INPUT_RETAINED : 0) | (m->dup ? WW_INPUT_DUP : 0),
                .mid = m->mid,
                .topic = m->topic,
                .payload = m->payload,
        };
        int r;

        if (m->mid && m->dup && redelivery_is(s->redelivery, m->mid, m->topic, m->payload)) {
                s->redelivered++;
                return 0;
        }
        input.flags |= engine_signature_flags(s->engine, m->topic, m->payload);
        if (input.flags & WW_INPUT_SKIPPED)
                input.id = WW_STR(PIPELINE_SPOOFED);
        r = engine_append(s->engine, &input);
        if (r)
                engine_fatal("cannot take a message", r);
        redelivery_note(s->redelivery, input.seq, m->mid, m->dup, m->topic, m->payload);
        return 0;
}

static void engine_on_connected(void *userdata, struct ingress *ingress) {
        struct engine_session *s = userdata;

        redelivery_read(s->redelivery, ingress_acks_read(ingress)); /* known before this connection, and not told yet */
        redelivery_connected(s->redelivery);
}

static void engine_on_state(void *userdata, struct ingress *ingress, enum ingress_state old, enum ingress_state state,
                            const char *why) {
        struct engine_session *s = userdata;
        struct engine *e = s->engine;
        const char *name = lane_names[s->lane];

        log_info("intake-state", name, "%s to %s: %s", ingress_state_name(old), ingress_state_name(state),
                 why ? why : "");
        if (state >= INGRESS_CATCHING_UP && !s->known)
                s->known = true; /* written with the next turn: engine_say below always makes one */
        if (state == INGRESS_CLOSED && !s->closed && !s->lost) {
                s->lost = true;
                engine_say(e, "intake-lost", name, "%s", why ? why : "connection closed");
        } else if (state == INGRESS_LIVE && s->lost) {
                s->lost = false;
                engine_say(e, "intake-back", name, "connected and caught up");
        }
        if (state == INGRESS_LIVE) {
                redelivery_past(s->redelivery); /* the fence came behind all of them */
                engine_proof_publish(e);
        }
        engine_intake_look(e);
}

static void engine_on_session_lost(void *userdata, struct ingress *ingress) {
        struct engine_session *s = userdata;

        redelivery_forget(s->redelivery);
        s->begins = s->engine->seq + 1;
        s->known_written = false; /* with the next turn, and so before or with the first message */
        engine_say(s->engine, "session-lost", lane_names[s->lane],
                   "the broker does not know our session any more; states are taken anew from retained messages");
}

static void engine_on_readable(void *userdata, struct ingress *ingress) {
        struct engine_session *s = userdata;

        engine_turn_wanted(s->engine);
}

static void engine_on_probed(void *userdata, struct ingress *ingress, bool refused) {
        struct engine_session *s = userdata;
        struct engine *e = s->engine;

        if (e->broker_open == !refused)
                return;
        e->broker_open = !refused;
        if (refused)
                engine_say(e, "broker-closed", NULL, "user \"%s\" was refused at %s", e->config->mqtt.user, s->probe);
        else
                engine_say(e, "broker-open", NULL,
                           "user \"%s\" was let publish to %s: the broker has no ACL, or one that grants everything",
                           e->config->mqtt.user, s->probe);
}

/* --- life --- */

static const struct config_list *engine_lane_filters(const struct engine *e, enum engine_lane lane) {
        return lane == ENGINE_URGENT ? &e->config->mqtt.urgent : &e->config->mqtt.bulk;
}

/* Of the sessions that there are: one of them tries what the broker refuses. */
static bool lane_is_first(const struct engine *e, enum engine_lane lane) {
        for (enum engine_lane l = 0; l < lane; l++)
                if (engine_lane_filters(e, l)->n)
                        return false;
        return true;
}

static int engine_session_names(struct engine *e, struct engine_session *s) {
        struct diag diag = DIAG_INIT;
        const char *name = lane_names[s->lane];
        int r = 0;

        if (asprintf(&s->client_id, "%s-%s", e->config->mqtt.client_id, name) < 0 ||
            asprintf(&s->fence, "wardwatch/%s/fence/%s", e->config->site.name, name) < 0)
                return -ENOMEM;
        if (e->config->mqtt.password_file[0])
                r = config_secret(e->config->mqtt.password_file, &diag, &s->password);
        if (r)
                log_error("mqtt-password", e->config->mqtt.password_file, "cannot read the password file");
        diag_deinit(&diag);
        return r > 0 ? -EACCES : r;
}

static int engine_session_open(struct engine *e, struct engine_session *s, const struct config_list *filters) {
        const struct ingress_sink sink = {
                .userdata = s,
                .message = engine_on_message,
                .state = engine_on_state,
                .connected = engine_on_connected,
                .session_lost = engine_on_session_lost,
                .readable = engine_on_readable,
                .probed = engine_on_probed,
        };
        struct ingress_options options = {
                .name = lane_names[s->lane],
                .host = e->config->mqtt.host,
                .port = (int)e->config->mqtt.port,
                .client_id = s->client_id,
                .user = e->config->mqtt.user,
                .password = s->password,
                .tls = e->config->mqtt.tls,
                .ca_file = e->config->mqtt.ca_file,
                .cert_file = e->config->mqtt.cert_file,
                .key_file = e->config->mqtt.key_file,
                .filters = filters->items,
                .n_filters = filters->n,
                .fence_topic = s->fence,
                .keepalive = e->config->mqtt.keepalive,
                .session_expiry = e->config->mqtt.session_expiry,
                .backoff_min = e->config->mqtt.backoff_min,
                .backoff_max = e->config->mqtt.backoff_max,
                .batch = (int)e->config->mqtt.batch,
                .packet_max = (size_t)e->config->mqtt.packet_max,
                .session_known = s->known,
        };

        if (e->config->mqtt.self_test && lane_is_first(e, s->lane) &&
            asprintf(&s->probe, "wardwatch-refused/%s", e->config->site.name) < 0)
                return -ENOMEM;
        options.probe_topic = s->probe;
        redelivery_begin(s->redelivery);
        return ingress_new(&s->ingress, e->base, &options, &sink);
}

int engine_intake_new(struct engine *e) {
        for (enum engine_lane lane = 0; lane < ENGINE_LANES; lane++) {
                const struct config_list *filters = engine_lane_filters(e, lane);
                struct engine_session *s = &e->sessions[lane];
                int r;

                s->engine = e;
                s->lane = lane;
                if (filters->n == 0)
                        continue;
                s->lost = engine_lane_level(e, WW_STR("system/intake-lost"), lane);
                s->closed_before = engine_lane_level(e, WW_STR("system/journal-full"), lane);
                s->known = s->known_written = s->begins != 0;
                r = engine_session_names(e, s);
                if (!r)
                        r = engine_session_open(e, s, filters);
                if (r)
                        return r;
        }
        return 0;
}

int engine_intake_start(struct engine *e) {
        e->broker_open = engine_level_active(e, WW_STR("system/broker-open"), WW_STR(""));
        if (e->broker_open && !e->config->mqtt.self_test) {
                engine_say(e, "broker-closed", NULL, "mqtt.self_test is off: nobody looks");
                e->broker_open = false;
        }
        for (size_t i = 0; i < ENGINE_LANES; i++) {
                int r = e->sessions[i].ingress ? ingress_start(e->sessions[i].ingress, clock_boot()) : 0;

                if (r)
                        return r;
        }
        engine_intake_look(e);
        return 0;
}

void engine_intake_free(struct engine *e) {
        for (size_t i = 0; i < ENGINE_LANES; i++) {
                struct engine_session *s = &e->sessions[i];

                s->ingress = ingress_free(s->ingress);
                s->redelivery = redelivery_free(s->redelivery);
                free(s->client_id);
                free(s->fence);
                free(s->probe);
                free(s->password);
        }
}

size_t engine_intake_take(struct engine *e, enum engine_lane lane, size_t max) {
        struct engine_session *s = &e->sessions[lane];
        int n;

        if (!s->ingress || s->closed || max == 0)
                return 0;
        n = ingress_take(s->ingress, max, clock_boot());
        return n > 0 ? (size_t)n : 0; /* an error has closed the session and told on_state */
}

void engine_intake_release(struct engine *e) {
        for (size_t i = 0; i < ENGINE_LANES; i++) {
                struct engine_session *s = &e->sessions[i];

                if (!s->ingress)
                        continue;
                (void)ingress_release(s->ingress); /* an error closes the session */
                redelivery_read(s->redelivery, ingress_acks_read(s->ingress));
        }
}

static void engine_lane_set(struct engine *e, enum engine_lane lane, bool closed, double fill) {
        struct engine_session *s = &e->sessions[lane];

        if (!s->ingress)
                return;
        if (!closed && s->closed_before)
                engine_say(e, "journal-room", lane_names[lane], "map %.0f %% full", 100 * fill);
        s->closed_before = false;
        if (s->closed == closed)
                return;
        s->closed = closed;
        if (closed) {
                engine_say(e, "journal-full", lane_names[lane],
                           "map %.0f %% full: this session's messages wait at the broker", 100 * fill);
                ingress_pause(s->ingress);
        } else {
                engine_say(e, "journal-room", lane_names[lane], "map %.0f %% full", 100 * fill);
                ingress_resume(s->ingress, clock_boot());
        }
        engine_intake_look(e);
}

void engine_intake_close(struct engine *e, enum engine_lane lane) {
        double fill = journal_fill(e->journal);

        engine_lane_set(e, ENGINE_BULK, true, fill);
        e->lean = true;
        if (lane == ENGINE_URGENT) {
                engine_lane_set(e, ENGINE_URGENT, true, fill);
                e->full = true;
        }
}

void engine_intake_lanes(struct engine *e, double fill) {
        if (fill < ENGINE_FILL_BULK)
                e->held = false;
        else
                engine_intake_close(e, fill >= ENGINE_FILL_URGENT ? ENGINE_URGENT : ENGINE_BULK);
        if (fill < ENGINE_FILL_RESUME) {
                e->full = e->lean = false;
                engine_lane_set(e, ENGINE_URGENT, false, fill);
                engine_lane_set(e, ENGINE_BULK, false, fill);
        }
}

void engine_intake_stop(struct engine *e) {
        for (size_t i = 0; i < ENGINE_LANES; i++) {
                e->sessions[i].closed = true; /* by us: no loss to tell of */
                if (e->sessions[i].ingress)
                        ingress_stop(e->sessions[i].ingress);
        }
}
