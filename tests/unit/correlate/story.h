#pragma once
/*
 * The rows of a story, read. What the rows do is the player's affair; the tests play them in harness.h, the model test
 * in tests/model/driver.c.
 *
 *     TIME KIND DEVICE [attribute=value …] [at TIME] [+retained +exercise +suspect +duplicate]
 *     TIME VERB [WORD …]
 *
 * TIME counts from T0; an event arrives at its own time unless `at` says when. `attribute=x` is a text, `attribute:=1`
 * a number, `value=1` the number that the event carries. Verbs are what the player has a list of: tick, blind, reset …
 */
#include "base/span.h"
#include "base/symtab.h"
#include "config/site.h"
#include <wardwatch/event.h>

#include <stdlib.h>

#define T0              (INT64_C(1700000000) * WW_SECOND)

#define STORY_ATTRS_MAX 8
#define STORY_WORDS_MAX 4

struct story_row {
        int64_t time, arrival;
        const char *verb; /* NULL: an event */
        const char *words[STORY_WORDS_MAX];
        size_t n_words;
        struct ww_event
                event; /* kind, device, time, received, flags, value and attributes; the rest is story_finish's */
        struct ww_attr attrs[STORY_ATTRS_MAX];
        const char *error; /* why it could not be read */
};

static inline int64_t story_time(struct story_row *row, const char *text) {
        int64_t t = 0;

        if (!text || span_parse(ww_str(text), &t) < 0)
                row->error = "no time";
        return T0 + t;
}

static inline uint32_t story_flag(const char *word) {
        static const struct {
                const char *word;
                uint32_t flag;
        } flags[] = { { "+retained", WW_EVENT_RETAINED },
                      { "+exercise", WW_EVENT_EXERCISE },
                      { "+suspect", WW_EVENT_SUSPECT },
                      { "+duplicate", WW_EVENT_DUPLICATE } };

        for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
                if (strcmp(word, flags[i].word) == 0)
                        return flags[i].flag;
        return 0;
}

static inline void story_attribute(struct story_row *row, const struct symtab *symbols, char *word) {
        char *equal = strchr(word, '=');
        bool number = equal && equal > word && equal[-1] == ':';
        struct ww_attr *attr = &row->attrs[row->event.n_attrs];

        if (!equal || row->event.n_attrs == STORY_ATTRS_MAX) {
                row->error = "no attribute, or one too many";
                return;
        }
        equal[number ? -1 : 0] = 0;
        if (strcmp(word, "value") == 0) {
                row->event.value = ww_number(strtod(equal + 1, NULL));
                return;
        }
        attr->name = ww_str(word);
        attr->symbol = symtab_find(symbols, attr->name);
        attr->value = number ? ww_number(strtod(equal + 1, NULL)) : ww_string(ww_str(equal + 1));
        row->event.n_attrs++;
}

static inline void story_event(struct story_row *row, const struct symtab *symbols, char **save) {
        const char *device = strtok_r(NULL, " ", save);
        char *word;

        row->event.device = ww_str(device);
        if (!device)
                row->error = "no device";
        while (!row->error && (word = strtok_r(NULL, " ", save)))
                if (strcmp(word, "at") == 0)
                        row->arrival = story_time(row, strtok_r(NULL, " ", save));
                else if (story_flag(word))
                        row->event.flags |= story_flag(word);
                else
                        story_attribute(row, symbols, word);
        row->event.time = row->time;
        row->event.received = row->arrival;
        row->event.attrs = row->attrs;
}

static inline bool story_is(const char *word, const char *const *verbs) {
        for (; *verbs; verbs++)
                if (strcmp(word, *verbs) == 0)
                        return true;
        return false;
}

/** Reads one row, in place: *ret borrows from `text` and must not move. False: there is nothing in it, or row->error
 *  says what is wrong. `verbs` ends with NULL. */
static inline bool story_read(struct story_row *ret, char *text, const char *const *verbs,
                              const struct symtab *symbols) {
        char *save = NULL, *word = strtok_r(text, " ", &save);

        memset(ret, 0, sizeof *ret);
        if (!word)
                return false;
        ret->time = ret->arrival = story_time(ret, word);
        word = strtok_r(NULL, " ", &save);
        if (!word) {
                ret->error = "nothing happens";
        } else if (story_is(word, verbs)) {
                ret->verb = word;
                while (ret->n_words < STORY_WORDS_MAX && (word = strtok_r(NULL, " ", &save)))
                        ret->words[ret->n_words++] = word;
        } else {
                ret->event.kind = ww_str(word);
                story_event(ret, symbols, &save);
        }
        return !ret->error;
}

/** Completes an event whose kind, device and time are set, as decode would. False: no such kind. */
static inline bool story_finish(struct ww_event *e, const struct site *site) {
        if (!ww_kind_find(ww_kinds_builtin(), e->kind, &e->family, &e->state))
                return false;
        if (ww_kinds_builtin()->rows[e->family].nature != WW_NATURE_STATE)
                e->state = WW_STATE_PULSE;
        e->asset_index = site_asset_of_device(site, e->device);
        if (e->asset_index != SITE_NONE) {
                e->asset = site_asset(site, e->asset_index)->id;
                e->zone = site_zone(site, site_asset(site, e->asset_index)->zone)->id;
        }
        e->site = WW_STR("test");
        e->device_time = WW_TIME_NONE;
        return true;
}
