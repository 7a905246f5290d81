/*
 * Sparkplug B: edge nodes that say once what they have, and then only what changes.
 *
 *     spBv1.0/GROUP/VERB/NODE[/DEVICE]
 *
 *   NBIRTH ──► all metrics of the node with name, alias and type; numbering starts; its devices have to be born again
 *   DBIRTH ──► the same of one device behind it
 *   NDATA, DDATA ──► metrics by alias
 *   DDEATH ──► the device is gone
 *   NDEATH ──► the node's will: it is gone, and all devices with it
 *
 * Numbers. Each message of a node but NDEATH counts on in `seq` modulo 256: what is missing is told as `gap`. A number
 * that lies behind (a repeat, a message that overtook another) is no gap of 255. `bdSeq` is the same in a birth and in
 * the will that was left with the broker before it: a will of a connection that the node has since replaced comes late,
 * and is `stale`. Of a node whose birth is not known every will counts.
 *
 * Rebirth. Data of somebody unborn, an alias that the birth did not have and a gap mean that we do not know what we
 * should. The node is then asked to be born again (NCMD "Node Control/Rebirth"), at most once in REBIRTH_AFTER, for a
 * node that is not asked too loud is the remedy that other hosts need as well. Until then a metric is called "alias:N".
 *
 * Retained messages are no part of the protocol: such a one is read, but neither counted nor a reason to ask.
 *
 * The document: group, node, device, verb, id ("NODE" or "NODE/DEVICE"), time (ms), seq, bdSeq, stale, gap, rebirth
 * (why), devices (the known ones, of NBIRTH and NDEATH), left_out (metrics that did not fit), and `items`, one for each
 * thing to tell: {what: online | described | offline | gap | metric, …}.
 */
#include "decode/decoders.h"
#include "decode/decoders/sparkplug_metric.h"

#define REBIRTH_AFTER  WW_MINUTE /* journal time between two requests to one node */
#define NODES_MAX      15000     /* of the document, for metrics; the rest are left out (DOCUMENT_NODES_MAX) */
#define PROPERTIES_MAX 32        /* of a birth's description */

/* one message */
struct sparkplug {
        struct sparkplug_state *state;
        const struct decoder_message *message;
        struct decoder_out *out;
        struct ww_str group, verb, node_name, device; /* device: "" = none */
        struct ww_str key, id;
        Sparkplug__Payload *payload;
        struct sparkplug_node *node;
        uint32_t gap;
        size_t left_out;
        bool bdseq_known, stale;
        uint64_t bdseq;
        const char *rebirth; /* why; NULL = not needed */
};

struct sparkplug_verb {
        const char *name;
        bool of_device, has_devices;
        int (*take)(struct sparkplug *s); /* what it changes; before it is written */
        void (*items)(struct sparkplug *s);
};

/* --- reading --- */

static struct ww_str next_level(struct ww_str *topic) {
        const char *slash = topic->n ? memchr(topic->p, '/', topic->n) : NULL;
        struct ww_str level = { topic->p, slash ? (size_t)(slash - topic->p) : topic->n };

        *topic = slash ? (struct ww_str){ slash + 1, topic->n - level.n - 1 } : WW_STR("");
        return level;
}

static bool split_topic(struct sparkplug *s) {
        struct ww_str rest = s->message->topic;

        if (!ww_str_is(next_level(&rest), "spBv1.0"))
                return false;
        s->group = next_level(&rest);
        s->verb = next_level(&rest);
        s->node_name = next_level(&rest);
        s->device = rest;
        return s->group.n && s->node_name.n && !(rest.n && memchr(rest.p, '/', rest.n));
}

static void *allocate(void *out, size_t n) {
        return decoder_alloc(out, n);
}

static void release(void *out, void *p) {
}

static int unpack(struct sparkplug *s) {
        ProtobufCAllocator allocator = { .alloc = allocate, .free = release, .allocator_data = s->out };
        struct ww_str bytes = s->message->payload;

        s->payload = sparkplug__payload__unpack(&allocator, bytes.n, (const uint8_t *)bytes.p);
        return s->payload ? 0 : decoder_fail(s->out, 0, "no payload of Sparkplug B");
}

/* --- numbers --- */

