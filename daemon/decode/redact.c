/*
 * `redact`: what of a payload must not be stored. Loading its paths, refusing what would carry one of them into an
 * event, and finding the bytes in a message.
 *
 * Every message that a topic leads to is asked, whichever it turns out to be, and also when none of them is it: a new
 * firmware that says something more must not publish what the old one kept quiet. Of a key that stands twice both
 * values are found. Where the bytes cannot be pointed at (the payload cannot be read, the value was unescaped, there
 * are too many of them) the whole payload goes.
 */
#include "decode/load.h"
#include "decode/run.h"

#define SECRETS_MAX 64
#define VISITS_MAX  100000u /* nodes looked at for one message's secrets */

/* ---- from YAML ---- */

static uint64_t first_bits(const struct path *p) {
        bool key = p->n && p->steps[0].key.text.p && !ww_str_is(p->steps[0].key.text, "*");

        return key ? document_key_bits(bytes_key_hash(&p->steps[0].key)) : 0;
}

static int add_secret(struct load *l, const struct path *p, struct path_secret *secrets, size_t *n) {
        if (*n == SECRETS_MAX)
                return diag_error(l->d, l->type->pos, "name what is above them: `users`",
                                  "sensor `%s`: more than %d things to redact", l->type->name.p, SECRETS_MAX);
        secrets[(*n)++] = (struct path_secret){ p->steps, p->n, first_bits(p) };
        return 0;
}

static int read_secret(struct load *l, const struct yaml_node *n, struct path_secret *secrets, size_t *count) {
        static const struct topic_names none = { 0 };
        struct path_keys *keys = arena_new(l->arena, struct path_keys);
        const struct path_names names = { .captures = &none, .keys = keys };
        struct ww_str text;
        struct path path;
        int r = yaml_string(n, "redact", l->d, &text);

        if (!keys)
                return -ENOMEM;
        r = r ? r : path_parse(l->arena, text, n->pos, l->d, &names, false, &path);
        if (!r && path.root != PATH_PAYLOAD)
                r = diag_error(l->d, n->pos, "name keys of the payload", "sensor `%s`: a topic is not redacted",
                               l->type->name.p);
        return r ? r : add_secret(l, &path, secrets, count);
}

int load_redact(struct load *l, const struct yaml_node *n, const struct path_secret *parent, size_t n_parent,
                const struct path_secret **ret, size_t *ret_n) {
        const struct yaml_node *item = n && n->type == YAML_SEQUENCE ? n->first : n;
        struct path_secret *secrets;
        int r = 0, result = 0;

        *ret = parent;
        *ret_n = n_parent;
        if (!n)
                return 0;
        secrets = arena_array(l->arena, struct path_secret, SECRETS_MAX);
        if (!secrets)
                return -ENOMEM;
        if (n_parent)
                memcpy(secrets, parent, n_parent * sizeof *secrets);
        *ret = secrets;
        for (; item; item = n->type == YAML_SEQUENCE ? item->next : NULL) {
                r = read_secret(l, item, secrets, ret_n);
                LOAD_MERGE(r, result);
        }
        return result;
}

static bool names_element(const struct source *s) {
        for (size_t i = 0; i < s->n_paths; i++)
                if (s->paths[i].root == PATH_ITEM || s->paths[i].root == PATH_KEY)
                        return true;
        for (size_t i = 0; i < s->n_pieces; i++)
                if (s->pieces[i].path && (s->pieces[i].path->root == PATH_ITEM || s->pieces[i].path->root == PATH_KEY))
                        return true;
        return false;
}

static int add_source(struct load *l, const struct source *s, struct path_secret *secrets, size_t *n) {
        int r = 0;

        /* where it stands from the payload's root is for the file to say */
        if (names_element(s))
                return diag_error(l->d, s->pos, "name it in the message's `redact: [zones.*.pin]`",
                                  "%s: a field of an element cannot be redacted here", l->what);
        for (size_t i = 0; i < s->n_paths && !r; i++)
                if (s->paths[i].root == PATH_PAYLOAD)
                        r = add_secret(l, &s->paths[i], secrets, n);
        for (size_t i = 0; i < s->n_pieces && !r; i++)
                if (s->pieces[i].path && s->pieces[i].path->root == PATH_PAYLOAD)
                        r = add_secret(l, s->pieces[i].path, secrets, n);
        return r;
}

