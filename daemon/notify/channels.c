#include "notify/channels.h"

#include "base/span.h"
#include "config/config.h"
#include "config/yaml.h"
#include "notify/address.h"
#include "notify/cap.h"
#include "notify/template.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

struct loader {
        struct channels *channels;
        struct channel_config *to;
        const char *site;
        struct diag *d;
        int result; /* the first DIAG_E_USER, while the rest is looked at, too */
};

static int told(struct loader *l, int r) {
        if (r > 0)
                l->result = r;
        return r < 0 ? r : 0;
}

static void *at(const struct loader *l, const struct channel_key *key) {
        return (char *)l->to + key->offset;
}

/* No line may end inside a value: it goes into headers and protocols. */
static bool one_line(struct ww_str text) {
        for (size_t i = 0; i < text.n; i++)
                if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
                        return false;
        return true;
}

static const char *keep(struct loader *l, struct ww_str text) {
        return arena_copy(&l->channels->arena, text).p;
}

/* --- one value of each type --- */

static int read_text(struct loader *l, const struct channel_key *key, const struct yaml_node *n) {
        const char **to = at(l, key);
        struct ww_str text;
        int r = yaml_string(n, key->name, l->d, &text);

        if (r)
                return r;
        if (text.n && memchr(text.p, '\0', text.n))
                return diag_error(l->d, n->pos, "take `\\0` out", "%s may not hold a NUL character", key->name);
        if (!one_line(text) && strcmp(key->name, "text") != 0)
                return diag_error(l->d, n->pos, "write it in one line", "%s may not hold a line's end", key->name);
        if (key->max && ((int64_t)text.n < key->min || (int64_t)text.n > key->max))
                return diag_error(l->d, n->pos, text.n ? "shorten it" : "name it, or leave the key out",
                                  "%s must have %" PRId64 " to %" PRId64 " bytes", key->name, key->min, key->max);
        *to = keep(l, text);
        return *to ? 0 : -ENOMEM;
}

static int read_template(struct loader *l, const struct channel_key *key, const struct yaml_node *n) {
        int r = read_text(l, key, n);

        return r ? r : template_check(ww_str(*(const char **)at(l, key)), n->pos, key->name, l->d);
}

static int read_texts(struct loader *l, const struct channel_key *key, const struct yaml_node *n) {
        struct channel_texts *to = at(l, key);
        int r;

        if (n->type != YAML_SEQUENCE || n->n == 0 || n->n > CHANNEL_TEXTS_MAX)
                return diag_error(l->d, n->pos, "write `[/usr/local/bin/tell, --now]`", "%s is a list of 1 to %d texts",
                                  key->name, CHANNEL_TEXTS_MAX);
        yaml_each(item, n) {
                struct ww_str text;

                r = yaml_string(item, key->name, l->d, &text);
                if (r)
                        return r;
                if (text.n && memchr(text.p, '\0', text.n))
                        return diag_error(l->d, item->pos, "take `\\0` out", "%s may not hold a NUL character",
                                          key->name);
                to->items[to->n] = keep(l, text);
                if (!to->items[to->n++])
                        return -ENOMEM;
        }
        return 0;
}

static bool token(struct ww_str name) {
        for (size_t i = 0; i < name.n; i++)
                if (!isalnum((unsigned char)name.p[i]) && !strchr("-_.", name.p[i]))
                        return false;
        return name.n > 0;
}

static int read_headers(struct loader *l, const struct channel_key *key, const struct yaml_node *n) {
        struct channel_texts *to = at(l, key);

        if (n->type != YAML_MAPPING || n->n > CHANNEL_TEXTS_MAX)
                return diag_error(l->d, n->pos, "write `{Name: value}`", "%s is at most %d names with values",
                                  key->name, CHANNEL_TEXTS_MAX);
        yaml_each(item, n) {
                struct ww_str text;
                int r = yaml_string(item, key->name, l->d, &text);

                if (r)
                        return r;
                if (!token(item->key))
                        return diag_error(l->d, item->key_pos, "letters, digits, `-`, `_` and `.`",
                                          "a header cannot be named `%.*s`", WW_STR_ARG(item->key));
                if (!one_line(text))
                        return diag_error(l->d, item->pos, "write it in one line",
                                          "header `%.*s` may not hold a line's end", WW_STR_ARG(item->key));
                to->items[to->n] = arena_printf(&l->channels->arena, "%.*s: %.*s", WW_STR_ARG(item->key),
                                                WW_STR_ARG(text));
                if (!to->items[to->n++])
                        return -ENOMEM;
        }
        return 0;
}

