/*
 * Who may publish and read what at the broker: the site's clients, the topics of the sensor types that they speak, and
 * what Wardwatch itself does there. What is not granted is refused: Mosquitto denies whatever its acl_file does not
 * name.
 *
 * A client that speaks for some devices may publish to a topic if the type's pattern, with such a device's name in it,
 * fits. Where the payload says which device it is, the topic cannot be tied to one client; it is granted all the same,
 * and told.
 */
#include "command/broker.h"

#include "config/config.h"
#include "records/kinds.h"
#include "response/rules.h"

#include <stdio.h>

static const char *const ways[] = { "write", "read", "readwrite" };

static void grant(struct broker_rights *r, struct ww_str user, const char *way, struct ww_str filter) {
        json_t *of = json_object_getn(r->users, user.p, user.n), *set;

        if (!of) {
                of = json_pack("{s:{}, s:{}, s:{}}", "write", "read", "readwrite");
                (void)json_object_setn_new(r->users, user.p, user.n, of);
        }
        set = json_object_get(of, way);
        (void)json_object_setn_new(set, filter.p, filter.n, json_true());
}

/* ---- devices ---- */

struct grant_site {
        const struct config *config;
        struct broker_rights *rights;
        const struct ruleset *rules;
        const struct site_client *client;
        struct ww_str user;
};

static struct broker_captures fixed_captures(const struct site_client *client, const struct type *type) {
        struct broker_captures c = { 0 };

        for (size_t i = 0; i < client->n_fixed; i++) {
                int k = topic_name_find(&type->captures, client->fixed[i].name);

                if (k >= 0)
                        c.values[k] = client->fixed[i].value;
        }
        return c;
}

/* Whose payload says which device it is: by filter the type, and the users. */
static void note_payload(struct grant_site *g, const struct type *type, struct ww_str filter) {
        json_t *of = json_object_getn(g->rights->payload, filter.p, filter.n);

        if (!of) {
                of = json_pack("{s:s%, s:{}}", "sensor", type->name.p, type->name.n, "users");
                (void)json_object_setn_new(g->rights->payload, filter.p, filter.n, of);
        }
        (void)json_object_setn_new(json_object_get(of, "users"), g->user.p, g->user.n, json_true());
}

/* `type`: the payload says the device; NULL: the topic does. */
static void grant_message(struct grant_site *g, const struct type_message *m, const struct broker_captures *captures,
                          const struct type *type) {
        for (size_t i = 0; i < m->n_topics; i++)
                for (size_t k = 0; k < m->topics[i].n; k++) {
                        _cleanup_buf_ struct buf filter = BUF_INIT;

                        if (broker_filter(&m->topics[i].patterns[k], captures, &filter))
                                grant(g->rights, g->user, "write", buf_str(&filter));
                        if (type && filter.n)
                                note_payload(g, type, buf_str(&filter));
                }
}

/* "zigbee2mqtt/ward3_door" of type zigbee2mqtt is ward3_door; a name may stand for itself, too. */
static struct ww_str without_type(struct ww_str device, const struct type *type) {
        size_t n = type->name.n;

        if (device.n > n + 1 && device.p[n] == '/' && memcmp(device.p, type->name.p, n) == 0)
                return (struct ww_str){ device.p + n + 1, device.n - n - 1 };
        return device;
}

/* A message that means nothing says no device; it is let through all the same, as far as its topic goes. */
static void grant_ignored(struct grant_site *g, const struct type *type, const struct type_message *m,
                          struct ww_str device) {
        struct broker_captures captures = fixed_captures(g->client, type);
        int k = topic_name_find(&type->captures, WW_STR("device"));

        if (k >= 0 && !captures.values[k].p)
                captures.values[k] = device;
        grant_message(g, m, &captures, NULL);
}

static void grant_source(struct grant_site *g, const struct type *type, const struct type_message *m,
                         const struct source *source, struct ww_str device) {
        struct broker_captures captures = fixed_captures(g->client, type);

        switch (broker_device(source, device, &captures)) {
        case BROKER_NAME_TOPIC:
                grant_message(g, m, &captures, NULL);
                break;
        case BROKER_NAME_PAYLOAD:
                captures = fixed_captures(g->client, type);
                grant_message(g, m, &captures, type);
                break;
        case BROKER_NAME_OTHER:
                break;
        }
}

static void grant_device(struct grant_site *g, const struct type *type, struct ww_str device) {
        struct ww_str short_name = without_type(device, type);

        for (size_t i = 0; i < type->n_messages; i++) {
                const struct type_message *m = &type->messages[i];

                if (!m->device) {
                        grant_ignored(g, type, m, short_name);
                        continue;
                }
                grant_source(g, type, m, m->device, device);
                if (short_name.n != device.n)
                        grant_source(g, type, m, m->device, short_name);
                for (size_t k = 0; k < m->n_events; k++)
                        if (m->events[k].device)
                                grant_source(g, type, m, m->events[k].device, short_name);
        }
}