int load_redact_fields(struct load *l, struct type_message *m) {
        struct path_secret *secrets;
        int r = 0;

        if (!l->secret)
                return 0;
        secrets = arena_array(l->arena, struct path_secret, SECRETS_MAX);
        if (!secrets)
                return -ENOMEM;
        if (m->n_secrets)
                memcpy(secrets, m->secrets, m->n_secrets * sizeof *secrets);
        m->secrets = secrets;
        for (size_t i = 0; i < m->n_fields && !r; i++)
                if (l->secret & (1u << i))
                        r = add_source(l, m->fields[i], secrets, &m->n_secrets);
        return r;
}

/* ---- what must not be made an attribute of ---- */

#define KEYS_MAX (PATH_STEPS_MAX * (PATH_LEVELS_MAX + 1) + PATH_LEVELS_MAX)

/* The way to a value from the payload's root. */
struct way {
        struct way_step {
                enum { WAY_KEY, WAY_ANY, WAY_INDEX } what; /* ANY: `*`, an element of a for_each */
                struct ww_str key;
        } steps[KEYS_MAX];
        size_t n;
};

static void put_steps(struct way *to, const struct path_step *steps, size_t n) {
        for (size_t i = 0; i < n; i++) {
                struct way_step step = { WAY_KEY, steps[i].key.text };

                if (!step.key.p)
                        step.what = WAY_INDEX;
                else if (ww_str_is(step.key, "*"))
                        step.what = WAY_ANY;
                to->steps[to->n++] = step;
        }
}

/* `last`: of the secret. Then an element of a for_each is not taken for it: with `users.pin` the elements of `users`
 * have a pin, they are none. */
static bool step_may_be(const struct way_step *secret, bool last, const struct way_step *path) {
        if (secret->what == WAY_ANY)
                return true;
        if (secret->what == WAY_INDEX)
                return path->what != WAY_KEY;
        return path->what == WAY_KEY ? ww_str_equal(secret->key, path->key) : path->what == WAY_ANY && !last;
}

/* True if the way to the secret may be where `path` leads, or above it. From the back: row[j] is whether what is left
 * of the secret may be what is left of the path from j on. A key looks through arrays. */
static bool is_above(const struct way *secret, const struct way *path) {
        bool row[KEYS_MAX + 1], next[KEYS_MAX + 1];

        memset(next, true, sizeof next);
        for (size_t i = secret->n; i-- > 0;) {
                const struct way_step *step = &secret->steps[i];

                row[path->n] = false;
                for (size_t j = path->n; j-- > 0;)
                        row[j] = (step_may_be(step, i + 1 == secret->n, &path->steps[j]) && next[j + 1]) ||
                                 (step->what == WAY_KEY && path->steps[j].what != WAY_KEY && row[j + 1]);
                memcpy(next, row, (path->n + 1) * sizeof *row);
        }
        return next[0];
}

bool load_is_secret(const struct load *l, const struct path *p) {
        const struct type_message *m = l->message;
        struct way path = { 0 };

        if (p->root != PATH_PAYLOAD && p->root != PATH_ITEM)
                return false;
        for (size_t i = 0; p->root == PATH_ITEM && i + p->index < m->n_for_each; i++) {
                put_steps(&path, m->for_each[i].steps, m->for_each[i].n);
                path.steps[path.n++] = (struct way_step){ WAY_ANY, WW_STR_NONE };
        }
        put_steps(&path, p->steps, p->n);
        for (size_t i = 0; i < m->n_secrets; i++) {
                struct way secret = { 0 };

                put_steps(&secret, m->secrets[i].steps, m->secrets[i].n);
                if (is_above(&secret, &path))
                        return true;
        }
        return false;
}

/* ---- in a message ---- */

struct search {
        struct decode *d;
        const struct document *doc;
        uint32_t visits;
        bool lost; /* some bytes cannot be pointed at */
};

