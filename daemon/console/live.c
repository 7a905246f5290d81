/*
 * Lines lie in a ring by their own numbers. The ring is whole from `base` on: who saw the journal up to there, or
 * further, misses nothing that is not here.
 *
 *          base      first                         end
 *     ──────┴──────────┼──┬──┬──┬──┬──┬──┬──┬──┬────┤
 *        evicted       │  lines, ascending SEQ.N    │ ← live_take
 *                      └ live_past puts older ones before
 *
 * What belongs to an incident is as covert as the incident, and often does not say so itself: which incidents were
 * covert at any time is remembered.
 *
 * A snapshot is written once and given to all who begin within the next SNAPSHOT_LINES lines: they get the lines behind
 * it from the ring, as everybody does.
 */
#include "console/live.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <wardwatch/change.h>

#include "console/history.h"

#define SNAPSHOT_LINES 20
#define FIRST_NUMBER   (UINT64_C(1) << 40) /* room below, for live_past */
#define COVERT_MAX     10000               /* incidents; the one that was heard of first is forgotten */

struct position {
        uint64_t seq;
        uint32_t n;
};

struct line {
        struct live_text *text;
        struct position at;
        size_t before; /* bytes of all lines ever put behind the ring before this one */
};

struct item {
        uint64_t key; /* of the journal's live records: alarms by their number, subjects above */
        json_t *body;
        UT_hash_handle hh;
};

struct covert {
        json_int_t incident;
        UT_hash_handle hh;
};

struct snapshot {
        struct live_text *text;
        uint64_t next, epoch;
};

struct live {
        struct item *items;
        struct covert *covert; /* in the order in which they were heard of */
        struct line *ring;
        uint64_t first, end;
        struct position base, newest;
        size_t bytes, put; /* of the lines here; of all that came */
        uint64_t epoch;
        bool complete;
        char at[40];
        struct snapshot snapshots[LIVE_CLASSES];
};

/* --- texts --- */

struct live_text *live_text_new(const char *text, size_t n) {
        struct live_text *t = malloc(sizeof *t + n);

        if (!t)
                return NULL;
        *t = (struct live_text){ .references = 1, .n = n };
        if (text)
                memcpy(t->text, text, n);
        return t;
}

void live_text_unref(struct live_text *t) {
        if (t && --t->references == 0)
                free(t);
}

void live_text_release(const void *data, size_t n, void *userdata) {
        live_text_unref(userdata);
}

/* --- who may see what --- */

static bool word_is(const json_t *o, const char *name, const char *const *words, size_t n) {
        const char *word = json_string_value(json_object_get(o, name));

        for (size_t i = 0; word && i < n; i++)
                if (strcmp(word, words[i]) == 0)
                        return true;
        return false;
}

unsigned live_class_of(const json_t *body, bool alarm) {
        static const char *const hazards[] = { "panic", "duress", "robbery", "hostage" };
        static const char *const people[] = { "operator",   "shift", "handover", "approval",   "notification",
                                              "escalation", "note",  "guard",    "disposition" };
        const json_t *inner = json_object_get(body, "body");
        unsigned set = 0;

        if (alarm)
                return json_is_true(json_object_get(body, "covert")) ? LIVE_COVERT : 0;
        if (word_is(body, "subject", people, sizeof people / sizeof *people))
                set |= LIVE_PEOPLE;
        if (word_is(inner, "hazard", hazards, sizeof hazards / sizeof *hazards) ||
            json_is_true(json_object_get(inner, "covert")))
                set |= LIVE_COVERT;
        return set;
}

/* A whole record of the journal's. */
static unsigned notice_class(const json_t *notice) {
        const char *name = json_string_value(json_object_get(json_object_get(notice, "notice"), "name"));

        return LIVE_PEOPLE | (name && history_personal(name) ? LIVE_AUDIT : 0U);
}

/* --- covert incidents --- */

static json_int_t incident_of(const json_t *change) {
        return json_integer_value(json_object_get(change, "incident"));
}

static bool covert_known(const struct live *l, json_int_t incident) {
        struct covert *c;

        HASH_FIND(hh, l->covert, &incident, sizeof incident, c);
        return c;
}

static void covert_drop(struct live *l, struct covert *c) {
        HASH_DEL(l->covert, c);
        free(c);
}

