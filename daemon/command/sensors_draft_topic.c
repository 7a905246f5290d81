/*
 * Which messages look alike: as many levels, the same first one, the same well-known words ("state", "temperature") in
 * the same places, the same format. Within a group a level that varies, or that holds a number, is a capture; the last
 * one of these is the device.
 */
#include "command/sensors_draft.h"

#include <ctype.h>
#include <stdio.h>

int draft_add(struct draft *d, const struct ww_input *input) {
        struct draft_sample *s;

        if (d->n_samples == DRAFT_SAMPLES_MAX || input->payload.n > 65536) {
                d->left_out++;
                return 0;
        }
        if (!d->samples)
                d->samples = calloc(DRAFT_SAMPLES_MAX, sizeof *d->samples);
        if (!d->samples)
                return -ENOMEM;
        s = &d->samples[d->n_samples];
        s->topic = arena_copy(&d->arena, input->topic);
        s->payload = input->payload.n ? arena_copy(&d->arena, input->payload) : WW_STR("");
        if (!s->topic.p || !s->payload.p)
                return -ENOMEM;
        s->retained = input->flags & WW_INPUT_RETAINED;
        s->time = input->time;
        draft_read(d, s);
        d->n_samples++;
        return 0;
}

static void group_deinit(struct draft_group *g) {
        for (size_t i = 0; i < g->n_fields; i++) {
                free(g->fields[i].path);
                free(g->fields[i].key);
                json_decref(g->fields[i].values);
        }
        free(g->samples);
        free(g->key);
}

void draft_deinit(struct draft *d) {
        for (size_t i = 0; i < d->n_samples; i++)
                json_decref(d->samples[i].body);
        for (size_t i = 0; i < d->n_groups; i++)
                group_deinit(&d->groups[i]);
        free(d->samples);
        free(d->groups);
        arena_deinit(&d->arena);
}

/* ---- grouping ---- */

static bool has_digit(struct ww_str s) {
        for (size_t i = 0; i < s.n; i++)
                if (isdigit((unsigned char)s.p[i]))
                        return true;
        return false;
}

/* Words that say what a message is about, beside those of the table of fields. */
static bool is_function(struct ww_str level) {
        static const char *const words[] = { "state",     "status", "sensor", "sensors",    "event",    "events",
                                             "set",       "get",    "value",  "tele",       "stat",     "cmnd",
                                             "info",      "lwt",    "up",     "down",       "data",     "availability",
                                             "telemetry", "report", "config", "attributes", "heartbeat" };
        char word[64];

        draft_normalise(level, word, sizeof word);
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
                if (strcmp(word, words[i]) == 0)
                        return true;
        return draft_word_known(level);
}

static bool is_fixed(struct ww_str level, size_t number) {
        return !level.n || (!has_digit(level) && (number == 0 || is_function(level)));
}

static char *key_of(const struct draft_sample *s, const struct topic *topic) {
        _cleanup_buf_ struct buf key = BUF_INIT;

        buf_printf(&key, "%d %zu", s->format, topic->n);
        for (size_t i = 0; i < topic->n; i++) {
                struct ww_str level = topic->levels[i].text;

                buf_puts(&key, "/");
                if (is_fixed(level, i))
                        buf_put(&key, level.p, level.n);
                else
                        buf_puts(&key, "*");
        }
        return key.error ? NULL : ww_str_copy(buf_str(&key));
}

static struct draft_group *group_of(struct draft *d, char *key) {
        for (size_t i = 0; i < d->n_groups; i++)
                if (strcmp(d->groups[i].key, key) == 0) {
                        free(key);
                        return &d->groups[i];
                }
        if (d->n_groups == DRAFT_GROUPS_MAX) {
                free(key);
                d->left_out++;
                return NULL;
        }
        d->groups[d->n_groups].key = key;
        return &d->groups[d->n_groups++];
}