static void add_span(struct search *s, size_t at, size_t n, enum ww_redact_form form) {
        struct decode *d = s->d;

        for (size_t i = 0; i < d->n_spans; i++)
                if (d->spans[i].at == at && d->spans[i].n == n)
                        return;
        if (d->n_spans == REDACT_SPANS_MAX)
                s->lost = true;
        else
                d->spans[d->n_spans++] = (struct ww_redact_span){ (uint32_t)at, (uint32_t)n, form };
}

/* Where the node's bytes are in the payload: it may lie there, or in the document's copy of it. */
static bool find_bytes(const struct search *s, const struct document_node *node, size_t *ret) {
        const struct ww_str payload = s->d->message->payload;
        const char *const texts[] = { payload.p, s->doc->text };

        for (size_t i = 0; i < 2; i++) {
                uintptr_t at = (uintptr_t)node->p - (uintptr_t)texts[i];

                if (texts[i] && at <= payload.n && node->n <= payload.n - at &&
                    memcmp(payload.p + at, node->p, node->n) == 0) {
                        *ret = at;
                        return true;
                }
        }
        return false;
}

static void hide_scalar(struct search *s, const struct document_node *node) {
        size_t at;

        if (node->type == DOCUMENT_NULL || node->n == 0)
                return;
        if (!find_bytes(s, node, &at))
                s->lost = true;
        else if (node->type == DOCUMENT_STRING)
                add_span(s, at, node->n, WW_REDACT_CHARS);
        else
                add_span(s, at, node->n, node->n == 1 ? WW_REDACT_NUMBER : WW_REDACT_TEXT);
}

static bool visit(struct search *s) {
        s->lost |= s->visits == 0;
        s->visits -= s->visits != 0;
        return !s->lost;
}

/* All that is below; keys stay. */
static void hide(struct search *s, uint32_t node) {
        const struct document_node *x = &s->doc->nodes[node];
        bool object = x->type == DOCUMENT_OBJECT;

        if (x->type < DOCUMENT_OBJECT)
                hide_scalar(s, x);
        else
                for (uint32_t i = node + 1; i < x->next && visit(s); i = s->doc->nodes[i + object].next)
                        hide(s, i + object);
}

static bool step_takes(const struct search *s, const struct path_step *step, uint32_t key) {
        return ww_str_is(step->key.text, "*") || ww_str_equal(step->key.text, document_string(s->doc, key));
}

/* Not deeper than payloads are: each step goes down, and so does each array. */
static void follow(struct search *s, const struct path_step *steps, size_t n, uint32_t node) {
        const struct document_node *x = &s->doc->nodes[node];

        if (n == 0) {
                hide(s, node);
        } else if (x->type == DOCUMENT_OBJECT && steps->key.text.p) {
                for (uint32_t i = node + 1; i < x->next && visit(s); i = s->doc->nodes[i + 1].next)
                        if (step_takes(s, steps, i))
                                follow(s, steps + 1, n - 1, i + 1);
        } else if (x->type == DOCUMENT_ARRAY) {
                bool element = !steps->key.text.p || ww_str_is(steps->key.text, "*");
                uint32_t number = 0;

                for (uint32_t i = node + 1; i < x->next && visit(s); i = s->doc->nodes[i].next, number++)
                        if (steps->key.text.p || steps->index == number)
                                follow(s, steps + element, n - element, i);
        }
}

static void hide_all(struct decode *d) {
        d->spans[0] = (struct ww_redact_span){ 0, UINT32_MAX, WW_REDACT_TEXT };
        d->n_spans = d->message->payload.n != 0;
}

void redact_note(struct decode *d, const struct type_message *m, struct document *doc) {
        struct search s = { .d = d, .doc = doc, .visits = VISITS_MAX, .lost = !doc };

        if (d->n_spans && d->spans[0].n == UINT32_MAX)
                return;
        for (size_t i = 0; i < m->n_secrets && !s.lost && doc->n; i++)
                if ((document_keys(doc) & m->secrets[i].bits) == m->secrets[i].bits)
                        follow(&s, m->secrets[i].steps, m->secrets[i].n, 0);
        if (s.lost)
                hide_all(d);
}
