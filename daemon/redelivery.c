/*
 * A ring in the order of arrival, and chains through it by hash. Positions only grow, one for each message of the
 * session; one that has come again stands at its new position and has left a hole at its old one.
 *
 *   from ……… to        remembered, and in doubt
 */
#include "redelivery.h"

#include <xxhash.h>

#define REDELIVERY_HEADS 65536 /* chains */
#define ROOM_LEAST       1024

struct redelivery_entry {
        uint64_t hash, seq;
        uint64_t index;      /* how many were noted before it: the order in which the broker sent them first */
        uint64_t given;      /* and how many identifiers the broker had given up to its own */
        uint32_t next;       /* place in the ring + 1; 0 = the chain's end */
        uint32_t connection; /* on which it came last; 0 = a hole */
};

#define REDELIVERY_IDS 65536 /* 0 is none */

/* The newest that was noted. Between two there may be identifiers that never come here: of our own topics, and of what
 * the broker drops. */
struct redelivery_newest {
        uint64_t given;
        uint16_t mid;
};

struct redelivery {
        struct redelivery_limits limits;
        struct redelivery_newest newest, newest_began; /* now, and when this connection began */
        struct redelivery_entry *ring;
        uint32_t room;       /* places of the ring, a power of 2 */
        uint32_t connection; /* from 1 */
        bool past;           /* on this connection all redeliveries have come */
        uint64_t from, to;   /* positions */
        uint64_t began;      /* position at which this connection did */
        uint64_t base;       /* position of number 0, which nobody has */
        uint64_t noted;      /* messages, ever */
        uint64_t order;      /* of redeliveries on this connection: the index behind that of the newest, 0 = none yet */
        size_t unseen;       /* in doubt since before this connection, and not come on it */
        uint64_t floor;      /* least `seq` in doubt when this connection began, UINT64_MAX = none, or proven since */
        uint32_t heads[REDELIVERY_HEADS];
        uint64_t holders[REDELIVERY_IDS]; /* of each identifier: position + 1 of the newest, 0 = none */
};

static uint32_t room_for(uint32_t n) {
        uint32_t room = ROOM_LEAST;

        while (room < n)
                room *= 2;
        return room;
}

int redelivery_new(struct redelivery **ret, const struct redelivery_limits *limits) {
        _cleanup_(redelivery_freep) struct redelivery *r = NULL;

        if (limits->near < 1 || limits->near > limits->ids / 2 + 1 || limits->max < 1 || limits->max > 1 << 24)
                return -EINVAL;
        r = calloc(1, sizeof *r);
        if (!r)
                return -ENOMEM;
        r->limits = *limits;
        r->connection = 1;
        r->floor = UINT64_MAX;
        r->base = UINT64_MAX; /* so that position 0 has number 1 */
        r->room = ROOM_LEAST;
        r->ring = calloc(r->room, sizeof *r->ring); /* pages that nobody touches are never there */
        if (!r->ring)
                return -ENOMEM;
        *ret = r;
        r = NULL;
        return 0;
}

struct redelivery *redelivery_free(struct redelivery *r) {
        if (r)
                free(r->ring);
        free(r);
        return NULL;
}

static uint64_t redelivery_hash(uint16_t mid, struct ww_str topic, struct ww_str payload) {
        return XXH3_64bits_withSeed(payload.p, payload.n, XXH3_64bits_withSeed(topic.p, topic.n, mid));
}

/* --- the ring --- */

static struct redelivery_entry *entry_at(const struct redelivery *r, uint64_t position) {
        return &r->ring[position & (r->room - 1)];
}

static uint64_t position_of(const struct redelivery *r, const struct redelivery_entry *entry) {
        return r->from + (((uint64_t)(entry - r->ring) - r->from) & (r->room - 1));
}

static uint32_t *head_of(struct redelivery *r, uint64_t hash) {
        return &r->heads[hash % REDELIVERY_HEADS];
}

static void entry_link(struct redelivery *r, struct redelivery_entry *entry) {
        uint32_t *head = head_of(r, entry->hash);

        entry->next = *head;
        *head = (uint32_t)(entry - r->ring) + 1;
}

