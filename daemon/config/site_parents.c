/*
 * What an asset depends on: `parent: gateway`, or several. An asset that hangs on two power supplies is under both, so
 * the parents make a graph without rings, not a tree, and a walk up may meet one ancestor on many ways. Therefore each
 * asset's ancestors are found once, parents before children, as the union of theirs.
 */
#include "config/site_internal.h"

#define PARENTS_MAX   16
#define ANCESTORS_MAX 256

static const struct yaml_node *parents_node(const struct yaml_node *entry) {
        const struct yaml_node *n = yaml_get(entry, "parent");

        return n ? n : yaml_get(entry, "parents");
}

static int check_node(struct site_compiler *c, const struct yaml_node *entry, const struct yaml_node *n) {
        if (n->type == YAML_SEQUENCE && n->n > PARENTS_MAX)
                return diag_error(c->d, n->pos, "put an asset between them", "an asset has at most %d parents",
                                  PARENTS_MAX);
        if (yaml_get(entry, "parent") && yaml_get(entry, "parents"))
                return diag_error(c->d, yaml_get(entry, "parents")->key_pos, "`parent` takes a list, too",
                                  "the asset has `parent` and `parents`");
        return 0;
}

static void add_parent(struct site_compiler *c, const struct yaml_node *n, struct site_asset *asset,
                       uint32_t *parents) {
        uint32_t index = site_resolve_item(c, n, "parent", "asset", c->site->asset_ids);

        if (index == SITE_NONE)
                return;
        for (uint32_t i = 0; i < asset->n_parents; i++)
                if (parents[i] == index) {
                        (void)site_told(c, diag_error(c->d, n->pos, "each parent once", "`%.*s` is there already",
                                                      WW_STR_ARG(n->text)));
                        return;
                }
        parents[asset->n_parents++] = index;
}

static int resolve_parents(struct site_compiler *c, size_t i) {
        const struct yaml_node *entry = c->asset_nodes[i], *n = parents_node(entry);
        struct site_asset *asset = &c->site->assets[i];
        uint32_t *parents;
        int r = n ? check_node(c, entry, n) : 0;

        if (!n || r)
                return site_told(c, r);
        parents = arena_array(&c->site->arena, uint32_t, n->n ? n->n : 1);
        if (!parents)
                return -ENOMEM;
        asset->parents = parents;
        if (n->type == YAML_SEQUENCE) {
                yaml_each(item, n)
                        add_parent(c, item, asset, parents);
        } else {
                add_parent(c, n, asset, parents);
        }
        asset->parent = asset->n_parents ? parents[0] : SITE_NONE;
        return 0;
}

static int compare_indexes(const void *pa, const void *pb) {
        const uint32_t *a = pa, *b = pb;

        return (*a > *b) - (*a < *b);
}

static size_t sort_unique(uint32_t *v, size_t n) {
        size_t kept = 0;

        if (n)
                qsort(v, n, sizeof *v, compare_indexes);
        for (size_t i = 0; i < n; i++)
                if (kept == 0 || v[kept - 1] != v[i])
                        v[kept++] = v[i];
        return kept;
}

/* The parents and all that they are under, ascending. */
static size_t join_parents(const struct site *s, const struct site_asset *asset, uint32_t *all) {
        size_t n = 0;

        for (uint32_t i = 0; i < asset->n_parents; i++) {
                const struct site_above *above = &s->above[asset->parents[i]];

                all[n++] = asset->parents[i];
                if (above->n)
                        memcpy(all + n, above->assets, above->n * sizeof *all);
                n += above->n;
        }
        return sort_unique(all, n);
}

/* All parents' ancestors are known. */
static int find_above(struct site_compiler *c, uint32_t index) {
        struct site *s = c->site;
        const struct site_asset *asset = &s->assets[index];
        uint32_t all[PARENTS_MAX * (ANCESTORS_MAX + 1)], *kept;
        size_t n = join_parents(s, asset, all);

        if (n > ANCESTORS_MAX)
                return site_told(c, diag_error(c->d, asset->pos, "name as its parents only what it needs itself",
                                               "asset `%.*s` is under more than %d others", WW_STR_ARG(asset->id),
                                               ANCESTORS_MAX));
        if (n == 0)
                return 0;
        kept = arena_array(&s->arena, uint32_t, n);
        if (!kept)
                return -ENOMEM;
        memcpy(kept, all, n * sizeof *all);
        s->above[index] = (struct site_above){ kept, n };
        return 0;
}