static int read_number(struct loader *l, const struct channel_key *key, const struct yaml_node *n) {
        return yaml_integer(n, key->name, key->min, key->max, l->d, at(l, key));
}

static int read_span(struct loader *l, const struct channel_key *key, const struct yaml_node *n) {
        return yaml_span(n, key->name, key->min, key->max, l->d, at(l, key));
}

#define CHOICES_MAX 16

static size_t choices_of(struct loader *l, const struct channel_key *key, const char **names) {
        char *all = arena_printf(&l->channels->arena, "%s", key->choices), *save = NULL;
        size_t n = 0;

        for (char *word = all ? strtok_r(all, " ", &save) : NULL; word && n < CHOICES_MAX;
             word = strtok_r(NULL, " ", &save))
                names[n++] = word;
        return n;
}

static int choose(struct loader *l, const struct channel_key *key, struct ww_str text, struct diag_pos pos) {
        const char *names[CHOICES_MAX];
        size_t n = choices_of(l, key, names);

        for (size_t i = 0; i < n; i++)
                if (ww_str_is(text, names[i])) {
                        *(int64_t *)at(l, key) = (int64_t)i;
                        return 0;
                }
        return diag_error(l->d, pos, diag_suggest(text, names, n), "%s cannot be `%.*s`", key->name, WW_STR_ARG(text));
}

static int read_choice(struct loader *l, const struct channel_key *key, const struct yaml_node *n) {
        struct ww_str text;
        int r = yaml_string(n, key->name, l->d, &text);

        return r ? r : choose(l, key, text, n->pos);
}

static int (*const readers[])(struct loader *l, const struct channel_key *key, const struct yaml_node *n) = {
        [CHANNEL_KEY_TEXT] = read_text,       [CHANNEL_KEY_TEMPLATE] = read_template, [CHANNEL_KEY_TEXTS] = read_texts,
        [CHANNEL_KEY_HEADERS] = read_headers, [CHANNEL_KEY_NUMBER] = read_number,     [CHANNEL_KEY_SPAN] = read_span,
        [CHANNEL_KEY_CHOICE] = read_choice,   [CHANNEL_KEY_FILE] = read_text,
};

/* The table's default; its text is right, a test says so. */
static int set_default(struct loader *l, const struct channel_key *key) {
        const char *text = key->default_text;

        switch (key->type) {
        case CHANNEL_KEY_TEXT:
        case CHANNEL_KEY_TEMPLATE:
        case CHANNEL_KEY_FILE:
                *(const char **)at(l, key) = text ? text : "";
                return 0;
        case CHANNEL_KEY_NUMBER:
                *(int64_t *)at(l, key) = strtoll(text, NULL, 10);
                return 0;
        case CHANNEL_KEY_SPAN:
                return span_parse(ww_str(text), at(l, key));
        case CHANNEL_KEY_CHOICE:
                return text ? choose(l, key, ww_str(text), (struct diag_pos){ 0 }) : 0;
        case CHANNEL_KEY_TEXTS:
        case CHANNEL_KEY_HEADERS:
                return 0;
        }
        return 0;
}

/* --- one channel --- */

static const struct channel_key *key_find(struct ww_str name) {
        for (size_t i = 0; i < channels_keys_n; i++)
                if (ww_str_is(name, channels_keys[i].name))
                        return &channels_keys[i];
        return NULL;
}

static const char *const schemes[CHANNEL_KINDS] = {
        [CHANNEL_WEBHOOK] = "https:// http://",
        [CHANNEL_MAIL] = "smtp:// smtps://",
        [CHANNEL_MQTT] = "mqtt:// mqtts://",
        [CHANNEL_SYSLOG] = "udp:// tcp:// unix://",
        [CHANNEL_COMMAND] = "",
        [CHANNEL_SCREEN] = "",
};