static void entry_remove(struct redelivery *r, struct redelivery_entry *entry) {
        uint32_t place = (uint32_t)(entry - r->ring) + 1, *link = head_of(r, entry->hash);

        if (!entry->connection)
                return;
        while (*link != place)
                link = &r->ring[*link - 1].next;
        *link = entry->next;
        entry->connection = 0;
}

static void ring_drop(struct redelivery *r, uint64_t end) {
        for (; r->from < end; r->from++)
                entry_remove(r, entry_at(r, r->from));
}

/* Holes are not in doubt, and there is a limit. */
static void ring_trim(struct redelivery *r) {
        if (r->to - r->from >= r->limits.max)
                ring_drop(r, r->to - r->limits.max + 1);
        while (r->from < r->to && !entry_at(r, r->from)->connection)
                r->from++;
}

/* False: no memory, it stays as it is. */
static bool ring_resize(struct redelivery *r, uint32_t room) {
        struct redelivery old = { .ring = r->ring, .room = r->room };
        struct redelivery_entry *ring = calloc(room, sizeof *ring);

        if (!ring)
                return false;
        memset(r->heads, 0, sizeof r->heads);
        r->ring = ring;
        r->room = room;
        for (uint64_t position = r->from; position < r->to; position++) {
                struct redelivery_entry *entry = entry_at(r, position);

                *entry = *entry_at(&old, position);
                if (entry->connection)
                        entry_link(r, entry);
        }
        free(old.ring);
        return true;
}

/* The next position, a hole. Without memory for a larger ring it remembers as many as there is room for. */
static struct redelivery_entry *entry_append(struct redelivery *r) {
        struct redelivery_entry *entry;

        ring_trim(r);
        if (r->to - r->from == r->room && !ring_resize(r, r->room * 2)) {
                r->limits.max = r->room;
                ring_trim(r);
        }
        entry = entry_at(r, r->to++);
        entry->connection = 0;
        return entry;
}

/* --- what is told, and asked --- */

/* A broker that goes back gives identifiers in another order: then messages are counted. */
static void newest_step(struct redelivery *r, uint16_t mid) {
        uint32_t step = (mid + r->limits.ids - r->newest.mid - 1u) % r->limits.ids + 1;

        r->newest.given += step <= r->limits.ids / 2 ? step : 1;
        r->newest.mid = mid;
}

/* How many identifiers ago it was given, that of the next one counted. */
static uint64_t entry_away(const struct redelivery *r, const struct redelivery_entry *entry) {
        return r->newest.given - entry->given + 1;
}

/* The identifier is given to another message: so the broker has read the ack of the one that had it. Only the round of
 * all identifiers says nothing of that. */
static void holder_is_read(struct redelivery *r, uint16_t mid) {
        uint64_t position = r->holders[mid];
        struct redelivery_entry *entry = position > r->from ? entry_at(r, position - 1) : NULL;

        if (entry && entry_away(r, entry) <= r->limits.near)
                entry_remove(r, entry);
}

void redelivery_note(struct redelivery *r, uint64_t seq, uint16_t mid, bool dup, struct ww_str topic,
                     struct ww_str payload) {
        struct redelivery_entry *entry;

        if (mid && !dup)
                holder_is_read(r, mid);
        entry = entry_append(r);
        if (mid == 0)
                return;
        r->past |= !dup;
        r->holders[mid] = r->to;
        newest_step(r, mid);
        *entry = (struct redelivery_entry){ .hash = redelivery_hash(mid, topic, payload),
                                            .seq = seq,
                                            .index = r->noted++,
                                            .given = r->newest.given,
                                            .connection = r->connection };
        entry_link(r, entry);
}

/* What a message with DUP may be. */
struct redelivery_likeness {
        struct redelivery_entry *next; /* the one behind the newest redelivery, far or near */
        struct redelivery_entry *near; /* its identifier was given a short while ago: the oldest of them */
        struct redelivery_entry *far;
        size_t n_far;
};