/* What waits for whom: each asset's children as a list in one array, and how many parents of each are still open. */
struct order {
        uint32_t *waiting; /* by asset: parents not yet done */
        uint32_t *first;   /* by asset: where its children begin in `children` */
        uint32_t *children;
        uint32_t *queue;
        size_t done, queued;
};

static void order_deinit(struct order *o) {
        free(o->waiting);
        free(o->first);
        free(o->children);
        free(o->queue);
}

static int order_init(struct order *o, const struct site *s) {
        size_t links = 0;

        for (size_t i = 0; i < s->n_assets; i++)
                links += s->assets[i].n_parents;
        o->waiting = calloc(s->n_assets + 1, sizeof *o->waiting);
        o->first = calloc(s->n_assets + 2, sizeof *o->first);
        o->children = calloc(links + 1, sizeof *o->children);
        o->queue = calloc(s->n_assets + 1, sizeof *o->queue);
        if (!o->waiting || !o->first || !o->children || !o->queue)
                return -ENOMEM;
        for (size_t i = 0; i < s->n_assets; i++)
                for (uint32_t k = 0; k < s->assets[i].n_parents; k++)
                        o->first[s->assets[i].parents[k] + 2]++;
        for (size_t i = 0; i < s->n_assets; i++)
                o->first[i + 1] += o->first[i];
        for (uint32_t i = 0; i < s->n_assets; i++) {
                for (uint32_t k = 0; k < s->assets[i].n_parents; k++)
                        o->children[o->first[s->assets[i].parents[k] + 1]++] = i;
                o->waiting[i] = s->assets[i].n_parents;
                if (o->waiting[i] == 0)
                        o->queue[o->queued++] = i;
        }
        return 0;
}

static int order_walk(struct site_compiler *c, struct order *o) {
        while (o->done < o->queued) {
                uint32_t at = o->queue[o->done++];
                int r = find_above(c, at);

                if (r)
                        return r;
                for (uint32_t i = o->first[at]; i < o->first[at + 1]; i++)
                        if (--o->waiting[o->children[i]] == 0)
                                o->queue[o->queued++] = o->children[i];
        }
        return 0;
}

static uint32_t waiting_parent(const struct site *s, const struct order *o, uint32_t at) {
        for (uint32_t i = 0; i < s->assets[at].n_parents; i++)
                if (o->waiting[s->assets[at].parents[i]])
                        return s->assets[at].parents[i];
        return SITE_NONE;
}

/* a under b under a */
static int tell_ring(struct site_compiler *c, const struct order *o, uint32_t at) {
        const struct site *s = c->site;
        _cleanup_buf_ struct buf ring = BUF_INIT;
        uint32_t asset = at;

        do {
                buf_printf(&ring, "%.*s under ", WW_STR_ARG(s->assets[asset].id));
                asset = waiting_parent(s, o, asset);
        } while (asset != at && asset != SITE_NONE && ring.n < SITE_RING_SHOWN);
        buf_printf(&ring, "%.*s", WW_STR_ARG(s->assets[at].id));
        return diag_error(c->d, parents_node(c->asset_nodes[at])->pos, "take one of these parents out",
                          "asset `%.*s` depends on itself: %.*s", WW_STR_ARG(s->assets[at].id),
                          WW_STR_ARG(buf_str(&ring)));
}

/* Who still waits is in a ring or below one: up along those that wait, until one is met again. */
static int tell_rings(struct site_compiler *c, const struct order *o) {
        const struct site *s = c->site;
        _cleanup_free_ uint32_t *seen = calloc(s->n_assets + 1, sizeof *seen);

        if (!seen)
                return -ENOMEM;
        for (uint32_t start = 0; start < s->n_assets; start++) {
                uint32_t at = o->waiting[start] ? start : SITE_NONE;

                while (at != SITE_NONE && seen[at] == 0) {
                        seen[at] = start + 1;
                        at = waiting_parent(s, o, at);
                }
                if (at != SITE_NONE && seen[at] == start + 1)
                        (void)site_told(c, tell_ring(c, o, at));
        }
        return 0;
}

int site_resolve_parents(struct site_compiler *c) {
        _cleanup_(order_deinit) struct order o = { 0 };
        struct site *s = c->site;
        int r = 0;

        for (size_t i = 0; r == 0 && i < s->n_assets; i++)
                r = resolve_parents(c, i);
        if (r)
                return r;
        s->above = calloc(s->n_assets + 1, sizeof *s->above);
        if (!s->above)
                return -ENOMEM;
        r = order_init(&o, s);
        if (r == 0)
                r = order_walk(c, &o);
        return r ? r : tell_rings(c, &o);
}
