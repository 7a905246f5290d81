#include "config/config_internal.h"
#include "config/topic_filter.h"

#include <arpa/inet.h>
#include <stdio.h>

static bool is_loopback(const char *host) {
        struct in6_addr v6;
        struct in_addr v4;

        if (strcasecmp(host, "localhost") == 0)
                return true;
        if (inet_pton(AF_INET, host, &v4) == 1)
                return (ntohl(v4.s_addr) >> 24) == 127;
        return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* The place of entry `i` of a list key. */
static struct diag_pos entry_pos(const struct config *c, const struct yaml_node *const *nodes, const char *name,
                                 size_t i) {
        for (size_t k = 0; k < config_keys_n; k++) {
                if (strcmp(config_keys[k].name, name) != 0 || !nodes[k] || nodes[k]->type != YAML_SEQUENCE)
                        continue;
                yaml_each(item, nodes[k])
                        if (i-- == 0)
                                return item->pos;
        }
        return config_check_pos(c, nodes, name);
}

static bool check_filters(const struct config *c, const struct yaml_node *const *nodes, const char *name,
                          const struct config_list *list, struct diag *d) {
        bool good = true;

        for (size_t i = 0; i < list->n; i++) {
                const char *fault = topic_filter_fault(ww_str(list->items[i]));

                if (!fault)
                        continue;
                (void)diag_error(d, entry_pos(c, nodes, name, i), "such as `sensors/#` or `sensors/+/state`",
                                 "%s: `%s` is not a topic filter: %s", name, list->items[i], fault);
                good = false;
        }
        return good;
}

static void check_overlap(const struct config *c, const struct yaml_node *const *nodes, struct diag *d) {
        const struct config_list *urgent = &c->mqtt.urgent, *bulk = &c->mqtt.bulk;

        for (size_t i = 0; i < bulk->n; i++)
                for (size_t j = 0; j < urgent->n; j++)
                        if (topic_filter_overlap(ww_str(bulk->items[i]), ww_str(urgent->items[j])))
                                (void)diag_error(d, entry_pos(c, nodes, "mqtt.bulk", i),
                                                 "make them disjoint, or messages come twice",
                                                 "mqtt.bulk: `%s` overlaps mqtt.urgent: `%s`", bulk->items[i],
                                                 urgent->items[j]);
}

static void check_doubled(const struct config *c, const struct yaml_node *const *nodes, const char *name,
                          const struct config_list *list, struct diag *d) {
        for (size_t i = 0; i < list->n; i++)
                for (size_t j = 0; j < i; j++)
                        if (topic_filter_overlap(ww_str(list->items[i]), ww_str(list->items[j])))
                                diag_warning(d, entry_pos(c, nodes, name, i), "take the narrower one out",
                                             "%s: `%s` overlaps `%s`: a broker may deliver a message twice", name,
                                             list->items[i], list->items[j]);
}

static void check_transport(const struct config *c, const struct yaml_node *const *nodes, struct diag *d) {
        if (!c->mqtt.tls && !is_loopback(c->mqtt.host))
                diag_warning(d, config_check_pos(c, nodes, "mqtt.host"),
                             "set mqtt.tls, or use a broker on this machine",
                             "messages of `%s` cross the network unprotected", c->mqtt.host);
        if (!c->mqtt.tls && *c->mqtt.cert_file)
                diag_warning(d, config_check_pos(c, nodes, "mqtt.cert_file"), "set mqtt.tls",
                             "a certificate, but no TLS");
        if (!*c->mqtt.cert_file != !*c->mqtt.key_file)
                (void)diag_error(d, config_check_pos(c, nodes, *c->mqtt.cert_file ? "mqtt.cert_file" : "mqtt.key_file"),
                                 "set both or neither", "mqtt.cert_file and mqtt.key_file belong together");
        if (*c->mqtt.password_file && !*c->mqtt.user)
                (void)diag_error(d, config_check_pos(c, nodes, "mqtt.password_file"), "set mqtt.user as well",
                                 "a password, but no user");
}

/* A checkpoint must not come back to us as a sensor's message. */
static void check_proof_topic(const struct config *c, const struct yaml_node *const *nodes, struct diag *d) {
        const struct config_list *const lists[] = { &c->mqtt.urgent, &c->mqtt.bulk };
        const struct diag_pos pos = config_check_pos(c, nodes, "proof.topic");
        const char *topic = c->proof.topic;
        char own[128]; /* what is below is nobody's sensor, whatever the filters */
        int n = snprintf(own, sizeof own, "wardwatch/%s/", c->site.name);

        if (!*topic || strcmp(topic, "off") == 0)
                return;
        if (topic_filter_fault(ww_str(topic)) || strpbrk(topic, "+#") || *topic == '$') {
                (void)diag_error(d, pos, "a name such as `audit/wardwatch/proof`, or `off`",
                                 "proof.topic: `%s` is not a topic that one can publish on", topic);
                return;
        }
        for (size_t k = 0; k < 2 && strncmp(topic, own, (size_t)n) != 0; k++)
                for (size_t i = 0; i < lists[k]->n; i++)
                        if (topic_filter_overlap(ww_str(topic), ww_str(lists[k]->items[i])))
                                (void)diag_error(d, pos,
                                                 "take another one: the daemon would read it as a sensor's message",
                                                 "proof.topic: `%s` is among the topics of mqtt.%s: `%s`", topic,
                                                 k ? "bulk" : "urgent", lists[k]->items[i]);
}

void config_check_mqtt(const struct config *c, const struct yaml_node *const *nodes, struct diag *d) {
        bool urgent = check_filters(c, nodes, "mqtt.urgent", &c->mqtt.urgent, d);
        bool bulk = check_filters(c, nodes, "mqtt.bulk", &c->mqtt.bulk, d);

        if (urgent && bulk)
                check_overlap(c, nodes, d);
        if (urgent)
                check_doubled(c, nodes, "mqtt.urgent", &c->mqtt.urgent, d);
        if (bulk)
                check_doubled(c, nodes, "mqtt.bulk", &c->mqtt.bulk, d);
        if (urgent && bulk)
                check_proof_topic(c, nodes, d);
        if (c->mqtt.urgent.n == 0)
                diag_warning(d, config_check_pos(c, nodes, "mqtt.urgent"),
                             "give panic, fire, duress and infant messages topics of their own",
                             "no urgent topics: a panic button queues behind everything else");
        if (c->mqtt.backoff_min > c->mqtt.backoff_max)
                (void)diag_error(d, config_check_pos(c, nodes, "mqtt.backoff_min"),
                                 "lower it, or raise mqtt.backoff_max",
                                 "mqtt.backoff_min is larger than mqtt.backoff_max");
        check_transport(c, nodes, d);
}
