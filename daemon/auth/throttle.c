#include "auth/throttle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define WAIT_FIRST INT64_C(1000000)

struct entry {
        char key[72]; /* "u" or "s", and the name */
        unsigned wrong;
        int64_t next; /* before this nothing is looked at */
        int64_t last; /* wrong one */
        UT_hash_handle hh;
};

struct throttle {
        struct entry *entries;
};

int throttle_new(struct throttle **ret) {
        *ret = calloc(1, sizeof **ret);
        return *ret ? 0 : -ENOMEM;
}

size_t throttle_keys(const struct throttle *t) {
        return HASH_COUNT(t->entries);
}

static void entry_drop(struct throttle *t, struct entry *e) {
        HASH_DEL(t->entries, e);
        free(e);
}

struct throttle *throttle_free(struct throttle *t) {
        struct entry *e, *next;

        if (!t)
                return NULL;
        HASH_ITER(hh, t->entries, e, next)
                entry_drop(t, e);
        free(t);
        return NULL;
}

static struct entry *find(struct throttle *t, char kind, const char *name, int64_t now) {
        char key[sizeof((struct entry *)0)->key];
        struct entry *e;

        (void)snprintf(key, sizeof key, "%c%s", kind, name);
        HASH_FIND_STR(t->entries, key, e);
        if (e && now - e->last > THROTTLE_FORGETS) {
                entry_drop(t, e);
                return NULL;
        }
        return e;
}

static void drop_oldest(struct throttle *t) {
        struct entry *e, *next, *oldest = t->entries;

        HASH_ITER(hh, t->entries, e, next) {
                if (e->last < oldest->last)
                        oldest = e;
        }
        if (oldest)
                entry_drop(t, oldest);
}

static struct entry *find_or_make(struct throttle *t, char kind, const char *name, int64_t now) {
        struct entry *e = find(t, kind, name, now);

        if (e)
                return e;
        if (HASH_COUNT(t->entries) >= THROTTLE_ENTRIES)
                drop_oldest(t);
        e = calloc(1, sizeof *e);
        if (!e)
                return NULL;
        (void)snprintf(e->key, sizeof e->key, "%c%s", kind, name);
        HASH_ADD_STR(t->entries, key, e);
        if (e->hh.tbl)
                return e;
        free(e);
        return NULL;
}

static int64_t wait_of(const struct entry *e) {
        int64_t wait = WAIT_FIRST;

        if (!e || e->wrong < THROTTLE_FREE)
                return 0;
        for (unsigned i = THROTTLE_FREE; i < e->wrong && wait < THROTTLE_MAX; i++)
                wait *= 2;
        return wait < THROTTLE_MAX ? wait : THROTTLE_MAX;
}

int64_t throttle_at(struct throttle *t, const char *name, const char *source, int64_t now) {
        const struct entry *user = find(t, 'u', name, now);
        struct entry *from = find(t, 's', source, now);
        int64_t at = now;

        if (user && user->next > at)
                at = user->next;
        if (from && from->next > at)
                at = from->next;
        if (from)
                from->next = at + wait_of(from);
        return at;
}

static void wrong(struct entry *e, int64_t now) {
        if (!e)
                return;
        e->wrong++;
        e->last = now;
        if (e->next < now + wait_of(e))
                e->next = now + wait_of(e);
}

void throttle_result(struct throttle *t, const char *name, const char *source, bool right, int64_t now) {
        struct entry *user = find(t, 'u', name, now), *from = find(t, 's', source, now);

        if (!right) {
                wrong(find_or_make(t, 'u', name, now), now);
                wrong(find_or_make(t, 's', source, now), now);
                return;
        }
        if (user)
                entry_drop(t, user);
        if (from) /* not all: he may know one password, and try another's */
                from->wrong /= 2;
}