static bool scheme_fits(const struct channel_config *c) {
        const char *end = strstr(c->url, "://"), *word;
        char name[16];

        if (!end || end - c->url > 8 || !end[3])
                return false;
        (void)snprintf(name, sizeof name, "%.*s", (int)(end - c->url) + 3, c->url);
        word = strstr(schemes[c->kind], name);
        return word && (word == schemes[c->kind] || word[-1] == ' ');
}

static bool url_loopback(const char *url) {
        const char *host = strstr(url, "://") + 3, *at = strchr(host, '@');

        if (at)
                host = at + 1;
        return strncmp(host, "localhost", 9) == 0 || strncmp(host, "127.", 4) == 0 || strncmp(host, "[::1]", 5) == 0;
}

static bool url_encrypted(const struct channel_config *c) {
        return strncmp(c->url, "https:", 6) == 0 || strncmp(c->url, "smtps:", 6) == 0 ||
               strncmp(c->url, "mqtts:", 6) == 0 || (c->kind == CHANNEL_MAIL && c->tls == CHANNEL_TLS_REQUIRED);
}

static int check_url(struct loader *l, struct diag_pos pos) {
        struct channel_config *c = l->to;

        if (!*c->url)
                return 0;
        if (!scheme_fits(c))
                return diag_error(l->d, pos, schemes[c->kind],
                                  "channel `%s`: its url does not begin with what a %s has", c->name,
                                  channel_kind_names[c->kind]);
        if (c->kind != CHANNEL_SYSLOG && !url_encrypted(c) && !url_loopback(c->url))
                diag_warning(l->d, pos, c->kind == CHANNEL_MAIL ? "use `tls: required`, or smtps://" : "use TLS",
                             "channel `%s` sends in the clear, and to a server that proves nothing", c->name);
        return 0;
}

static int check_values(struct loader *l, const struct yaml_node *n) {
        const struct yaml_node *url = yaml_get(n, "url"), *sender = yaml_get(n, "cap_sender");
        struct channel_config *c = l->to;
        int r = url ? check_url(l, url->pos) : 0;

        if (r)
                return r;
        if (c->kind == CHANNEL_COMMAND && c->argv.n && c->argv.items[0][0] != '/')
                return diag_error(l->d, n->pos, "name it by its whole path", "channel `%s`: `%s` is no whole path",
                                  c->name, c->argv.items[0]);
        if (c->kind == CHANNEL_MAIL && !address_good(c->from))
                return diag_error(l->d, n->pos, "write `name@example.org` alone",
                                  "channel `%s`: `%s` is no mail address", c->name, c->from);
        if (c->retry_max < c->retry_min)
                c->retry_max = c->retry_min;
        if (!*c->cap_sender)
                c->cap_sender = arena_printf(&l->channels->arena, "wardwatch@%s", *l->site ? l->site : "localhost");
        if (!c->cap_sender)
                return -ENOMEM;
        if (!cap_name_good(ww_str(c->cap_sender)))
                return diag_error(l->d, sender ? sender->pos : n->pos, "leave out blanks, commas, `<` and `&`",
                                  "channel `%s`: a CAP sender cannot be `%s`", c->name, c->cap_sender);
        return 0;
}

static int read_keys(struct loader *l, const struct yaml_node *n) {
        int r = 0;

        yaml_each(item, n) {
                const struct channel_key *key = key_find(item->key);

                if (key && !(key->kinds & 1U << l->to->kind))
                        r = told(l, diag_error(l->d, item->key_pos, "take it out", "a %s has no `%s`",
                                               channel_kind_names[l->to->kind], key->name));
                else if (key && strcmp(key->name, "kind") != 0)
                        r = told(l, readers[key->type](l, key, item));
                if (r)
                        return r;
        }
        for (size_t i = 0; i < channels_keys_n; i++) {
                const struct channel_key *key = &channels_keys[i];

                if (key->must && key->kinds & 1U << l->to->kind && !yaml_get(n, key->name))
                        (void)told(l, diag_error(l->d, n->pos, key->help, "a %s needs `%s`",
                                                 channel_kind_names[l->to->kind], key->name));
        }
        return 0;
}