static void covert_note(struct live *l, const json_t *change) {
        json_int_t incident = incident_of(change);
        struct covert *c;

        if (!incident || !(live_class_of(change, false) & LIVE_COVERT) || covert_known(l, incident) ||
            !(c = calloc(1, sizeof *c)))
                return;
        c->incident = incident;
        HASH_ADD(hh, l->covert, incident, sizeof c->incident, c);
        if (HASH_COUNT(l->covert) > COVERT_MAX)
                covert_drop(l, l->covert);
}

static unsigned class_of(const struct live *l, const json_t *body, bool alarm) {
        return live_class_of(body, alarm) | (!alarm && covert_known(l, incident_of(body)) ? LIVE_COVERT : 0U);
}

/* --- the ring --- */

static struct line *slot(const struct live *l, uint64_t number) {
        return &l->ring[number % LIVE_RING_LINES];
}

static int compare(struct position a, struct position b) {
        if (a.seq != b.seq)
                return a.seq < b.seq ? -1 : 1;
        return a.n < b.n ? -1 : a.n > b.n;
}

static struct position before(struct position at) {
        return at.n ? (struct position){ at.seq, at.n - 1 } : (struct position){ at.seq - 1, UINT32_MAX };
}

static void ring_evict(struct live *l) {
        struct line *old = slot(l, l->first++);

        l->base = old->at;
        l->bytes -= old->text->n;
        live_text_unref(old->text);
        old->text = NULL;
}

static void ring_clear(struct live *l) {
        while (l->first < l->end)
                ring_evict(l);
}

static void ring_put(struct live *l, struct live_text *text, struct position at) {
        while (l->end - l->first >= LIVE_RING_LINES || (l->first < l->end && l->bytes + text->n > LIVE_RING_BYTES))
                ring_evict(l);
        *slot(l, l->end++) = (struct line){ text, at, l->put };
        l->bytes += text->n;
        l->put += text->n;
}

static struct live_text *event_text(const char *name, const struct position *at, const json_t *body) {
        char head[96];
        char *data = json_dumps(body, JSON_COMPACT);
        size_t n = data ? strlen(data) : 0, m;
        struct live_text *t;

        m = (size_t)(at ? snprintf(head, sizeof head, "event: %s\nid: %" PRIu64 ".%u\ndata: ", name, at->seq, at->n)
                        : snprintf(head, sizeof head, "event: %s\ndata: ", name));
        t = data ? live_text_new(NULL, m + n + 2) : NULL;
        if (t) {
                memcpy(t->text, head, m);
                memcpy(t->text + m, data, n);
                memcpy(t->text + m + n, "\n\n", 2);
        }
        free(data);
        return t;
}

/* --- what is --- */

static void items_clear(struct live *l) {
        struct item *i, *next;

        HASH_ITER(hh, l->items, i, next) {
                HASH_DEL(l->items, i);
                json_decref(i->body);
                free(i);
        }
}

static bool key_of(const json_t *body, bool alarm, uint64_t *ret) {
        const char *name = json_string_value(json_object_get(body, "subject"));
        json_int_t id = json_integer_value(json_object_get(body, "id"));
        enum ww_subject subject;

        if (id <= 0 || (!alarm && (!name || !ww_subject_find(ww_str(name), &subject))))
                return false;
        *ret = alarm ? (uint64_t)id : ww_change_key(subject, (uint64_t)id);
        return true;
}

static json_int_t version_of(const json_t *body) {
        return json_integer_value(json_object_get(body, "version"));
}

static bool over(const json_t *body, bool alarm) {
        const char *state = json_string_value(json_object_get(body, "state"));

        return alarm ? state && strcmp(state, "NORM") == 0 : json_is_true(json_object_get(body, "ended"));
}

static void item_set(struct live *l, const json_t *body, bool alarm) {
        struct item *i;
        uint64_t key;

        if (!key_of(body, alarm, &key))
                return;
        HASH_FIND(hh, l->items, &key, sizeof key, i);
        if (i && version_of(i->body) > version_of(body))
                return;
        if (i && over(body, alarm)) {
                HASH_DEL(l->items, i);
                json_decref(i->body);
                free(i);
                return;
        }
        if (over(body, alarm))
                return;
        if (!i) {
                i = calloc(1, sizeof *i);
                if (!i)
                        return;
                i->key = key;
                HASH_ADD(hh, l->items, key, sizeof i->key, i);
        }
        json_decref(i->body);
        i->body = json_incref((json_t *)body);
}