static const struct type *find_type(const struct ruleset *rules, struct ww_str name) {
        for (size_t i = 0; i < rules->types->n; i++)
                if (ww_str_equal(rules->types->types[i].name, name))
                        return &rules->types->types[i];
        return NULL;
}

static void grant_type(struct grant_site *g, const struct type *type, uint32_t asset) {
        const struct site_client *client = g->client;

        if (!client->selects) {
                const struct broker_captures captures = fixed_captures(client, type);

                for (size_t i = 0; i < type->n_messages; i++)
                        grant_message(g, &type->messages[i], &captures, NULL);
                return;
        }
        for (size_t i = 0; i < client->n_assets; i++)
                if (asset == SITE_NONE || client->assets[i] == asset)
                        grant_device(g, type, site_asset(g->rules->site, client->assets[i])->device);
}

/* One of the clients that an entry stands for. */
static void grant_client(struct grant_site *g, uint32_t asset) {
        const struct site_client *client = g->client;

        for (size_t i = 0; i < client->n_sensors; i++)
                grant_type(g, find_type(g->rules, client->sensors[i]), asset);
        for (size_t i = 0; i < client->n_publish; i++)
                grant(g->rights, g->user, "write", client->publish[i]);
        for (size_t i = 0; i < client->n_subscribe; i++)
                grant(g->rights, g->user, "read", client->subscribe[i]);
        if (client->n_sensors + client->n_publish == 0 && client->n_subscribe == 0)
                grant(g->rights, g->user, "write", WW_STR(""));
}

/* "{device}" and "{asset}" in a client's name. */
static void client_name(const struct site_client *client, const struct site_asset *asset, struct buf *out) {
        struct ww_str user = client->user;

        for (size_t i = 0; i < user.n;) {
                if (asset && user.n - i >= 8 && memcmp(user.p + i, "{device}", 8) == 0) {
                        buf_put(out, asset->device.p, asset->device.n);
                        i += 8;
                } else if (asset && user.n - i >= 7 && memcmp(user.p + i, "{asset}", 7) == 0) {
                        buf_put(out, asset->id.p, asset->id.n);
                        i += 7;
                } else {
                        buf_put(out, user.p + i++, 1);
                }
        }
}

static int check_sensors(const struct site_client *client, const struct ruleset *rules, struct diag *d) {
        for (size_t i = 0; i < client->n_sensors; i++) {
                const char *nearest;

                if (find_type(rules, client->sensors[i]))
                        continue;
                nearest = decode_types_nearest(rules->types, client->sensors[i]);
                return diag_error(d, client->pos, nearest ? "name a type of paths.sensors" : "look at paths.sensors",
                                  nearest ? "client `%.*s`: no sensor type `%.*s`; did you mean `%s`?"
                                          : "client `%.*s`: no sensor type `%.*s`%s",
                                  WW_STR_ARG(client->user), WW_STR_ARG(client->sensors[i]), nearest ? nearest : "");
        }
        return 0;
}

/* A name is the client identifier, too (use_username_as_clientid): such a client would take our session, and all that
 * waits in it. */
static int check_name(const struct grant_site *g, const struct buf *name, struct diag *d) {
        static const char *const sessions[] = { "urgent", "bulk" };
        const char *own = g->config->mqtt.client_id;

        if (name->error)
                return name->error;
        for (size_t i = 0; i < sizeof sessions / sizeof *sessions; i++) {
                char session[96];

                (void)snprintf(session, sizeof session, "%s-%s", own, sessions[i]);
                if (ww_str_is(buf_str(name), session))
                        return diag_error(d, g->client->pos, "give it another name, or change mqtt.client_id",
                                          "client `%s` is called as one of our own sessions at the broker", session);
        }
        return 0;
}

static int grant_entry(struct grant_site *g, struct diag *d) {
        const struct site_client *client = g->client;
        int r = check_sensors(client, g->rules, d);

        if (r)
                return r;
        if (client->selects && client->n_assets == 0)
                diag_warning(d, client->pos, "look at `class`, `assets`, `under`: none of those has a `device`",
                             "client `%.*s` speaks for no device", WW_STR_ARG(client->user));
        for (size_t i = 0; i < (client->each ? client->n_assets : 1); i++) {
                uint32_t asset = client->each ? client->assets[i] : SITE_NONE;
                _cleanup_buf_ struct buf name = BUF_INIT;

                client_name(client, client->each ? site_asset(g->rules->site, asset) : NULL, &name);
                r = check_name(g, &name, d);
                if (r)
                        return r;
                g->user = buf_str(&name);
                grant_client(g, asset);
        }
        return r;
}

/* ---- Wardwatch itself ---- */

