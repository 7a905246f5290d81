#pragma once
/*
 * A key as it is kept, with its log. A million of them may be alive, so what few of them need lies elsewhere: a log of
 * one entry is a piece of correlate.pool; what trimmed entries have left, and an episode, have a piece when there is
 * any; what waits for the watermark a larger one.
 */
#include "correlate/multiset.h"
#include "correlate/order.h"
#include "correlate/rule.h"

/* Packed, as the order is: a log is made of them. */
struct captured {
        enum ww_value_type type;
        union {
                bool boolean;
                double number;
                int64_t usec;
                uint32_t text; /* in correlate.texts */
        };
} __attribute__((packed, aligned(4)));

enum {
        ENTRY_RETAINED = 1 << 0,    /* sets levels only */
        ENTRY_NEEDED = 1 << 1,      /* within a trim: a span that began here has ended where it may be swept again */
        ENTRY_FIRED = 1 << 2,       /* a rise or match that stands here has been committed */
        ENTRY_RUN = 1 << 3,         /* a run of the sequence began here */
        ENTRY_ENDED = 1 << 4,       /* a sequence completed here: every run is over */
        ENTRY_ENDED_LATER = 1 << 5, /* … at a deadline behind this entry: at its `since` */
        ENTRY_FIRST = 1 << 6,       /* a session begins here */
        ENTRY_SETTLED = 1 << 7,     /* counted in the base of the scores */
};

enum {
        SWEEP_LEVEL = 1 << 0,   /* the condition and its guard are true */
        SWEEP_HELD = 1 << 1,    /* … and have been for `hold` */
        SWEEP_CLEARED = 1 << 2, /* the clearing expression is true */
        SWEEP_WINDOW = 1 << 3,  /* a tumbling or session window is open */
        SWEEP_DONE = 1 << 4,    /* … and has had its match */
        SWEEP_ROSE = 1 << 5,    /* the level was told: so will be its fall */
        SWEEP_PURE = 1 << 6,    /* the condition is true, whatever its guard says */
};

struct entry {
        struct order at;
        uint32_t device; /* in correlate.texts */
        uint32_t asset;
        uint16_t on, off;                /* selections that match here; whose level ends here */
        uint16_t started, ended, pinned; /* by the sweep: spans that begin, end here; begun here and still needed */
        ww_family family;
        uint8_t state : 7;
        uint8_t lent : 1; /* its device's lane reads it here: see lane.c */
        uint8_t flags;
        uint8_t bits, grade; /* the sweep's scalars behind this entry */
        int64_t since;
        struct captured captures[];
} __attribute__((packed, aligned(4)));

/* a level that is on, or was: one of a device */
struct span {
        uint32_t device;
        uint16_t alias;
        ww_family family;
        struct order start;
};

struct spans {
        struct span *open;   /* sorted by (alias, device, family) */
        struct span *closed; /* whose end is still in the window, in order of the end */
        uint32_t n_open, open_capacity, closed_first, n_closed, closed_capacity;
};

/* behind a key whose rule has levels: as key.spans says */
union levels {
        struct spans *spans; /* SPANS_MANY */
        size_t place;        /* one open span by the alias `key.spans - 1`: its entry's */
} __attribute__((packed, aligned(4)));
#define SPANS_NONE 0
#define SPANS_MANY UINT8_MAX
_Static_assert(sizeof(union levels) == RULE_LEVELS_SIZE, "a key's room for its levels");

enum item_what {
        ITEM_RISE = 1,
        ITEM_MATCH,
        ITEM_FALL,
        ITEM_CLEARED,
        ITEM_GRADE,
        ITEM_UP, /* a rise that was told before what ends in front of it was known: from here on it is true again */
};

struct item {
        struct order at;
        enum item_what what;
        uint8_t grade;
        struct order first, last; /* of a sequence: events of its run */
};

