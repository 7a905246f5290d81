/*
 * Loading: the file's groups and keys are checked against the table, each key is read or takes its default, then the
 * values are checked against each other. Everything wrong is told; a value that could not be read keeps its default,
 * so that the later checks have something to look at.
 */
#include "config/config_internal.h"
#include "config/file.h"

#include <unistd.h>

#define KEYS_MAX 128

/* Words that show that somebody wants to write down a secret. */
static const char *const secret_words[] = { "password", "passwd", "pass", "secret", "token", "passphrase", "key" };

struct loader {
        struct config *c;
        struct diag *d;
        const char *folder; /* of the file */
        const struct yaml_node *root;
        const struct yaml_node *nodes[KEYS_MAX];
        int result; /* 0 or DIAG_E_USER */
};

static int load_text(struct loader *l, char **ret_text, size_t *ret_n) {
        const char *file = l->c->file;
        int r = file_read(file, YAML_BYTES_MAX, ret_text, ret_n);
        struct diag_pos pos = { .file = ww_str(file) };

        if (r == 0 || r == -ENOMEM)
                return r;
        if (r == -ENOENT)
                return diag_error(l->d, pos, "create it, or name another with --config", "no such file");
        if (r == -EFBIG)
                return diag_error(l->d, pos, "name the configuration with --config", "is larger than 1 MiB");
        return diag_error(l->d, pos, "let the user who runs this read it, or name another with --config",
                          "cannot be read: %s", strerror(-r));
}

/* The folder of the file, absolute, so that the printed form means the same from everywhere. */
static int load_folder(struct loader *l) {
        const char *file = l->c->file, *slash = strrchr(file, '/');
        int n = slash ? (int)(slash - file) : 0;
        _cleanup_free_ char *here = NULL;

        if (file[0] == '/') {
                l->folder = arena_printf(&l->c->arena, "%.*s", n, file);
                return l->folder ? 0 : -ENOMEM;
        }
        here = getcwd(NULL, 0);
        if (!here)
                return -errno;
        l->folder = arena_printf(&l->c->arena, "%s%s%.*s", here, n ? "/" : "", n, file);
        return l->folder ? 0 : -ENOMEM;
}

/* Names of the groups, or of the keys in one group, for suggestions. */
static size_t names_of(struct arena *a, struct ww_str group, const char *names[static KEYS_MAX]) {
        size_t n = 0;

        for (size_t i = 0; i < config_keys_n; i++) {
                struct ww_str own = config_key_group(&config_keys[i]);

                if (group.n) {
                        if (ww_str_equal(own, group))
                                names[n++] = config_key_leaf(&config_keys[i]);
                } else if (n == 0 || !ww_str_is(own, names[n - 1])) {
                        names[n] = arena_copy(a, own).p;
                        n += names[n] != NULL;
                }
        }
        return n;
}

static bool is_secret_word(struct ww_str name) {
        for (size_t i = 0; i < sizeof secret_words / sizeof *secret_words; i++)
                if (ww_str_is(name, secret_words[i]))
                        return true;
        return false;
}

static int unknown_key(struct loader *l, struct ww_str group, const struct yaml_node *n) {
        const char *names[KEYS_MAX];
        size_t count = names_of(&l->c->arena, group, names);

        if (group.n && is_secret_word(n->key))
                return diag_error(
                        l->d, n->key_pos,
                        "put it into a file of mode 0600, and the file's name into the key that ends in _file",
                        "a secret does not stand in this file: `%.*s.%.*s`", WW_STR_ARG(group), WW_STR_ARG(n->key));
        return diag_error(l->d, n->key_pos, diag_suggest(n->key, names, count), "unknown key `%.*s%s%.*s`",
                          WW_STR_ARG(group), group.n ? "." : "", WW_STR_ARG(n->key));
}

static const struct config_key *key_find(struct ww_str group, struct ww_str leaf, bool *ret_group) {
        *ret_group = false;
        for (size_t i = 0; i < config_keys_n; i++) {
                if (!ww_str_equal(config_key_group(&config_keys[i]), group))
                        continue;
                *ret_group = true;
                if (ww_str_is(leaf, config_key_leaf(&config_keys[i])))
                        return &config_keys[i];
        }
        return NULL;
}

static int match_group(struct loader *l, const struct yaml_node *group) {
        bool known;

        (void)key_find(group->key, WW_STR_NONE, &known);
        if (!known)
                return unknown_key(l, WW_STR_NONE, group);
        if (group->type == YAML_SCALAR && group->plain && group->text.n == 0)
                return 0; /* a group without keys */
        if (group->type != YAML_MAPPING)
                return diag_error(l->d, group->pos, "write its keys below it, indented",
                                  "`%.*s` must be a group of keys", WW_STR_ARG(group->key));
        yaml_each(item, group) {
                const struct config_key *key = key_find(group->key, item->key, &known);

                if (key)
                        l->nodes[key - config_keys] = item;
                else
                        l->result = unknown_key(l, group->key, item);
        }
        return 0;
}

static int read_value(struct loader *l, size_t i) {
        const struct config_key *key = &config_keys[i];
        int r = config_value_default(l->c, key, l->folder);

        if (r < 0 && key->default_text)
                return r;
        if (l->nodes[i]) {
                r = config_value_read(l->c, key, l->nodes[i], l->folder, l->d);
                if (r > 0)
                        l->result = r;
                return r < 0 ? r : 0;
        }
        if (!key->default_text)
                l->result = diag_error(l->d, (struct diag_pos){ .file = ww_str(l->c->file) },
                                       arena_printf(&l->c->arena, "add it: %s", key->help), "`%s` is missing",
                                       key->name);
        return 0;
}

static int load_tree(struct loader *l) {
        size_t errors = l->d->errors;
        int r = 0;

        if (l->root->type != YAML_MAPPING)
                return diag_error(l->d, l->root->pos, "begin with a group such as `mqtt:`",
                                  "a configuration is groups of keys");
        yaml_each(group, l->root) {
                r = match_group(l, group);
                l->result = r ? r : l->result;
        }
        r = 0;
        for (size_t i = 0; r == 0 && i < config_keys_n; i++)
                r = read_value(l, i);
        if (r)
                return r;
        config_check(l->c, l->nodes, l->d);
        return l->result || l->d->errors > errors ? DIAG_E_USER : 0;
}

static int load_all(struct loader *l, struct arena *tree) {
        _cleanup_free_ char *text = NULL;
        struct yaml_node *root;
        size_t n;
        int r = load_folder(l);

        if (r == 0)
                r = load_text(l, &text, &n);
        if (r == 0)
                r = yaml_parse(tree, ww_str(l->c->file), (struct ww_str){ text, n }, l->d, &root);
        if (r)
                return r;
        l->root = root;
        return load_tree(l);
}

_Static_assert(KEYS_MAX >= 64, "room for the table of keys");

int config_load(struct config *ret, const char *file, struct diag *d) {
        _cleanup_(config_deinit) struct config c = { .file = file };
        _cleanup_arena_ struct arena tree = ARENA_INIT;
        struct loader l = { .c = &c, .d = d };
        int r;

        if (config_keys_n > KEYS_MAX)
                return -E2BIG;
        r = load_all(&l, &tree);
        if (r)
                return r;
        c.file = arena_printf(&c.arena, "%s", file);
        if (!c.file)
                return -ENOMEM;
        *ret = c;
        c = (struct config){ 0 };
        return 0;
}

void config_deinit(struct config *c) {
        arena_deinit(&c->arena);
        *c = (struct config){ 0 };
}
