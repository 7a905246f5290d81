/*
 * The assets of the site as a tree, or rather a graph, for an asset may hang on several others: which alarms and which
 * episodes are where, and what is below an asset. Built anew for each rule set.
 */
#include "alarm/alarms.h"

const uint32_t *alarm_place_parents(const struct site *site, uint32_t asset, size_t *ret_n) {
        const struct site_asset *a = site_asset(site, asset);

        *ret_n = a->n_parents;
        return a->parents;
}

/* --- the tree --- */

/* Counted, summed up, and filled from the back: first_child[i] ends where its children begin. */
static void children_fill(struct alarm_mutes *m) {
        size_t n;

        for (uint32_t i = 0; i < m->n_places; i++) {
                const uint32_t *parents = alarm_place_parents(m->site, i, &n);

                while (n)
                        m->first_child[parents[--n]]++;
        }
        for (size_t i = 1; i <= m->n_places; i++)
                m->first_child[i] += m->first_child[i - 1];
        for (uint32_t i = (uint32_t)m->n_places; i-- > 0;) {
                const uint32_t *parents = alarm_place_parents(m->site, i, &n);

                while (n)
                        m->children[--m->first_child[parents[--n]]] = i;
        }
}

static size_t count_links(const struct site *site, size_t n_assets) {
        size_t links = 0, n;

        for (uint32_t i = 0; i < n_assets; i++) {
                (void)alarm_place_parents(site, i, &n);
                links += n;
        }
        return links;
}

int alarm_places_new(struct alarm_mutes *m, const struct site *site) {
        size_t n = site ? site_asset_count(site) : 0;

        m->site = site;
        m->places = calloc(n + 1, sizeof *m->places);
        m->first_child = calloc(n + 1, sizeof *m->first_child);
        m->children = calloc(count_links(site, n) + 1, sizeof *m->children);
        m->walk = calloc(n + 1, sizeof *m->walk);
        if (!m->places || !m->first_child || !m->children || !m->walk)
                return -ENOMEM;
        m->n_places = n;
        m->visit = 0;
        children_fill(m);
        return 0;
}

void alarm_places_free(struct alarm_mutes *m) {
        free(m->places);
        free(m->first_child);
        free(m->children);
        free(m->walk);
        m->places = NULL;
        m->first_child = m->children = m->walk = NULL;
        m->n_places = 0;
}

/* --- who is where --- */

static uint32_t find(const struct alarm_mutes *m, struct ww_str asset) {
        return m->n_places && asset.n ? site_asset_find(m->site, asset) : SITE_NONE;
}

void alarm_place_unlink(struct alarm *alarm) {
        if (!alarm->place_at)
                return;
        *alarm->place_at = alarm->place_next;
        if (alarm->place_next)
                alarm->place_next->place_at = alarm->place_at;
        alarm->place_at = NULL;
}

void alarm_place_link(struct alarm_mutes *m, struct alarm *alarm) {
        struct alarm **list;

        alarm_place_unlink(alarm);
        alarm->asset = find(m, alarm->now.asset);
        if (alarm->asset == SITE_NONE)
                return;
        list = &m->places[alarm->asset].alarms;
        alarm->place_next = *list;
        if (*list)
                (*list)->place_at = &alarm->place_next;
        alarm->place_at = list;
        *list = alarm;
}

void alarm_place_unlink_episode(struct alarm_episode *e) {
        if (!e->place_at)
                return;
        *e->place_at = e->place_next;
        if (e->place_next)
                e->place_next->place_at = e->place_at;
        e->place_at = NULL;
}

void alarm_place_link_episode(struct alarm_mutes *m, struct alarm_episode *e) {
        struct alarm_episode **list = &m->everywhere;

        alarm_place_unlink_episode(e);
        e->asset = find(m, e->asset_id);
        if (e->row->under && e->asset == SITE_NONE)
                return;
        if (e->row->under)
                list = &m->places[e->asset].episodes;
        e->place_next = *list;
        if (*list)
                (*list)->place_at = &e->place_next;
        e->place_at = list;
        *list = e;
}

/* --- what is below --- */

struct ids {
        uint64_t *p;
        size_t n, capacity;
};

static int ids_add(struct ids *ids, uint64_t id) {
        if (ids->n == ids->capacity) {
                size_t capacity = ids->capacity ? ids->capacity * 2 : 64;
                uint64_t *grown = reallocarray(ids->p, capacity, sizeof *grown);

                if (!grown)
                        return -ENOMEM;
                ids->p = grown;
                ids->capacity = capacity;
        }
        ids->p[ids->n++] = id;
        return 0;
}

static int ids_add_place(struct ids *ids, const struct alarm_place *place) {
        int r = 0;

        for (const struct alarm *alarm = place->alarms; alarm && !r; alarm = alarm->place_next)
                r = ids_add(ids, alarm->now.id);
        return r;
}

/* Each asset is met once, however many ways lead to it. */
static int walk_below(struct alarm_mutes *m, uint32_t asset, struct ids *ids) {
        size_t n = 0;
        int r = 0;

        m->visit++;
        m->walk[n++] = asset;
        while (n && !r) {
                uint32_t at = m->walk[--n];

                for (uint32_t i = m->first_child[at]; i < m->first_child[at + 1] && !r; i++) {
                        struct alarm_place *child = &m->places[m->children[i]];

                        if (child->visit == m->visit)
                                continue;
                        child->visit = m->visit;
                        m->walk[n++] = m->children[i];
                        r = ids_add_place(ids, child);
                }
        }
        return r;
}

static int ids_compare(const void *a, const void *b) {
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return (x > y) - (x < y);
}

int alarm_place_reach(struct alarms *a, bool under, uint32_t asset, uint64_t **ret, size_t *ret_n) {
        struct ids ids = { 0 };
        int r = 0;

        if (under && asset != SITE_NONE)
                r = walk_below(&a->mutes, asset, &ids);
        for (const struct alarm *alarm = under ? NULL : a->ids; alarm && !r; alarm = alarm->by_id.next)
                r = ids_add(&ids, alarm->now.id);
        if (r) {
                free(ids.p);
                return r;
        }
        if (ids.n)
                qsort(ids.p, ids.n, sizeof *ids.p, ids_compare);
        *ret = ids.p;
        *ret_n = ids.n;
        return 0;
}