/* Wills carry no number. */
static void note_seq(struct sparkplug *s) {
        struct sparkplug_node *node = s->node;
        uint8_t seq = (uint8_t)s->payload->seq, ahead = (uint8_t)(seq - node->seq - 1);

        if (!s->payload->has_seq || s->message->retained)
                return;
        if (node->seq_known && ahead >= 128) {
                if (ahead != 255)
                        s->rebirth = "out of order";
                return;
        }
        if (node->seq_known && ahead) {
                s->gap = ahead;
                s->rebirth = "numbers are missing";
        }
        node->seq = seq;
        node->seq_known = true;
}

static void read_bdseq(struct sparkplug *s) {
        for (size_t i = 0; i < s->payload->n_metrics; i++) {
                const Sparkplug__Metric *m = s->payload->metrics[i];

                if (m->has_name && ww_str_is(sparkplug_text(m->name), "bdSeq"))
                        s->bdseq_known = sparkplug_metric_integer(m, &s->bdseq);
        }
}

/* --- what each verb changes --- */

static int take_metrics(struct sparkplug *s) {
        size_t n = s->payload->n_metrics;
        struct sparkplug_metric *metrics = decoder_alloc(s->out, (n + 1) * sizeof *metrics);

        if (!metrics)
                return -EBADMSG; /* latched, with its reason */
        for (size_t i = 0; i < n; i++) {
                const Sparkplug__Metric *m = s->payload->metrics[i];

                metrics[i] = (struct sparkplug_metric){ .name = sparkplug_metric_named(m) ? sparkplug_text(m->name)
                                                                                          : WW_STR(""),
                                                        .alias = m->alias,
                                                        .has_alias = m->has_alias,
                                                        .datatype = m->datatype < 256 ? (uint8_t)m->datatype : 0 };
        }
        return sparkplug_part_birth(s->state, s->node, s->device, metrics, n);
}

static int take_birth(struct sparkplug *s) {
        struct sparkplug_part *part;
        int r;

        if (s->device.n == 0) {
                read_bdseq(s);
                s->node->bdseq = s->bdseq;
                s->node->bdseq_known = s->bdseq_known;
                s->node->seq_known = false; /* a birth begins anew */
                sparkplug_node_unborn(s->node);
        }
        note_seq(s);
        r = take_metrics(s);
        part = r ? NULL : sparkplug_part(s->node, s->device);
        if (part)
                part->online = true;
        return r;
}

static bool is_born(const struct sparkplug *s, struct ww_str part) {
        const struct sparkplug_part *p = sparkplug_part(s->node, part);

        return p && p->born;
}

/* of the birth that counts */
static const struct sparkplug_metric *known_metric(const struct sparkplug *s, const Sparkplug__Metric *m) {
        const struct sparkplug_part *part = sparkplug_part(s->node, s->device);

        if (!part || !part->born)
                return NULL;
        return sparkplug_metric_named(m) ? sparkplug_metric_by_name(part, sparkplug_text(m->name))
                                         : sparkplug_metric_by_alias(part, m->alias);
}

static int take_data(struct sparkplug *s) {
        note_seq(s);
        for (size_t i = 0; i < s->payload->n_metrics; i++)
                if (!sparkplug_metric_named(s->payload->metrics[i]) && !known_metric(s, s->payload->metrics[i]))
                        s->rebirth = "an alias is not known";
        if (!is_born(s, WW_STR("")) || !is_born(s, s->device))
                s->rebirth = "data before a birth";
        return 0;
}

static int take_device_death(struct sparkplug *s) {
        struct sparkplug_part *part = sparkplug_part(s->node, s->device);

        note_seq(s);
        if (part)
                part->born = part->online = false;
        return 0;
}

/* Who was online is written first (items_death), and put out of mind afterwards. */
static int take_death(struct sparkplug *s) {
        read_bdseq(s);
        s->stale = s->node->bdseq_known && s->bdseq_known && s->node->bdseq != s->bdseq;
        if (!s->stale) {
                sparkplug_node_unborn(s->node);
                s->node->seq_known = false;
        }
        return 0;
}

/* --- the items of a document --- */

static void write_item(struct sparkplug *s, const char *what, struct ww_str id) {
        decoder_object_begin(s->out);
        decoder_put_text(s->out, "what", ww_str(what));
        decoder_put_text(s->out, "id", id);
        if (s->payload->has_timestamp)
                decoder_put_unsigned(s->out, "time", s->payload->timestamp);
        decoder_object_end(s->out);
}

