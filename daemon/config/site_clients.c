/*
 * Who connects to the broker, as it is written: a user name, what it speaks (sensor types), and for which devices. The
 * broker's ACL is made of it (command/broker_acl.c); the engine itself does not look.
 *
 *     clients:
 *       - {client: bridge-zigbee, sensors: zigbee2mqtt, under: bridge-zigbee}
 *       - {client: "{device}", sensors: access-control, class: door}
 *       - {client: gw-w3, sensors: wardtag, topic: {gateway: gw-w3}}
 */
#include "config/site_internal.h"
#include "config/topic_filter.h"

#include <stdlib.h>

#define WORDS_MAX 1000

const struct site_key site_client_keys[] = {
        { "client", "its user name at the broker; with `{device}` or `{asset}` in it one client for each of the assets",
          NULL },
        { "title", "what people read", NULL },
        { "sensors", "the sensor type that it speaks, or a list of them", NULL },
        { "assets", "it speaks for these devices: an asset or a list; without `assets`, `under` and `class` for any",
          NULL },
        { "under", "for this asset and all that depend on it (`parent`), or a list", NULL },
        { "class", "for all assets of this class, or a list", NULL },
        { "topic", "captures of the types' topics that are fixed: `{gateway: gw-w3}`", NULL },
        { "publish", "further topic filters that it may publish to, or a list", NULL },
        { "subscribe", "topic filters that it may read: what is said to it", NULL },
};
const size_t site_client_keys_n = sizeof site_client_keys / sizeof *site_client_keys;

struct words {
        const struct yaml_node *items[WORDS_MAX];
        size_t n;
};

/* One word, or a list of them. 0 or DIAG_E_USER. */
static int words_of(struct site_compiler *c, const struct yaml_node *entry, const char *key, struct words *w) {
        const struct yaml_node *n = yaml_get(entry, key);

        w->n = 0;
        if (!n || site_is_nothing(n))
                return 0;
        if (n->type == YAML_MAPPING || (n->type == YAML_SEQUENCE && n->n > WORDS_MAX))
                return diag_error(c->d, n->pos, "one word, or a list of them: `[one, two]`",
                                  "%s of a client cannot be read", key);
        if (n->type == YAML_SCALAR) {
                w->items[w->n++] = n;
                return 0;
        }
        yaml_each(item, n)
                w->items[w->n++] = item;
        return 0;
}

static int read_texts(struct site_compiler *c, const struct yaml_node *entry, const char *key, bool filters,
                      const struct ww_str **ret, size_t *ret_n) {
        struct words w;
        struct ww_str *texts;
        int r = words_of(c, entry, key, &w);

        if (r || w.n == 0)
                return r;
        texts = arena_array(&c->site->arena, struct ww_str, w.n);
        if (!texts)
                return -ENOMEM;
        for (size_t i = 0; i < w.n && !r; i++) {
                struct ww_str text;
                const char *fault;

                r = yaml_string(w.items[i], key, c->d, &text);
                fault = !r && filters ? topic_filter_fault(text) : NULL;
                if (fault)
                        r = diag_error(c->d, w.items[i]->pos, "such as `locks/+/set`",
                                       "`%.*s` is not a topic filter: %s", WW_STR_ARG(text), fault);
                texts[i] = r ? WW_STR_NONE : arena_copy(&c->site->arena, text);
                if (!r && !texts[i].p)
                        r = -ENOMEM;
        }
        *ret = texts;
        *ret_n = w.n;
        return r;
}

static int read_fixed(struct site_compiler *c, const struct yaml_node *entry, struct site_client *client) {
        const struct yaml_node *n = yaml_get(entry, "topic");
        struct site_capture *fixed;
        int r = 0;

        if (!n || site_is_nothing(n))
                return 0;
        if (n->type != YAML_MAPPING)
                return diag_error(c->d, n->pos, "write `topic: {gateway: gw-w3}`", "topic of a client must be a group");
        fixed = arena_array(&c->site->arena, struct site_capture, n->n ? n->n : 1);
        if (!fixed)
                return -ENOMEM;
        client->fixed = fixed;
        yaml_each(item, n) {
                struct ww_str text;

                r = r ? r : yaml_string(item, "a capture", c->d, &text);
                if (r)
                        return r;
                fixed[client->n_fixed].name = arena_copy(&c->site->arena, item->key);
                fixed[client->n_fixed].value = arena_copy(&c->site->arena, text);
                if (!fixed[client->n_fixed].name.p || !fixed[client->n_fixed].value.p)
                        return -ENOMEM;
                client->n_fixed++;
        }
        return 0;
}

static int read_name(struct site_compiler *c, const struct yaml_node *entry, struct site_client *client) {
        const struct yaml_node *n = yaml_get(entry, "client");
        struct ww_str id;
        int r;

        if (!n)
                return diag_error(c->d, entry->pos, "write `- client: USER` and the other keys below it",
                                  "the entry has no `client`");
        r = site_read_id(n, "client", c->d, &id);
        if (r)
                return r;
        if (memchr(id.p, ':', id.n))
                return diag_error(c->d, n->pos, "write `-` in its place", "a user name at the broker may not hold `:`");
        client->user = arena_copy(&c->site->arena, id);
        return client->user.p ? 0 : -ENOMEM;
}

