#include "decode/trie.h"

#define NONE UINT32_MAX

struct node {
        uint32_t single, multi;   /* children; NONE */
        uint32_t partial;         /* first of a list of partial children */
        uint32_t binding, last;   /* list of bindings, in order of their adding */
        uint32_t next;            /* sibling in the parent's list of partials */
        bool literals;            /* there are edges from here */
        struct topic_level level; /* of a partial child */
};

struct edge {
        struct bytes_key level;
        uint32_t parent, child; /* child NONE = free */
};

struct link {
        struct trie_binding binding;
        uint32_t next;
};

struct trie {
        struct node *nodes;
        size_t n_nodes, nodes_capacity;
        struct edge *edges; /* open addressing, a power of two, at most half full */
        size_t n_edges, edges_capacity;
        struct link *links;
        size_t n_links, links_capacity;
};

static uint32_t new_node(struct trie *t) {
        if (t->n_nodes == t->nodes_capacity) {
                size_t capacity = t->nodes_capacity ? t->nodes_capacity * 2 : 64;
                struct node *nodes = realloc(t->nodes, capacity * sizeof(*nodes));

                if (!nodes)
                        return NONE;
                t->nodes = nodes;
                t->nodes_capacity = capacity;
        }
        t->nodes[t->n_nodes] = (struct node){
                .single = NONE, .multi = NONE, .partial = NONE, .binding = NONE, .last = NONE, .next = NONE
        };
        return (uint32_t)t->n_nodes++;
}

static size_t edge_slot(const struct edge *edges, size_t capacity, uint32_t parent, const struct bytes_key *level) {
        uint64_t name = level->head ^ level->text.n ^ bytes_key_tail(level) << 1;
        size_t i = (name + parent) * UINT64_C(0x9E3779B97F4A7C15) >> 32 & (capacity - 1);

        while (edges[i].child != NONE && !(edges[i].parent == parent && bytes_key_equal(&edges[i].level, level)))
                i = (i + 1) & (capacity - 1);
        return i;
}

static int grow_edges(struct trie *t) {
        size_t capacity = t->edges_capacity ? t->edges_capacity * 2 : 64;
        struct edge *edges;

        if (t->n_edges * 2 < t->edges_capacity)
                return 0;
        edges = calloc(capacity, sizeof(*edges));
        if (!edges)
                return -ENOMEM;
        for (size_t i = 0; i < capacity; i++)
                edges[i].child = NONE;
        for (size_t i = 0; i < t->edges_capacity; i++) {
                const struct edge *e = &t->edges[i];

                if (e->child != NONE)
                        edges[edge_slot(edges, capacity, e->parent, &e->level)] = *e;
        }
        free(t->edges);
        t->edges = edges;
        t->edges_capacity = capacity;
        return 0;
}

int trie_new(struct trie **ret) {
        _cleanup_(trie_freep) struct trie *t = calloc(1, sizeof(*t));

        if (!t || new_node(t) == NONE || grow_edges(t) < 0)
                return -ENOMEM;
        *ret = t;
        t = NULL;
        return 0;
}

struct trie *trie_free(struct trie *t) {
        if (t) {
                free(t->nodes);
                free(t->edges);
                free(t->links);
                free(t);
        }
        return NULL;
}

static uint32_t literal_child(struct trie *t, uint32_t parent, struct ww_str text) {
        struct bytes_key level = bytes_key(text);
        size_t slot;
        uint32_t child;

        if (grow_edges(t) < 0)
                return NONE;
        slot = edge_slot(t->edges, t->edges_capacity, parent, &level);
        if (t->edges[slot].child != NONE)
                return t->edges[slot].child;
        child = new_node(t);
        if (child == NONE)
                return NONE;
        t->edges[slot] = (struct edge){ .level = level, .parent = parent, .child = child };
        t->n_edges++;
        t->nodes[parent].literals = true;
        return child;
}

/* Partial levels are shared where they are written alike but for their names. */
static bool partial_same(const struct topic_level *a, const struct topic_level *b) {
        if (a->n_pieces != b->n_pieces)
                return false;
        for (size_t i = 0; i < a->n_pieces; i++)
                if (!ww_str_equal(a->pieces[i].literal, b->pieces[i].literal) ||
                    (a->pieces[i].capture == TOPIC_NO_CAPTURE) != (b->pieces[i].capture == TOPIC_NO_CAPTURE))
                        return false;
        return true;
}

static uint32_t partial_child(struct trie *t, uint32_t parent, const struct topic_level *level) {
        uint32_t child;

        for (uint32_t i = t->nodes[parent].partial; i != NONE; i = t->nodes[i].next)
                if (partial_same(&t->nodes[i].level, level))
                        return i;
        child = new_node(t);
        if (child == NONE)
                return NONE;
        t->nodes[child].level = *level;
        t->nodes[child].next = t->nodes[parent].partial;
        t->nodes[parent].partial = child;
        return child;
}

static uint32_t capture_child(struct trie *t, uint32_t parent, bool multi) {
        uint32_t child = multi ? t->nodes[parent].multi : t->nodes[parent].single;

        if (child != NONE)
                return child;
        child = new_node(t);
        if (child != NONE)
                *(multi ? &t->nodes[parent].multi : &t->nodes[parent].single) = child;
        return child;
}