/* Asked when it is told: its incident may have come behind it. */
static bool item_hidden(const struct live *l, const struct item *i, unsigned hidden) {
        return hidden & class_of(l, i->body, !ww_change_key_subject(i->key));
}

/* --- the feed --- */

static bool position_parse(const char *text, struct position *ret) {
        char end;

        return text && sscanf(text, "%" SCNu64 ".%" SCNu32 "%c", &ret->seq, &ret->n, &end) == 2;
}

static void set_at(struct live *l, struct position at) {
        l->newest = at;
        (void)snprintf(l->at, sizeof l->at, "%" PRIu64 ".%u", at.seq, at.n);
}

static const struct {
        const char *name;
        bool alarm;
} kinds[] = { { "transition", true }, { "change", false }, { "notice", false } };

/* The line's text and class; NULL: none that is told, or no memory. */
static struct live_text *line_text(const struct live *l, const json_t *line, struct position at, size_t *ret_kind) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
                const json_t *body = json_object_get(line, kinds[i].name);
                struct live_text *t = body ? event_text(kinds[i].name, &at, body) : NULL;

                if (!body)
                        continue;
                if (t)
                        t->hidden = i == 2 ? notice_class(body)
                                           : class_of(l, i == 0 ? json_object_get(body, "alarm") : body,
                                                      kinds[i].alarm);
                *ret_kind = i;
                return t;
        }
        return NULL;
}

static bool take_line(struct live *l, const json_t *line) {
        struct position at;
        struct live_text *text;
        size_t kind;

        if (!position_parse(json_string_value(json_object_get(line, "at")), &at))
                return false;
        covert_note(l, json_object_get(line, "change"));
        text = line_text(l, line, at, &kind);
        if (!text)
                return false;
        ring_put(l, text, at);
        set_at(l, at);
        if (kind == 0)
                item_set(l, json_object_get(json_object_get(line, "transition"), "alarm"), true);
        else if (kind == 1)
                item_set(l, json_object_get(line, "change"), false);
        return true;
}

bool live_take(struct live *l, const json_t *line) {
        const json_t *body;
        struct position at;

        if ((body = json_object_get(line, "live"))) {
                item_set(l, body, true);
        } else if ((body = json_object_get(line, "live_change"))) {
                covert_note(l, body);
                item_set(l, body, false);
        } else if ((body = json_object_get(line, "live_end"))) {
                if (!position_parse(json_string_value(body), &at))
                        return false;
                if (l->first == l->end)
                        set_at(l, at);
                l->base = l->first == l->end ? at : before(slot(l, l->first)->at);
                l->complete = true;
        } else {
                return take_line(l, line);
        }
        return true;
}

void live_reset(struct live *l) {
        ring_clear(l);
        items_clear(l);
        while (l->covert)
                covert_drop(l, l->covert);
        l->complete = false;
        l->epoch++;
        l->at[0] = '\0';
}

void live_past(struct live *l, const json_t *lines) {
        const json_t *each;
        size_t k;

        json_array_foreach(lines, k, each) covert_note(l, json_object_get(each, "change"));
        for (size_t i = json_array_size(lines); i-- > 0 && l->end - l->first < LIVE_RING_LINES / 2;) {
                const json_t *line = json_array_get(lines, i);
                struct position at;
                struct live_text *text;
                size_t kind, bytes;

                if (!position_parse(json_string_value(json_object_get(line, "at")), &at) ||
                    compare(at, l->first < l->end ? slot(l, l->first)->at : l->base) > 0 ||
                    (l->first < l->end && compare(at, slot(l, l->first)->at) == 0))
                        continue;
                text = line_text(l, line, at, &kind);
                if (!text)
                        return;
                bytes = l->first < l->end ? slot(l, l->first)->before : l->put;
                l->first--;
                *slot(l, l->first) = (struct line){ text, at, bytes };
                l->bytes += text->n;
                l->base = before(at);
        }
}

/* --- asking --- */

bool live_complete(const struct live *l) {
        return l->complete;
}

const char *live_at(const struct live *l) {
        return l->at;
}

uint64_t live_epoch(const struct live *l) {
        return l->epoch;
}

uint64_t live_first(const struct live *l) {
        return l->first;
}

uint64_t live_end(const struct live *l) {
        return l->end;
}

struct live_text *live_line(const struct live *l, uint64_t number) {
        return slot(l, number)->text;
}

size_t live_behind(const struct live *l, uint64_t number) {
        if (number < l->first)
                return SIZE_MAX;
        return number < l->end ? l->put - slot(l, number)->before : 0;
}