static void redelivery_compare(const struct redelivery *r, struct redelivery_entry *entry,
                               struct redelivery_likeness *ret) {
        if (r->order && entry->index == r->order)
                ret->next = entry;
        if (entry_away(r, entry) <= r->limits.near) {
                if (!ret->near || entry->index < ret->near->index)
                        ret->near = entry;
                return;
        }
        ret->far = entry;
        ret->n_far++;
}

static struct redelivery_likeness redelivery_like(struct redelivery *r, uint64_t hash) {
        struct redelivery_likeness found = { 0 };

        for (uint32_t place = *head_of(r, hash); place; place = r->ring[place - 1].next) {
                struct redelivery_entry *entry = &r->ring[place - 1];

                if (entry->hash == hash && entry->connection != r->connection)
                        redelivery_compare(r, entry, &found);
        }
        return found;
}

/* What this connection began with was taken for new, and cannot have been: a redelivery has come behind it. */
static void redelivery_undo(struct redelivery *r) {
        for (uint64_t position = r->began > r->from ? r->began : r->from; position < r->to; position++) {
                r->noted -= entry_at(r, position)->connection != 0;
                entry_remove(r, entry_at(r, position));
        }
        r->newest = r->newest_began;
}

/* `entry` has come again; NULL: one of several has. */
static void redelivery_again(struct redelivery *r, uint16_t mid, struct redelivery_entry *entry) {
        struct redelivery_entry again;

        if (!entry) {
                (void)entry_append(r);
                return;
        }
        if (!r->order && !r->past)
                redelivery_undo(r);
        again = *entry;
        if (r->unseen)
                r->unseen--;
        if (r->holders[mid] == position_of(r, entry) + 1)
                r->holders[mid] = r->to + 1;
        entry_remove(r, entry);
        if (again.index >= r->order)
                r->order = again.index + 1;
        again.connection = r->connection;
        entry = entry_append(r);
        *entry = again;
        entry_link(r, entry);
}

bool redelivery_is(struct redelivery *r, uint16_t mid, struct ww_str topic, struct ww_str payload) {
        struct redelivery_likeness like = redelivery_like(r, redelivery_hash(mid, topic, payload));

        if (like.next)
                redelivery_again(r, mid, like.next);
        else if (like.near)
                redelivery_again(r, mid, r->order || !like.n_far ? like.near : NULL);
        else if (like.n_far == 1 && like.far->index >= r->order)
                redelivery_again(r, mid, like.far);
        else
                return false;
        return true;
}

void redelivery_begin(struct redelivery *r) {
        r->base = r->to - 1;
}

void redelivery_connected(struct redelivery *r) {
        r->connection++;
        if (r->connection == 0) /* a hole's; nobody makes 2^32 connections */
                r->connection = 1;
        r->past = false;
        r->order = 0;
        r->unseen = 0;
        r->began = r->to;
        r->newest_began = r->newest;
        for (uint64_t position = r->from; position < r->to; position++) {
                const struct redelivery_entry *entry = entry_at(r, position);

                if (!entry->connection)
                        continue;
                r->unseen++;
                if (entry->seq < r->floor)
                        r->floor = entry->seq;
        }
}

void redelivery_past(struct redelivery *r) {
        r->past = true;
}

void redelivery_read(struct redelivery *r, uint64_t number) {
        uint64_t end = r->base + number + 1;

        if (number == 0 || end <= r->from || end > r->to || (r->unseen && !r->past))
                return;
        ring_drop(r, end);
        r->floor = UINT64_MAX; /* what is left is of this connection, and in order */
        ring_trim(r);
        if (r->room > ROOM_LEAST && r->to - r->from < r->room / 4)
                (void)ring_resize(r, room_for((uint32_t)(r->to - r->from)));
}

void redelivery_forget(struct redelivery *r) {
        ring_drop(r, r->to);
        r->unseen = 0;
        r->floor = UINT64_MAX;
        r->newest.mid = 0;
}

uint64_t redelivery_settled(struct redelivery *r, uint64_t head) {
        ring_trim(r);
        if (r->from == r->to)
                return head;
        return (entry_at(r, r->from)->seq < r->floor ? entry_at(r, r->from)->seq : r->floor) - 1;
}

size_t redelivery_in_doubt(const struct redelivery *r) {
        return (size_t)(r->to - r->from);
}
