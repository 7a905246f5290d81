/*
 * Messages that share a topic and are of several shapes: a field says which (`type: door`), and each of its words
 * becomes a message of its own, by `match`. A word is a shape only if the keys beside it differ: `event: open` and
 * `event: close` with the same keys are values of one.
 */
#include "command/sensors_draft.h"

#include <ctype.h>
#include <stdio.h>

#define WORDS_MAX 8

struct shapes {
        const char *key;
        const char *words[WORDS_MAX];
        const json_t *bodies[WORDS_MAX]; /* the first of each */
        size_t n;
};

static bool says_shape(const char *key) {
        static const char *const names[] = { "type",   "event", "eventtype", "evttype",     "msgtype", "messagetype",
                                             "method", "cmd",   "msg",       "messagename", "packet" };
        char word[64];

        draft_normalise(ww_str(key), word, sizeof word);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (strcmp(word, names[i]) == 0)
                        return true;
        return false;
}

static bool is_word(const char *text) {
        const char *p = text;

        for (; *p && p - text <= 32; p++)
                if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-' && *p != '.')
                        return false;
        return p > text && p - text <= 32 && isalpha((unsigned char)*text);
}

static size_t word_at(const struct shapes *s, const char *word) {
        size_t i = 0;

        while (i < s->n && strcmp(s->words[i], word) != 0)
                i++;
        return i;
}

/* False: not every message has a word there, or there are too many. */
static bool read_words(const struct draft_group *g, const char *key, struct shapes *s) {
        *s = (struct shapes){ .key = key };
        for (size_t i = 0; i < g->n; i++) {
                const char *word = json_string_value(json_object_get(g->samples[i]->body, key));

                if (!word || !is_word(word))
                        return false;
                if (word_at(s, word) < s->n)
                        continue;
                if (s->n == WORDS_MAX)
                        return false;
                s->bodies[s->n] = g->samples[i]->body;
                s->words[s->n++] = word;
        }
        return s->n > 1;
}

static bool same_keys(const json_t *a, const json_t *b) {
        const char *key;
        json_t *value;

        if (json_object_size(a) != json_object_size(b))
                return false;
        json_object_foreach((json_t *)a, key, value) if (!json_object_get(b, key)) return false;
        return true;
}

static bool find_shapes(const struct draft_group *g, struct shapes *s) {
        const char *key;
        json_t *value;

        if (g->format != DRAFT_JSON || !json_is_object(g->samples[0]->body))
                return false;
        json_object_foreach(g->samples[0]->body, key, value) {
                if (!says_shape(key) || !is_word(key) || !read_words(g, key, s))
                        continue;
                for (size_t i = 1; i < s->n; i++)
                        if (!same_keys(s->bodies[0], s->bodies[i]))
                                return true;
        }
        return false;
}

/* Its messages of the other words go to groups of their own, which have the same levels. */
static int divide(struct draft *d, struct draft_group *g, const struct shapes *s) {
        struct draft_group *groups = &d->groups[d->n_groups];
        const size_t all = g->n;

        if (d->n_groups + s->n - 1 > DRAFT_GROUPS_MAX)
                return 0;
        for (size_t i = 1; i < s->n; i++) {
                groups[i - 1].format = g->format;
                groups[i - 1].device = g->device;
                groups[i - 1].n_levels = g->n_levels;
                memcpy(groups[i - 1].levels, g->levels, sizeof g->levels);
                groups[i - 1].match_key = s->key;
                groups[i - 1].match_word = s->words[i];
        }
        g->match_key = s->key;
        g->match_word = s->words[0];
        d->n_groups += s->n - 1;
        g->n = 0;
        for (size_t i = 0; i < all; i++) {
                struct draft_sample *sample = g->samples[i];
                size_t word = word_at(s, json_string_value(json_object_get(sample->body, s->key)));
                int r = draft_push(word ? &groups[word - 1] : g, sample);

                if (r)
                        return r;
        }
        return 0;
}

int draft_split(struct draft *d) {
        const size_t n = d->n_groups;
        struct shapes s;

        for (size_t i = 0; i < n; i++) {
                int r = find_shapes(&d->groups[i], &s) ? divide(d, &d->groups[i], &s) : 0;

                if (r)
                        return r;
        }
        return 0;
}