bool live_resume(const struct live *l, const char *from, uint64_t *ret_number) {
        struct position at;
        uint64_t low = l->first, high = l->end;

        if (!l->complete || !position_parse(from, &at) || compare(at, l->base) < 0 || compare(at, l->newest) > 0)
                return false;
        while (low < high) {
                uint64_t middle = low + (high - low) / 2;

                if (compare(slot(l, middle)->at, at) <= 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        *ret_number = low;
        return true;
}

/* Append to a growing text. */
struct growing {
        char *p;
        size_t n, capacity;
        bool failed;
};

static void grow(struct growing *g, const char *text, size_t n) {
        if (g->failed)
                return;
        if (g->n + n > g->capacity) {
                size_t capacity = (g->n + n) * 2 + 4096;
                char *p = realloc(g->p, capacity);

                if (!p) {
                        g->failed = true;
                        return;
                }
                g->p = p;
                g->capacity = capacity;
        }
        memcpy(g->p + g->n, text, n);
        g->n += n;
}

static struct live_text *snapshot_write(struct live *l, unsigned hidden) {
        static const char begin[] = "event: reset\ndata: {}\n\n";
        struct growing g = { 0 };
        struct live_text *t = NULL;
        char end[160];

        grow(&g, begin, sizeof begin - 1);
        for (const struct item *i = l->items; i; i = i->hh.next) {
                struct live_text *one = item_hidden(l, i, hidden)
                                                ? NULL
                                                : event_text(ww_change_key_subject(i->key) ? "live_change" : "live",
                                                             NULL, i->body);

                if (one)
                        grow(&g, one->text, one->n);
                live_text_unref(one);
        }
        (void)snprintf(end, sizeof end, "event: live_end\nid: %s\ndata: {\"at\":\"%s\"}\n\n", l->at, l->at);
        grow(&g, end, strlen(end));
        if (!g.failed)
                t = live_text_new(g.p, g.n);
        free(g.p);
        return t;
}

struct live_text *live_snapshot(struct live *l, unsigned hidden, uint64_t *ret_next) {
        struct snapshot *s = &l->snapshots[hidden % LIVE_CLASSES];

        if (!s->text || s->epoch != l->epoch || s->next < l->first || l->end - s->next > SNAPSHOT_LINES) {
                live_text_unref(s->text);
                *s = (struct snapshot){ snapshot_write(l, hidden), l->end, l->epoch };
        }
        if (s->text)
                s->text->references++;
        *ret_next = s->next;
        return s->text;
}

json_t *live_json(const struct live *l, unsigned hidden) {
        json_t *alarms = json_array(), *changes = json_array();

        for (const struct item *i = l->items; i; i = i->hh.next)
                if (!item_hidden(l, i, hidden))
                        (void)json_array_append(ww_change_key_subject(i->key) ? changes : alarms, i->body);
        return json_pack("{s:s, s:o, s:o}", "at", l->at, "alarms", alarms, "changes", changes);
}

const json_t *live_alarm(const struct live *l, json_int_t id) {
        uint64_t key = (uint64_t)id;
        struct item *i;

        HASH_FIND(hh, l->items, &key, sizeof key, i);
        return i ? i->body : NULL;
}

int live_each(const struct live *l, const char *subject, int (*visit)(void *userdata, const json_t *change),
              void *userdata) {
        for (const struct item *i = l->items; i; i = i->hh.next) {
                const char *name;
                int r;

                if (!ww_change_key_subject(i->key))
                        continue;
                name = json_string_value(json_object_get(i->body, "subject"));
                r = !subject || (name && strcmp(name, subject) == 0) ? visit(userdata, i->body) : 0;
                if (r)
                        return r;
        }
        return 0;
}

/* --- life --- */

int live_new(struct live **ret) {
        struct live *l = calloc(1, sizeof *l);

        if (!l || !(l->ring = calloc(LIVE_RING_LINES, sizeof *l->ring))) {
                free(l);
                return -ENOMEM;
        }
        l->first = l->end = FIRST_NUMBER;
        *ret = l;
        return 0;
}

struct live *live_free(struct live *l) {
        if (!l)
                return NULL;
        live_reset(l);
        for (size_t i = 0; i < LIVE_CLASSES; i++)
                live_text_unref(l->snapshots[i].text);
        free(l->ring);
        free(l);
        return NULL;
}