static int known_keys(struct loader *l, const struct yaml_node *n) {
        const char *names[64];

        for (size_t i = 0; i < channels_keys_n; i++)
                names[i] = channels_keys[i].name;
        return yaml_known_keys(n, "a channel", names, channels_keys_n, l->d);
}

static int read_channel(struct loader *l, const struct yaml_node *n) {
        const struct yaml_node *kind = yaml_get(n, "kind");
        int r;

        if (n->type != YAML_MAPPING)
                return diag_error(l->d, n->pos, "write `- {channel: NAME, kind: …}`", "a channel is a group of keys");
        if (l->channels->n == CHANNELS_MAX)
                return diag_error(l->d, n->pos, "take some out", "more than %d channels", CHANNELS_MAX);
        l->to = &l->channels->items[l->channels->n];
        l->to->pos = n->pos;
        for (size_t i = 0; i < channels_keys_n; i++)
                if ((r = set_default(l, &channels_keys[i])))
                        return r;
        if (!kind)
                return diag_error(l->d, n->pos, "name it: `kind: webhook`", "a channel needs `kind`");
        r = known_keys(l, n);
        if (!r)
                r = read_choice(l, key_find(WW_STR("kind")), kind);
        if (!r)
                r = read_keys(l, n);
        if (r || l->result)
                return r;
        if (channels_find(l->channels, l->to->name))
                return diag_error(l->d, n->pos, "give it another name", "channel `%s` is there twice", l->to->name);
        r = check_values(l, n);
        if (!r)
                l->channels->n++;
        return r;
}

/* --- the file --- */

static int read_tree(struct loader *l, const struct yaml_node *tree) {
        static const char *const names[] = { "channels" };
        const struct yaml_node *list = yaml_get(tree, "channels");
        int r;

        if (tree->type != YAML_MAPPING || !list || list->type != YAML_SEQUENCE)
                return diag_error(l->d, tree->pos, "write `channels:` and below it `- channel: NAME`",
                                  "a file of channels holds one list, `channels`");
        r = yaml_known_keys(tree, "a file of channels", names, 1, l->d);
        yaml_each(item, list) {
                int one = told(l, read_channel(l, item));

                if (one)
                        return one;
        }
        return r ? r : l->result;
}

int channels_load(struct channels *ret, const char *file, const char *site, struct diag *d) {
        struct loader l = { .channels = ret, .site = site, .d = d };
        struct yaml_node *tree;
        char *text = NULL;
        int r = config_secret(file, d, &text);

        ret->arena = ARENA_INIT;
        ret->n = 0;
        if (r)
                return r;
        ret->hash = XXH3_64bits(text, strlen(text));
        r = yaml_parse(&ret->arena, ww_str(file), ww_str(text), d, &tree);
        explicit_bzero(text, strlen(text));
        free(text);
        return r ? r : read_tree(&l, tree);
}

void channels_deinit(struct channels *c) {
        arena_deinit(&c->arena);
        c->n = 0;
}

const struct channel_config *channels_find(const struct channels *c, const char *name) {
        for (size_t i = 0; i < c->n; i++)
                if (strcmp(c->items[i].name, name) == 0)
                        return &c->items[i];
        return NULL;
}

/* --- the reference --- */

static void put_kinds(unsigned kinds, struct buf *out) {
        const char *comma = "";

        for (size_t i = 0; i < CHANNEL_KINDS; i++)
                if (kinds & 1U << i) {
                        buf_printf(out, "%s%s", comma, channel_kind_names[i]);
                        comma = ", ";
                }
}

void channels_reference(struct buf *out) {
        for (size_t i = 0; i < channels_keys_n; i++) {
                const struct channel_key *key = &channels_keys[i];

                buf_printf(out, "| `%s` | ", key->name);
                put_kinds(key->kinds, out);
                buf_printf(out, " | %s", key->help);
                if (key->must)
                        buf_puts(out, "; **must be there**");
                else if (key->default_text && *key->default_text)
                        buf_printf(out, "; default `%s`", key->default_text);
                buf_puts(out, " |\n");
        }
}