static int read_client(struct site_compiler *c, const struct yaml_node *entry) {
        struct site *s = c->site;
        struct site_client client = { .pos = entry->pos }, *clients;
        const struct yaml_node **nodes;
        int r = site_keys_check(c, entry, "client", site_client_keys, site_client_keys_n);

        r = r ? r : read_name(c, entry, &client);
        r = r ? r : site_read_text(c, entry, "title", &client.title);
        r = r ? r : read_texts(c, entry, "sensors", false, &client.sensors, &client.n_sensors);
        r = r ? r : read_texts(c, entry, "publish", true, &client.publish, &client.n_publish);
        r = r ? r : read_texts(c, entry, "subscribe", true, &client.subscribe, &client.n_subscribe);
        r = r ? r : read_fixed(c, entry, &client);
        if (r)
                return r;
        clients = site_array_room(s->clients, s->n_clients, sizeof *clients);
        if (!clients)
                return -ENOMEM;
        s->clients = clients;
        nodes = site_array_room(c->client_nodes, s->n_clients, sizeof *nodes);
        if (!nodes)
                return -ENOMEM;
        c->client_nodes = nodes;
        client.pos.file = c->path;
        nodes[s->n_clients] = entry;
        clients[s->n_clients++] = client;
        return 0;
}

int site_read_clients(struct site_compiler *c, const struct yaml_node *list) {
        int r = 0;

        if (list->type != YAML_SEQUENCE)
                return site_is_nothing(list)
                               ? 0
                               : site_told(c, diag_error(c->d, list->pos, "write each client as `- client: USER`",
                                                         "clients must be a list"));
        yaml_each(entry, list)
                if (r == 0)
                        r = site_told(c, read_client(c, entry));
        return r;
}

/* ---- once all assets are read ---- */

struct selection {
        struct words named, under, classes;
        uint32_t named_assets[WORDS_MAX], under_assets[WORDS_MAX];
};

static void resolve_words(struct site_compiler *c, const struct words *w, const char *key, uint32_t *ret) {
        for (size_t i = 0; i < w->n; i++)
                ret[i] = site_resolve_item(c, w->items[i], key, "asset", c->site->asset_ids);
}

static bool selected(const struct site *s, const struct selection *x, uint32_t asset) {
        for (size_t i = 0; i < x->named.n; i++)
                if (x->named_assets[i] == asset)
                        return true;
        for (size_t i = 0; i < x->under.n; i++)
                if (x->under_assets[i] != SITE_NONE &&
                    (x->under_assets[i] == asset || site_asset_under(s, asset, x->under_assets[i])))
                        return true;
        for (size_t i = 0; i < x->classes.n; i++)
                if (ww_str_equal(s->assets[asset].class_name, x->classes.items[i]->text))
                        return true;
        return false;
}

static int check_classes(struct site_compiler *c, const struct words *w) {
        for (size_t i = 0; i < w->n; i++) {
                struct ww_str name;
                int r = yaml_string(w->items[i], "class", c->d, &name);

                if (!r && !site_class_known(c->site, name))
                        diag_warning(c->d, w->items[i]->pos, "classes stand at the assets of the site's files",
                                     "no asset of class `%.*s`", WW_STR_ARG(name));
                if (r)
                        return r;
        }
        return 0;
}

static int resolve_client(struct site_compiler *c, struct site_client *client, const struct yaml_node *entry,
                          struct selection *x) {
        struct site *s = c->site;
        uint32_t *assets;
        int r = words_of(c, entry, "assets", &x->named);

        r = r ? r : words_of(c, entry, "under", &x->under);
        r = r ? r : words_of(c, entry, "class", &x->classes);
        r = r ? r : check_classes(c, &x->classes);
        if (r)
                return site_told(c, r);
        resolve_words(c, &x->named, "assets", x->named_assets);
        resolve_words(c, &x->under, "under", x->under_assets);
        client->selects = x->named.n + x->under.n + x->classes.n > 0;
        client->each = memchr(client->user.p, '{', client->user.n) != NULL;
        if (client->each && !client->selects)
                return site_told(c, diag_error(c->d, entry->pos, "add `class`, `assets` or `under`",
                                               "client `%.*s` is one for each asset, and names none",
                                               WW_STR_ARG(client->user)));
        assets = arena_array(&s->arena, uint32_t, s->n_assets ? s->n_assets : 1);
        if (!assets)
                return -ENOMEM;
        client->assets = assets;
        for (uint32_t i = 0; i < s->n_assets; i++)
                if (s->assets[i].device.n && selected(s, x, i))
                        assets[client->n_assets++] = i;
        return 0;
}

int site_resolve_clients(struct site_compiler *c) {
        _cleanup_free_ struct selection *x = malloc(sizeof *x);
        int r = x ? 0 : -ENOMEM;

        for (size_t i = 0; r == 0 && i < c->site->n_clients; i++)
                r = resolve_client(c, &c->site->clients[i], c->client_nodes[i], x);
        return r;
}

/* ---- questions ---- */

size_t site_client_count(const struct site *s) {
        return s->n_clients;
}

const struct site_client *site_client(const struct site *s, size_t index) {
        return index < s->n_clients ? &s->clients[index] : NULL;
}
