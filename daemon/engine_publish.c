/*
 * What is said to devices: outputs of a turn that go to the broker after its commit. They leave with the acks, by a
 * session that is connected; which one does not matter, both are the same user. Nothing is kept: who is asked and does
 * not answer is asked again by whoever wanted it (decoders, in their own time). A replay concludes them again and sends
 * nothing, because it has another sink (engine_replay.c).
 */
#include "engine_internal.h"

static char *copy_of(struct ww_str s, size_t *ret_n) {
        *ret_n = s.n;
        return ww_str_copy(s);
}

static void publish_deinit(struct engine_publish *p) {
        free(p->topic);
        free(p->payload);
}

int engine_publish_keep(struct engine *e, const struct ww_publish *publish) {
        struct engine_publish p = { .qos = publish->qos, .retain = publish->retain };

        if (e->n_publishes == ENGINE_PUBLISH_MAX) {
                e->publishes_dropped++;
                return 0;
        }
        p.topic = copy_of(publish->topic, &p.topic_n);
        p.payload = copy_of(publish->payload, &p.payload_n);
        if (!p.topic || !p.payload) {
                publish_deinit(&p);
                return -ENOMEM;
        }
        e->publishes[e->n_publishes++] = p;
        return 0;
}

static bool publish_send(struct engine *e, const struct engine_publish *p) {
        const struct ww_str topic = { p->topic, p->topic_n }, payload = { p->payload, p->payload_n };

        for (enum engine_lane lane = 0; lane < ENGINE_LANES; lane++) {
                struct ingress *ingress = e->sessions[lane].ingress;

                if (ingress && ingress_publish(ingress, topic, payload, p->qos, p->retain) == 0)
                        return true;
        }
        return false;
}

void engine_publish_committed(struct engine *e) {
        for (size_t i = 0; i < e->n_publishes; i++) {
                if (!publish_send(e, &e->publishes[i]))
                        e->publishes_dropped++;
                publish_deinit(&e->publishes[i]);
        }
        e->n_publishes = 0;
}

void engine_publish_free(struct engine *e) {
        for (size_t i = 0; i < e->n_publishes; i++)
                publish_deinit(&e->publishes[i]);
        e->n_publishes = 0;
}