static void items_metrics(struct sparkplug *s) {
        size_t nodes = 0, i = 0;

        for (; i < s->payload->n_metrics && nodes < NODES_MAX; i++) {
                const Sparkplug__Metric *m = s->payload->metrics[i];

                if (sparkplug_metric_named(m) || m->has_alias)
                        nodes += sparkplug_metric_write(s->out, m, known_metric(s, m), s->payload->timestamp);
        }
        s->left_out = s->payload->n_metrics - i;
}

/* What a birth says of the thing itself stands in metrics of these folders, by the habit of Sparkplug's examples. */
static struct ww_str property_of(const Sparkplug__Metric *m) {
        static const char *const folders[] = { "Properties/", "Node Info/", "Device Info/" };
        struct ww_str name = sparkplug_text(m->name);

        for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
                size_t n = strlen(folders[i]);

                if (m->value_case == SPARKPLUG__METRIC__VALUE_STRING_VALUE && name.n > n &&
                    memcmp(name.p, folders[i], n) == 0)
                        return (struct ww_str){ name.p + n, name.n - n };
        }
        return WW_STR_NONE;
}

static void write_described(struct sparkplug *s) {
        size_t left = PROPERTIES_MAX;

        decoder_object_begin(s->out);
        decoder_put_text(s->out, "what", WW_STR("described"));
        decoder_put_text(s->out, "id", s->id);
        if (s->payload->has_timestamp)
                decoder_put_unsigned(s->out, "time", s->payload->timestamp);
        if (s->device.n)
                decoder_put_text(s->out, "via", s->node_name);
        decoder_put_unsigned(s->out, "metrics", s->payload->n_metrics);
        decoder_key(s->out, WW_STR("properties"));
        decoder_object_begin(s->out);
        for (size_t i = 0; i < s->payload->n_metrics && left; i++) {
                const Sparkplug__Metric *m = s->payload->metrics[i];
                struct ww_str property = property_of(m);

                if (!property.n)
                        continue;
                decoder_key(s->out, property);
                decoder_text(s->out, sparkplug_text(m->string_value));
                left--;
        }
        decoder_object_end(s->out);
        decoder_object_end(s->out);
}

static void items_birth(struct sparkplug *s) {
        write_item(s, "online", s->id);
        write_described(s);
        items_metrics(s);
}

static void items_device_death(struct sparkplug *s) {
        write_item(s, "offline", s->id);
}

static struct ww_str id_of(struct sparkplug *s, struct ww_str device) {
        return device.n ? decoder_printf(s->out, "%.*s/%.*s", WW_STR_ARG(s->node_name), WW_STR_ARG(device))
                        : s->node_name;
}

static void items_death(struct sparkplug *s) {
        if (s->stale)
                return;
        write_item(s, "offline", s->id);
        for (uint32_t i = 0; i < s->node->n; i++) {
                struct sparkplug_part *part = &s->node->parts[i];

                if (part->online && part->name.n)
                        write_item(s, "offline", id_of(s, part->name));
                part->online = false;
        }
}

static const struct sparkplug_verb verbs[] = {
        { "NBIRTH", false, true, take_birth, items_birth },
        { "DBIRTH", true, false, take_birth, items_birth },
        { "NDATA", false, false, take_data, items_metrics },
        { "DDATA", true, false, take_data, items_metrics },
        { "DDEATH", true, false, take_device_death, items_device_death },
        { "NDEATH", false, true, take_death, items_death },
};

static const struct sparkplug_verb *verb_of(const struct sparkplug *s) {
        for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
                if (ww_str_is(s->verb, verbs[i].name))
                        return verbs[i].of_device == (s->device.n > 0) ? &verbs[i] : NULL;
        return NULL;
}

/* --- the document --- */

static void write_devices(struct sparkplug *s) {
        decoder_key(s->out, WW_STR("devices"));
        decoder_array_begin(s->out);
        for (uint32_t i = 0; i < s->node->n; i++)
                if (s->node->parts[i].name.n)
                        decoder_text(s->out, s->node->parts[i].name);
        decoder_array_end(s->out);
}

static void write_gap(struct sparkplug *s) {
        decoder_object_begin(s->out);
        decoder_put_text(s->out, "what", WW_STR("gap"));
        decoder_put_text(s->out, "id", s->node_name);
        decoder_put_unsigned(s->out, "count", s->gap);
        if (s->payload->has_timestamp)
                decoder_put_unsigned(s->out, "time", s->payload->timestamp);
        decoder_object_end(s->out);
}