int draft_push(struct draft_group *g, struct draft_sample *s) {
        if (g->n == g->capacity) {
                size_t capacity = g->capacity ? 2 * g->capacity : 16;
                struct draft_sample **samples = realloc(g->samples, capacity * sizeof(struct draft_sample *));

                if (!samples)
                        return -ENOMEM;
                g->samples = samples;
                g->capacity = capacity;
        }
        g->samples[g->n++] = s;
        return 0;
}

static int group_add(struct draft *d, struct draft_sample *s) {
        struct topic topic;
        struct draft_group *g;
        char *key;

        if (!topic_split(&topic, s->topic)) {
                d->left_out++;
                return 0;
        }
        key = key_of(s, &topic);
        if (!key)
                return -ENOMEM;
        g = group_of(d, key);
        if (!g)
                return 0;
        g->format = s->format;
        return draft_push(g, s);
}

/* ---- levels ---- */

static bool level_varies(const struct draft_group *g, size_t level, struct ww_str first) {
        struct topic topic;

        for (size_t i = 1; i < g->n; i++)
                if (topic_split(&topic, g->samples[i]->topic) && !ww_str_equal(topic.levels[level].text, first))
                        return true;
        return false;
}

/* Nothing varies and nothing has a number: the last level that is no well-known word may be the device. */
static void guess_device(struct draft_group *g) {
        for (size_t i = g->n_levels; i-- > 1;)
                if (!is_function(g->levels[i].text) && g->levels[i].text.n) {
                        g->levels[i].capture = "device";
                        g->levels[i].guessed = true;
                        g->device = true;
                        return;
                }
}

static void name_captures(struct draft_group *g) {
        static const char *const names[] = { "place", "place2", "place3", "place4", "place5" };
        size_t n = 0, last = 0;

        for (size_t i = 0; i < g->n_levels; i++)
                if (g->levels[i].capture)
                        last = i;
        for (size_t i = 0; i < g->n_levels; i++) {
                if (!g->levels[i].capture)
                        continue;
                if (i == last)
                        g->levels[i].capture = "device";
                else
                        g->levels[i].capture = n < sizeof names / sizeof *names ? names[n++] : NULL;
                g->device |= i == last;
        }
}

static void find_levels(struct draft_group *g) {
        struct topic topic;

        (void)topic_split(&topic, g->samples[0]->topic);
        g->n_levels = topic.n;
        for (size_t i = 0; i < topic.n; i++) {
                struct ww_str text = topic.levels[i].text;
                bool varies = level_varies(g, i, text);

                g->levels[i].text = text;
                if (text.n && (varies || (has_digit(text) && !is_function(text))))
                        g->levels[i].capture = "";
                g->levels[i].guessed = !varies;
        }
        name_captures(g);
        if (!g->device)
                guess_device(g);
}

/* What the messages are about, as the message's name. */
static void name_group(struct draft *d, struct draft_group *g) {
        char word[24] = "";
        size_t same = 0;

        if (g->match_word)
                draft_normalise(ww_str(g->match_word), word, sizeof word);
        for (size_t i = g->n_levels; i-- > 1 && !word[0];)
                if (!g->levels[i].capture && g->levels[i].text.n)
                        draft_normalise(g->levels[i].text, word, sizeof word);
        (void)snprintf(g->name, sizeof g->name, "%s", word[0] ? word : "report");
        for (const struct draft_group *other = d->groups; other < g; other++)
                same += strncmp(other->name, g->name, strlen(g->name)) == 0;
        if (same)
                (void)snprintf(g->name, sizeof g->name, "%s-%zu", word[0] ? word : "report", same + 1);
}

int draft_group(struct draft *d) {
        int r;

        d->groups = calloc(DRAFT_GROUPS_MAX, sizeof *d->groups);
        if (!d->groups)
                return -ENOMEM;
        for (size_t i = 0; i < d->n_samples; i++) {
                r = group_add(d, &d->samples[i]);
                if (r)
                        return r;
        }
        for (size_t i = 0; i < d->n_groups; i++)
                find_levels(&d->groups[i]);
        r = draft_split(d);
        for (size_t i = 0; i < d->n_groups && !r; i++) {
                r = draft_fields(&d->groups[i]);
                name_group(d, &d->groups[i]);
        }
        return r;
}