enum {
        KEY_OPEN = 1 << 0, /* an episode is open */
        KEY_UP = 1 << 1,   /* the condition is true, as far as committed */
        KEY_EXERCISE = 1 << 2,
        KEY_TAKEN = 1 << 3,    /* within a swap: the episode was there before */
        KEY_BY_EVENT = 1 << 4, /* the episode opened at an event, not at a deadline */
        KEY_EXTENDED = 1 << 5, /* it has an extra */
};

struct spells; /* episodes that are over: see spell.c */

/* the window that is open now: tumbling [from, to); session: first and last event; `from`: the opening of a schedule */
struct stretch {
        int64_t from, to;
} __attribute__((packed, aligned(4)));
_Static_assert(sizeof(struct stretch) == RULE_STRETCH_SIZE, "a key's room for its window");

/* partial sequences, by number: see sequence.c */
struct run_list {
        uint32_t first, last; /* POOL_NONE: it is empty */
};

/* of a sequence */
struct course {
        int64_t lead;           /* the newest event that forbids a first step */
        uint32_t n;             /* runs in all lists */
        struct run_list list[]; /* [i]: have taken i + 1 events; as many as the sequence has parts */
} __attribute__((packed, aligned(4)));
_Static_assert(sizeof(struct course) == RULE_COURSE_SIZE && sizeof(struct run_list) == RULE_RUN_LIST_SIZE,
               "a key's room for its sequence");

/* What the entries that were trimmed have left: the sweep begins with it; and its episode. A key that waits for its
 * count, or for its hold, needs it only then. */
struct base {
        int64_t since;
        int64_t trimmed;            /* time of the newest entry that is gone */
        int64_t opened, quiet_from; /* episode */
        uint8_t bits, grade;
} __attribute__((packed, aligned(4)));

/* what few keys ever need: when they have to wait for the watermark, or other rules ask for them */
struct extra {
        struct base base;
        uint32_t n_pending;
        struct item *pending;
        uint64_t armed; /* input of the order that it waits for; what is derived from it goes by the rules' numbers */
        struct spells *past; /* NULL unless other rules ask */
        int64_t partial_until;
};

/*
 * A million of them may be alive: every byte counts here. Keys are pieces of correlate.pool, and known by number where
 * they are many. Behind a key: its levels, what the rule's aggregates know, its window or sequence (rule.tail_size
 * bytes), and its text.
 */
struct key {
        uint8_t *log;
        struct base *base; /* of an extra, where KEY_EXTENDED; NULL: base_none */
        /* sweep */
        int64_t at, since;
        uint32_t next; /* of its rule, least recently touched first */
        union {
                uint32_t previous;
                uint32_t mark; /* while a snapshot is written: its number there */
        };
        uint32_t pins; /* levels in force point here */
        uint32_t n_log;
        uint32_t n_swept;       /* entries that the sweep has passed */
        uint32_t expire;        /* entries before this one have left the window */
        uint32_t device, asset; /* of the newest event that counted */
        uint32_t heap;          /* place + 1; 0 = not armed */
        uint16_t rule, text_n;
        uint8_t log_bits; /* the log has room for 2^(bits − 1) entries; 0 = none */
        uint8_t bits, grade;
        uint8_t flags, priority; /* episode */
        uint8_t spans;           /* SPANS_NONE, SPANS_MANY, or the alias of the only one, + 1 */
        char text[];             /* where the rule has no tail */
} __attribute__((packed, aligned(4)));
_Static_assert(sizeof(struct key) % 8 == 0, "a tail's alignment");

extern const struct extra extra_none;

/* its own, NULL if it has none */
static inline struct extra *key_more(const struct key *k) {
        return k->flags & KEY_EXTENDED ? (struct extra *)(void *)k->base : NULL;
}
/* for reading */
static inline const struct extra *key_extra(const struct key *k) {
        return k->flags & KEY_EXTENDED ? key_more(k) : &extra_none;
}
