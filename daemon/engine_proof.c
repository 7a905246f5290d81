/*
 * The checkpoints of the hash chain, on a retained topic: whoever keeps what comes there (another machine, another
 * department) holds what the database's owner cannot take back.
 *
 *   store ── {"cmd":"checkpoint"} ──► engine ── proof.topic, QoS 1, retained ──► broker
 *
 * The newest is kept and published again whenever a session is back: a broker that was restarted may have forgotten it.
 * At its stop the engine asks the store for one more and waits for it, STOP_WAIT at most: behind it nobody is there who
 * could publish.
 */
#include "engine_internal.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

#define STOP_WAIT 2 /* seconds */
#define TEXT_MAX  (64 * 1024)

int engine_proof_new(struct engine *e) {
        const char *topic = e->config->proof.topic;

        if (strcmp(topic, "off") == 0)
                return 0;
        if (*topic)
                e->proof.topic = strdup(topic);
        else if (asprintf(&e->proof.topic, "wardwatch/%s/proof", e->config->site.name) < 0)
                e->proof.topic = NULL;
        return e->proof.topic ? 0 : -ENOMEM;
}

void engine_proof_free(struct engine *e) {
        free(e->proof.topic);
        free(e->proof.text);
        if (e->proof.patience)
                event_free(e->proof.patience);
}

static void leave(struct engine *e) {
        e->stopping = true;
        event_base_loopbreak(e->base);
}

void engine_proof_publish(struct engine *e) {
        const struct ww_publish publish = {
                .topic = ww_str(e->proof.topic), .payload = ww_str(e->proof.text), .qos = 1, .retain = true
        };

        if (e->proof.topic && e->proof.text && engine_publish_keep(e, &publish) == 0)
                engine_turn_wanted(e);
}

bool engine_proof_take(struct engine *e, uint64_t seq, const char *text) {
        char *copy = strlen(text) <= TEXT_MAX ? strdup(text) : NULL;

        if (!copy)
                return false;
        free(e->proof.text);
        e->proof.text = copy;
        e->proof.seq = seq;
        engine_proof_publish(e);
        if (e->proof.waiting && seq >= e->proof.waiting) {
                engine_turn(e); /* sends it */
                leave(e);
        }
        return true;
}

static void on_patience(evutil_socket_t fd, short what, void *userdata) {
        struct engine *e = userdata;

        (void)fd;
        (void)what;
        log_warning("checkpoint-late", e->proof.topic,
                    "no checkpoint of the last inputs came from the store: it is published at the next start");
        leave(e);
}

bool engine_proof_last(struct engine *e) {
        const struct timeval patience = { .tv_sec = STOP_WAIT };

        if (e->proof.waiting || !e->proof.topic || !e->proof.text || e->proof.seq >= e->committed ||
            !engine_feed_ask_last(e))
                return false; /* told a second time: at once */
        e->proof.patience = evtimer_new(e->base, on_patience, e);
        if (!e->proof.patience || event_add(e->proof.patience, &patience) != 0)
                return false;
        e->proof.waiting = e->committed;
        return true;
}