static void write_head(struct sparkplug *s, const struct sparkplug_verb *verb) {
        struct decoder_out *out = s->out;

        decoder_put_text(out, "group", s->group);
        decoder_put_text(out, "node", s->node_name);
        if (s->device.n)
                decoder_put_text(out, "device", s->device);
        decoder_put_text(out, "verb", s->verb);
        decoder_put_text(out, "id", s->id);
        if (s->payload->has_timestamp)
                decoder_put_unsigned(out, "time", s->payload->timestamp);
        if (s->payload->has_seq)
                decoder_put_unsigned(out, "seq", s->payload->seq);
        if (s->bdseq_known)
                decoder_put_unsigned(out, "bdSeq", s->bdseq);
        decoder_put_bool(out, "stale", s->stale);
        if (s->gap)
                decoder_put_unsigned(out, "gap", s->gap);
        decoder_put_bool(out, "rebirth", s->rebirth != NULL);
        if (s->rebirth)
                decoder_put_text(out, "reason", ww_str(s->rebirth));
        if (verb->has_devices)
                write_devices(s);
}

static void write_document(struct sparkplug *s, const struct sparkplug_verb *verb) {
        decoder_object_begin(s->out);
        write_head(s, verb);
        decoder_key(s->out, WW_STR("items"));
        decoder_array_begin(s->out);
        if (s->gap)
                write_gap(s);
        verb->items(s);
        decoder_array_end(s->out);
        if (s->left_out)
                decoder_put_unsigned(s->out, "left_out", s->left_out);
        decoder_object_end(s->out);
}

/* --- the request --- */

static void request_rebirth(struct sparkplug *s) {
        Sparkplug__Payload payload = SPARKPLUG__PAYLOAD__INIT;
        Sparkplug__Metric metric = SPARKPLUG__METRIC__INIT, *metrics[] = { &metric };
        uint64_t now = (uint64_t)(s->message->time / WW_MSEC);
        struct ww_str topic;
        uint8_t *bytes;

        metric.has_name = metric.has_timestamp = metric.has_datatype = 1;
        metric.name = (ProtobufCBinaryData){ sizeof "Node Control/Rebirth" - 1, (uint8_t *)"Node Control/Rebirth" };
        metric.timestamp = now;
        metric.datatype = 11; /* Boolean */
        metric.value_case = SPARKPLUG__METRIC__VALUE_BOOLEAN_VALUE;
        metric.boolean_value = 1;
        payload.has_timestamp = 1;
        payload.timestamp = now;
        payload.n_metrics = 1;
        payload.metrics = metrics;
        bytes = decoder_alloc(s->out, sparkplug__payload__get_packed_size(&payload));
        topic = decoder_printf(s->out, "spBv1.0/%.*s/NCMD/%.*s", WW_STR_ARG(s->group), WW_STR_ARG(s->node_name));
        if (!bytes || !topic.p)
                return;
        decoder_publish(s->out, topic, (struct ww_str){ (char *)bytes, sparkplug__payload__pack(&payload, bytes) });
        s->node->asked = s->message->time;
}

static bool may_ask(const struct sparkplug *s) {
        int64_t asked = s->node->asked;

        return s->rebirth && !s->message->retained &&
               (asked == WW_TIME_NONE || s->message->time - asked >= REBIRTH_AFTER);
}

static int read_message(void *state, const struct decoder_message *message, struct decoder_out *out) {
        struct sparkplug s = { .state = state, .message = message, .out = out };
        const struct sparkplug_verb *verb = split_topic(&s) ? verb_of(&s) : NULL;
        int r;

        if (!verb)
                return decoder_fail(out, 0, "no topic of an edge node: spBv1.0/GROUP/VERB/NODE[/DEVICE]");
        r = unpack(&s);
        if (r)
                return r;
        s.id = id_of(&s, s.device);
        s.key = decoder_printf(out, "%.*s/%.*s", WW_STR_ARG(s.group), WW_STR_ARG(s.node_name));
        if (!s.id.p || !s.key.p)
                return -EBADMSG;
        s.node = sparkplug_node(s.state, s.key);
        if (!s.node)
                return -ENOMEM;
        r = verb->take(&s);
        if (r)
                return r;
        if (may_ask(&s))
                request_rebirth(&s);
        write_document(&s, verb);
        return 0;
}

const struct decoder decoder_sparkplug = {
        .new_state = sparkplug_state_new,
        .free_state = sparkplug_state_free,
        .save = sparkplug_state_save,
        .load = sparkplug_state_load,
        .forgotten = sparkplug_state_forgotten,
        .read = read_message,
};