/* A topic with {words} in it, as a filter. */
static void put_template(struct ww_str topic, struct buf *out) {
        const char *p = topic.p, *end = topic.p + topic.n;

        while (p < end) {
                const char *slash = memchr(p, '/', (size_t)(end - p)), *stop = slash ? slash : end;

                if (memchr(p, '{', (size_t)(stop - p)))
                        buf_puts(out, "+");
                else
                        buf_put(out, p, (size_t)(stop - p));
                if (slash)
                        buf_puts(out, "/");
                p = stop + 1;
        }
}

static void grant_template(struct broker_rights *r, struct ww_str user, struct ww_str topic) {
        _cleanup_buf_ struct buf filter = BUF_INIT;

        if (!topic.n)
                return;
        put_template(topic, &filter);
        grant(r, user, "write", buf_str(&filter));
}

static void grant_said(struct broker_rights *r, struct ww_str user, const struct ruleset *rules) {
        for (size_t i = 0; rules->response && i < rules->response->n_procedures; i++)
                for (size_t k = 0; k < rules->response->procedures[i].n; k++)
                        grant_template(r, user, rules->response->procedures[i].steps[k].action.topic);
        for (size_t i = 0; rules->records && i < rules->records->n_kinds; i++)
                for (size_t k = 0; k < rules->records->kinds[i].n_acts; k++)
                        grant_template(r, user, rules->records->kinds[i].acts[k].publish);
        /* a node of Sparkplug is asked for its birth */
        for (size_t i = 0; i < rules->types->n; i++)
                if (ww_str_is(rules->types->types[i].name, "sparkplug"))
                        grant(r, user, "write", WW_STR("spBv1.0/+/NCMD/+"));
}

static void grant_own(struct broker_rights *r, const struct config *config, const struct ruleset *rules) {
        const struct config_list *const lists[] = { &config->mqtt.urgent, &config->mqtt.bulk };
        const struct ww_str user = ww_str(config->mqtt.user);
        _cleanup_buf_ struct buf own = BUF_INIT;

        for (size_t i = 0; i < 2; i++)
                for (size_t k = 0; k < lists[i]->n; k++)
                        grant(r, user, "read", ww_str(lists[i]->items[k]));
        buf_printf(&own, "wardwatch/%s/#", config->site.name);
        grant(r, user, "readwrite", buf_str(&own));
        grant_said(r, user, rules);
}

/* ---- the whole ---- */

int broker_rights_of(struct broker_rights *ret, const struct config *config, const struct ruleset *rules,
                     struct diag *d) {
        struct grant_site g = { .config = config, .rights = ret, .rules = rules };
        int r = 0;

        *ret = (struct broker_rights){ json_object(), json_object() };
        if (!ret->users || !ret->payload)
                return -ENOMEM;
        if (config->mqtt.user[0])
                grant_own(ret, config, rules);
        for (size_t i = 0; r == 0 && i < site_client_count(rules->site); i++) {
                g.client = site_client(rules->site, i);
                r = grant_entry(&g, d);
        }
        return r;
}

size_t broker_rights_shared(const struct broker_rights *r) {
        const char *topic;
        json_t *value;
        size_t n = 0;

        json_object_foreach(r->payload, topic, value) n += json_object_size(json_object_get(value, "users")) > 1;
        return n;
}

void broker_rights_deinit(struct broker_rights *r) {
        json_decref(r->users);
        json_decref(r->payload);
}

static void put_user(const char *user, const json_t *rights, struct buf *out) {
        buf_printf(out, "\nuser %s\n", user);
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
                const char *filter;
                json_t *value;

                json_object_foreach(json_object_get(rights, ways[i]), filter, value) {
                        if (*filter)
                                buf_printf(out, "topic %s %s\n", ways[i], filter);
                }
        }
}

void broker_acl_text(const struct broker_rights *r, const char *site, const char *simulator,
                     const struct config *config, struct buf *out) {
        const struct config_list *const lists[] = { &config->mqtt.urgent, &config->mqtt.bulk };
        const char *user, *topic;
        json_t *value;

        buf_printf(out,
                   "# Made by `wardwatch broker acl` from the site `%s`; make it anew when the site changes.\n"
                   "# What is not named here is refused.\n",
                   site);
        json_object_foreach(r->payload, topic, value) {
                size_t n = json_object_size(json_object_get(value, "users"));

                if (n > 1)
                        buf_printf(out,
                                   "# Topic %s (%s) is of %zu clients: only the payload says which device speaks.\n",
                                   topic, json_string_value(json_object_get(value, "sensor")), n);
        }
        json_object_foreach(r->users, user, value) put_user(user, value, out);
        if (!simulator)
                return;
        buf_printf(out, "\n# for trials: every device at once\nuser %s\n", simulator);
        for (size_t i = 0; i < 2; i++)
                for (size_t k = 0; k < lists[i]->n; k++)
                        buf_printf(out, "topic write %s\n", lists[i]->items[k]);
        json_object_foreach(json_object_get(json_object_get(r->users, config->mqtt.user), "write"), topic, value)
                buf_printf(out, "topic read %s\n", topic);
}