static uint32_t descend(struct trie *t, uint32_t parent, const struct topic_level *level) {
        switch (level->kind) {
        case TOPIC_LITERAL:
                return literal_child(t, parent, level->text);
        case TOPIC_PARTIAL:
                return partial_child(t, parent, level);
        case TOPIC_SINGLE:
        case TOPIC_MULTI:
                break;
        }
        return capture_child(t, parent, level->kind == TOPIC_MULTI);
}

static int add_link(struct trie *t, uint32_t node, struct trie_binding binding) {
        if (t->n_links == t->links_capacity) {
                size_t capacity = t->links_capacity ? t->links_capacity * 2 : 64;
                struct link *links = realloc(t->links, capacity * sizeof(*links));

                if (!links)
                        return -ENOMEM;
                t->links = links;
                t->links_capacity = capacity;
        }
        t->links[t->n_links] = (struct link){ binding, NONE };
        if (t->nodes[node].last == NONE)
                t->nodes[node].binding = (uint32_t)t->n_links;
        else
                t->links[t->nodes[node].last].next = (uint32_t)t->n_links;
        t->nodes[node].last = (uint32_t)t->n_links++;
        return 0;
}

int trie_add(struct trie *t, const struct topic_pattern *pattern, uint32_t type, uint32_t message) {
        uint32_t node = 0;

        for (size_t i = 0; i < pattern->n; i++) {
                node = descend(t, node, &pattern->levels[i]);
                if (node == NONE)
                        return -ENOMEM;
        }
        return add_link(t, node, (struct trie_binding){ type, message, pattern });
}

size_t trie_bindings(const struct trie *t) {
        return t->n_links;
}

struct walk {
        const struct trie *t;
        const struct topic *topic;
        struct trie_binding *out;
        size_t n, n_nodes; /* bindings, and the nodes that they come from */
};

static uint32_t find_literal(const struct trie *t, uint32_t parent, const struct bytes_key *level) {
        return t->edges[edge_slot(t->edges, t->edges_capacity, parent, level)].child;
}

static void take_bindings(struct walk *w, const struct node *node) {
        w->n_nodes += node->binding != NONE;
        for (uint32_t i = node->binding; i != NONE; i = w->t->links[i].next)
                w->out[w->n++] = w->t->links[i].binding;
}

static void walk_node(struct walk *w, uint32_t index, size_t level) {
        const struct node *node = &w->t->nodes[index];
        const struct topic *topic = w->topic;
        uint32_t child;

        if (level == topic->n) {
                take_bindings(w, node);
                return;
        }
        child = node->literals ? find_literal(w->t, index, &topic->levels[level]) : NONE;
        if (child != NONE)
                walk_node(w, child, level + 1);
        for (uint32_t i = node->partial; i != NONE; i = w->t->nodes[i].next)
                if (topic_partial_match(&w->t->nodes[i].level, topic->levels[level].text, NULL))
                        walk_node(w, i, level + 1);
        /* an empty level is nobody's name */
        if (node->single != NONE && topic->levels[level].text.n)
                walk_node(w, node->single, level + 1);
        if (node->multi != NONE && topic->levels[level].text.n)
                for (size_t to = level + 1; to <= topic->n; to++)
                        walk_node(w, node->multi, to);
}

static bool before(const struct trie_binding *a, const struct trie_binding *b) {
        if (a->type != b->type)
                return a->type < b->type;
        if (a->message != b->message)
                return a->message < b->message;
        return a->pattern->rank > b->pattern->rank;
}

/* Bindings come nearly in order, so insertion is nearly linear. */
static void sort_by_type(struct trie_binding *b, size_t n) {
        for (size_t i = 1; i < n; i++) {
                struct trie_binding x = b[i];
                size_t k = i;

                for (; k && before(&x, &b[k - 1]); k--)
                        b[k] = b[k - 1];
                b[k] = x;
        }
}

static uint64_t best_rank(const struct trie_binding *b, size_t n, size_t *ret_n) {
        uint64_t best = 0;
        size_t i = 0;

        for (; i < n && b[i].type == b[0].type; i++)
                best = b[i].pattern->rank > best ? b[i].pattern->rank : best;
        *ret_n = i;
        return best;
}

/* Moves the run of a type before the runs of types that are less special; equal ones keep their order. */
static void sort_by_rank(struct trie_binding *b, size_t n) {
        uint64_t least = UINT64_MAX;
        size_t run;

        for (size_t i = 0; i < n; i += run) {
                uint64_t rank = best_rank(b + i, n - i, &run);
                size_t to = 0, other;

                if (rank <= least) {
                        least = rank;
                        continue;
                }
                while (to < i && best_rank(b + to, i - to, &other) >= rank)
                        to += other;
                for (size_t k = 0; to < i && k < run; k++) {
                        struct trie_binding x = b[i + k];

                        memmove(&b[to + k + 1], &b[to + k], (i - to) * sizeof(*b));
                        b[to + k] = x;
                }
        }
}

size_t trie_match(const struct trie *t, const struct topic *topic, struct trie_binding *out) {
        struct walk w = { .t = t, .topic = topic, .out = out };

        walk_node(&w, 0, 0);
        /* those of one node are in order: they were added by type and message, and are equally special */
        if (w.n_nodes > 1) {
                sort_by_type(out, w.n);
                if (out[0].type != out[w.n - 1].type)
                        sort_by_rank(out, w.n);
        }
        return w.n;
}
