/* Which zones lie side by side, and how far apart two are. Said once, by either of the two, `adjacent` holds for both.
 */
#include "config/site_internal.h"

#define ADJACENT_MAX 256

struct pair {
        uint32_t zone, other;
};

struct pairs {
        struct pair *v;
        size_t n;
};

static int pairs_add(struct pairs *p, uint32_t zone, uint32_t other) {
        struct pair *room = site_array_room(p->v, p->n, sizeof *room);

        if (!room)
                return -ENOMEM;
        p->v = room;
        room[p->n++] = (struct pair){ zone, other };
        return 0;
}

static int read_item(struct site_compiler *c, struct pairs *p, const struct yaml_node *n, uint32_t zone) {
        uint32_t other = site_resolve_item(c, n, "adjacent", "zone", c->site->zone_ids);
        int r;

        if (other == SITE_NONE)
                return 0;
        if (other == zone)
                return diag_error(c->d, n->pos, "name the zones next to it", "the zone is adjacent to itself");
        r = pairs_add(p, zone, other);
        return r ? r : pairs_add(p, other, zone);
}

static int read_zone(struct site_compiler *c, struct pairs *p, uint32_t zone) {
        const struct yaml_node *n = yaml_get(c->zone_nodes[zone], "adjacent");
        int r = 0;

        if (!n || site_is_nothing(n))
                return 0;
        if (n->type != YAML_SEQUENCE)
                return site_told(c, read_item(c, p, n, zone));
        if (n->n > ADJACENT_MAX)
                return site_told(c, diag_error(c->d, n->pos, "make a zone of some of them",
                                               "a zone has at most %d neighbours", ADJACENT_MAX));
        yaml_each(item, n)
                if (r == 0)
                        r = site_told(c, read_item(c, p, item, zone));
        return r;
}

static int compare_pairs(const void *pa, const void *pb) {
        const struct pair *a = pa, *b = pb;

        if (a->zone != b->zone)
                return a->zone < b->zone ? -1 : 1;
        return (a->other > b->other) - (a->other < b->other);
}

/* Sorted by zone, so that each zone's neighbours are one piece of the array. */
static int lay_out(struct site *s, const struct pairs *p) {
        uint32_t *others = arena_array(&s->arena, uint32_t, p->n ? p->n : 1);
        size_t n = 0;

        if (!others)
                return -ENOMEM;
        for (size_t i = 0; i < p->n; i++) {
                struct site_zone *zone = &s->zones[p->v[i].zone];

                if (i && compare_pairs(&p->v[i - 1], &p->v[i]) == 0)
                        continue; /* said by both */
                if (!zone->n_adjacent)
                        zone->adjacent = others + n;
                others[n++] = p->v[i].other;
                zone->n_adjacent++;
        }
        return 0;
}

int site_resolve_adjacent(struct site_compiler *c) {
        struct pairs p = { 0 };
        int r = 0;

        for (uint32_t i = 0; r == 0 && i < c->site->n_zones; i++)
                r = read_zone(c, &p, i);
        if (r == 0 && p.n)
                qsort(p.v, p.n, sizeof *p.v, compare_pairs);
        if (r == 0)
                r = lay_out(c->site, &p);
        free(p.v);
        return r;
}

/* ---- how far ---- */

static bool is_part(const struct site *s, uint32_t zone, uint32_t of) {
        while (zone != SITE_NONE && zone != of)
                zone = s->zones[zone].parent;
        return zone == of;
}

struct walk {
        const struct site *s;
        uint32_t *queue, *distance; /* distance + 1 of what was reached; 0 = not yet */
        size_t n;
};

static void reach(struct walk *w, uint32_t zone, uint32_t distance) {
        if (w->distance[zone])
                return;
        w->distance[zone] = distance + 1;
        w->queue[w->n++] = zone;
}

/* one step from a zone, and from all that it is part of */
static void step(struct walk *w, uint32_t from) {
        uint32_t distance = w->distance[from];

        for (uint32_t zone = from; zone != SITE_NONE; zone = w->s->zones[zone].parent)
                for (uint32_t i = 0; i < w->s->zones[zone].n_adjacent; i++)
                        reach(w, w->s->zones[zone].adjacent[i], distance);
}

uint32_t site_zones_steps(const struct site *s, uint32_t from, uint32_t to) {
        _cleanup_free_ uint32_t *room = calloc(s->n_zones ? s->n_zones : 1, 2 * sizeof *room);
        struct walk w = { .s = s, .queue = room, .distance = room ? room + s->n_zones : NULL };

        if (!room)
                return SITE_NONE;
        reach(&w, from, 0);
        for (size_t i = 0; i < w.n; i++) {
                uint32_t at = w.queue[i];

                if (is_part(s, to, at) || is_part(s, at, to))
                        return w.distance[at] - 1;
                step(&w, at);
        }
        return SITE_NONE;
}
