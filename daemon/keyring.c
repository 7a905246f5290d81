#include "keyring.h"
#include "config/config.h"
#include "config/topic_filter.h"
#include "config/yaml.h"

#include <sodium.h>

static const char *const keys[] = { "device", "topics", "key", "unsigned" };

struct loader {
        struct keyring *k;
        struct diag *d;
};

static int read_topics(const struct loader *l, const struct yaml_node *n, struct keyring_device *to) {
        int result = 0;

        if (!n || n->type != YAML_SEQUENCE || !n->n)
                return diag_error(l->d, n ? n->pos : (struct diag_pos){ 0 }, "write `topics: [\"ward/3/#\"]`",
                                  "topics must be a list of filters");
        to->filters = arena_array(&l->k->arena, struct ww_str, n->n);
        if (!to->filters)
                return -ENOMEM;
        yaml_each(item, n) {
                struct ww_str text = WW_STR_NONE;
                int r = yaml_string(item, "a topic", l->d, &text);
                const char *fault = r ? NULL : topic_filter_fault(text);

                if (fault)
                        r = diag_error(l->d, item->pos, "see `mqtt.bulk`", "`%.*s` is no topic filter: %s",
                                       WW_STR_ARG(text), fault);
                text = r ? WW_STR_NONE : arena_copy(&l->k->arena, text);
                to->filters[to->n_filters] = text;
                to->n_filters += text.p != NULL;
                result = r ? r : result;
        }
        return result;
}

/* Never in a message: it is a secret. */
static int read_key(const struct loader *l, const struct yaml_node *n, struct keyring_device *to) {
        struct ww_str text = WW_STR_NONE;
        size_t bytes = 0;
        int r = yaml_string(n, "key", l->d, &text);

        if (r)
                return r;
        if (sodium_hex2bin(to->key, sizeof to->key, text.p, text.n, NULL, &bytes, NULL) < 0 ||
            bytes != sizeof to->key || text.n != 2 * sizeof to->key)
                return diag_error(l->d, n->pos, "make one: openssl rand -hex 32", "key must have 64 hex digits");
        return 0;
}

static int read_device(const struct loader *l, const struct yaml_node *n, struct keyring_device *to) {
        const struct yaml_node *name = yaml_get(n, "device"), *key = yaml_get(n, "key"), *too = yaml_get(n, "unsigned");
        struct ww_str text = WW_STR_NONE;
        int r;

        if (n->type != YAML_MAPPING)
                return diag_error(l->d, n->pos, "write `- device: name`", "a device is a name, topics and a key");
        r = yaml_known_keys(n, "a device", keys, sizeof keys / sizeof *keys, l->d);
        if (!name || !key || !yaml_get(n, "topics"))
                return diag_error(l->d, n->pos, "write device, topics and key", "a device lacks its %s",
                                  !name  ? "name"
                                  : !key ? "key"
                                         : "topics");
        if (!r)
                r = yaml_string(name, "device", l->d, &text);
        to->name = r ? NULL : arena_copy(&l->k->arena, text).p;
        if (!r)
                r = to->name ? read_topics(l, yaml_get(n, "topics"), to) : -ENOMEM;
        if (!r)
                r = read_key(l, key, to);
        return r || !too ? r : yaml_bool(too, "unsigned", l->d, &to->unsigned_too);
}

static int read_devices(const struct loader *l, const struct yaml_node *root) {
        int result = 0;

        if (root->type != YAML_SEQUENCE || root->n > KEYRING_MAX)
                return diag_error(l->d, root->pos, "write `- device: name`, with topics and key below it",
                                  "the file is a list of at most %d devices", KEYRING_MAX);
        l->k->devices = arena_array(&l->k->arena, struct keyring_device, root->n ? root->n : 1);
        if (!l->k->devices)
                return -ENOMEM;
        yaml_each(item, root) {
                struct keyring_device *to = &l->k->devices[l->k->n];
                int r;

                *to = (struct keyring_device){ 0 };
                r = read_device(l, item, to);
                if (r < 0)
                        return r;
                l->k->n += r == 0;
                result = r ? r : result;
        }
        return result;
}

int keyring_load(struct keyring *ret, const char *file, struct diag *d) {
        struct keyring k = { .arena = ARENA_INIT };
        const struct loader l = { &k, d };
        _cleanup_arena_ struct arena tree = ARENA_INIT;
        struct yaml_node *root = NULL;
        char *text = NULL;
        int r = config_secret(file, d, &text);

        if (!r)
                r = yaml_parse(&tree, ww_str(file), ww_str(text), d, &root);
        if (!r)
                r = read_devices(&l, root);
        if (text)
                explicit_bzero(text, strlen(text));
        free(text);
        if (r) {
                keyring_deinit(&k);
                return r;
        }
        *ret = k;
        return 0;
}

void keyring_deinit(struct keyring *k) {
        for (size_t i = 0; i < k->n; i++)
                explicit_bzero(k->devices[i].key, sizeof k->devices[i].key);
        arena_deinit(&k->arena);
        *k = (struct keyring){ 0 };
}

const struct keyring_device *keyring_owner(const struct keyring *k, struct ww_str filter) {
        for (size_t i = 0; i < k->n; i++)
                for (size_t f = 0; f < k->devices[i].n_filters; f++)
                        if (ww_str_equal(k->devices[i].filters[f], filter))
                                return &k->devices[i];
        return NULL;
}

/* What stands before the first wildcard must be the same: that settles most of them. */
static bool may_match(struct ww_str filter, struct ww_str topic) {
        size_t n = 0;

        while (n < filter.n && filter.p[n] != '+' && filter.p[n] != '#')
                n++;
        if (n < filter.n && filter.p[n] == '#' && n > 0) /* "a/#" matches "a", too */
                n--;
        return topic.n >= n && memcmp(filter.p, topic.p, n) == 0;
}

struct keyring_device *keyring_find(const struct keyring *k, struct ww_str topic) {
        for (size_t i = 0; i < k->n; i++)
                for (size_t f = 0; f < k->devices[i].n_filters; f++)
                        if (may_match(k->devices[i].filters[f], topic) &&
                            topic_filter_overlap(k->devices[i].filters[f], topic))
                                return &k->devices[i];
        return NULL;
}
