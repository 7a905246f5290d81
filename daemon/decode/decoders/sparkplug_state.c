#include "decode/decoders/sparkplug_state.h"

/* --- parts --- */

static void part_clear(struct sparkplug_part *p) {
        free(p->metrics);
        free(p->by_alias);
        free(p->text);
        *p = (struct sparkplug_part){ .name = p->name, .online = p->online };
}

static void part_deinit(struct sparkplug_part *p) {
        part_clear(p);
        free((char *)p->name.p);
}

struct sparkplug_part *sparkplug_part(const struct sparkplug_node *node, struct ww_str name) {
        for (uint32_t i = 0; i < node->n; i++)
                if (ww_str_equal(node->parts[i].name, name))
                        return &node->parts[i];
        return NULL;
}

static void part_remove(struct sparkplug_state *s, struct sparkplug_node *node, uint32_t i) {
        s->bytes -= node->parts[i].bytes;
        s->forgotten++;
        part_deinit(&node->parts[i]);
        memmove(&node->parts[i], &node->parts[i + 1], (node->n - i - 1) * sizeof *node->parts);
        node->n--;
}

static struct sparkplug_part *part_add(struct sparkplug_state *s, struct sparkplug_node *node, struct ww_str name) {
        char *copy;

        if (node->n == SPARKPLUG_DEVICES_MAX)
                part_remove(s, node, node->parts[0].name.n == 0);
        if (node->n == node->capacity) {
                uint32_t capacity = node->capacity ? node->capacity * 2 : 2;
                struct sparkplug_part *grown = realloc(node->parts, capacity * sizeof *grown);

                if (!grown)
                        return NULL;
                node->parts = grown;
                node->capacity = capacity;
        }
        copy = ww_str_copy(name);
        if (!copy)
                return NULL;
        node->parts[node->n] = (struct sparkplug_part){ .name = { copy, name.n } };
        return &node->parts[node->n++];
}

/* --- metrics of a part --- */

/* Equal ones stay in the order of the birth: which one counts must not depend on the sort. */
static int by_name(const void *a, const void *b) {
        const struct sparkplug_metric *x = a, *y = b;
        int r = ww_str_compare(x->name, y->name);

        return r ? r : (x->name.p > y->name.p) - (x->name.p < y->name.p);
}

static int by_alias(const void *a, const void *b, void *metrics) {
        const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
        const struct sparkplug_metric *m = metrics;

        if (m[x].alias != m[y].alias)
                return m[x].alias < m[y].alias ? -1 : 1;
        return (x > y) - (x < y);
}

const struct sparkplug_metric *sparkplug_metric_by_alias(const struct sparkplug_part *part, uint64_t alias) {
        uint32_t low = 0, high = part ? part->n_aliases : 0;

        while (low < high) {
                uint32_t middle = low + (high - low) / 2;
                const struct sparkplug_metric *m = &part->metrics[part->by_alias[middle]];

                if (m->alias == alias)
                        return m;
                if (m->alias < alias)
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
}

const struct sparkplug_metric *sparkplug_metric_by_name(const struct sparkplug_part *part, struct ww_str name) {
        uint32_t low = 0, high = part ? part->n : 0;

        while (low < high) {
                uint32_t middle = low + (high - low) / 2;
                int r = ww_str_compare(part->metrics[middle].name, name);

                if (r == 0)
                        return &part->metrics[middle];
                if (r < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
}

static void index_part(struct sparkplug_part *p) {
        if (p->n)
                qsort(p->metrics, p->n, sizeof *p->metrics, by_name);
        for (uint32_t i = 0; i < p->n; i++)
                if (p->metrics[i].has_alias)
                        p->by_alias[p->n_aliases++] = i;
        if (p->n_aliases)
                qsort_r(p->by_alias, p->n_aliases, sizeof *p->by_alias, by_alias, p->metrics);
}

static int part_fill(struct sparkplug_part *p, const struct sparkplug_metric *metrics, size_t n) {
        size_t count = 0, text = 0;

        for (size_t i = 0; i < n; i++) {
                count += metrics[i].name.n > 0;
                text += metrics[i].name.n;
        }
        p->metrics = calloc(count + 1, sizeof *p->metrics);
        p->by_alias = calloc(count + 1, sizeof *p->by_alias);
        p->text = malloc(text + 1);
        if (!p->metrics || !p->by_alias || !p->text)
                return -ENOMEM;
        text = 0;
        for (size_t i = 0; i < n; i++) {
                struct sparkplug_metric *m = &p->metrics[p->n];

                if (metrics[i].name.n == 0)
                        continue;
                *m = metrics[i];
                memcpy(p->text + text, m->name.p, m->name.n);
                m->name.p = p->text + text;
                text += m->name.n;
                p->n++;
        }
        p->bytes = count * (sizeof *p->metrics + sizeof *p->by_alias) + text;
        p->born = true;
        index_part(p);
        return 0;
}

/* --- nodes --- */

static void node_free(struct sparkplug_state *s, struct sparkplug_node *node) {
        HASH_DEL(s->nodes, node);
        s->n--;
        for (uint32_t i = 0; i < node->n; i++) {
                s->bytes -= node->parts[i].bytes;
                part_deinit(&node->parts[i]);
        }
        free(node->parts);
        free((char *)node->key.p);
        free(node);
}

static struct sparkplug_node *node_new(struct ww_str key) {
        struct sparkplug_node *node = calloc(1, sizeof *node);
        char *copy = ww_str_copy(key);

        if (!node || !copy) {
                free(node);
                free(copy);
                return NULL;
        }
        node->key = (struct ww_str){ copy, key.n };
        node->asked = WW_TIME_NONE;
        return node;
}

static void node_append(struct sparkplug_state *s, struct sparkplug_node *node) {
        HASH_ADD_KEYPTR(hh, s->nodes, node->key.p, node->key.n, node);
}

struct sparkplug_node *sparkplug_node(struct sparkplug_state *s, struct ww_str key) {
        struct sparkplug_node *node;

        HASH_FIND(hh, s->nodes, key.p, key.n, node);
        if (node) {
                HASH_DEL(s->nodes, node);
        } else {
                node = node_new(key);
                if (!node)
                        return NULL;
                if (s->n == s->nodes_max) {
                        node_free(s, s->nodes);
                        s->forgotten++;
                }
                s->n++;
        }
        node_append(s, node);
        return node;
}

void sparkplug_node_unborn(struct sparkplug_node *node) {
        for (uint32_t i = 0; i < node->n; i++)
                node->parts[i].born = false;
}

/* The oldest nodes go first; a node that is too large all by itself keeps only the part that was born last. */
static void make_room(struct sparkplug_state *s, const struct sparkplug_node *current) {
        while (s->bytes > s->bytes_max && s->nodes != current) {
                node_free(s, s->nodes);
                s->forgotten++;
        }
        if (s->bytes > s->bytes_max) {
                struct sparkplug_node *node = s->nodes;

                while (node->n > 1)
                        part_remove(s, node, 0);
        }
}

int sparkplug_part_birth(struct sparkplug_state *s, struct sparkplug_node *node, struct ww_str name,
                         const struct sparkplug_metric *metrics, size_t n) {
        struct sparkplug_part *part = sparkplug_part(node, name), filled;
        int r;

        /* the newest part is the last one */
        if (part) {
                struct sparkplug_part moved = *part;
                size_t at = (size_t)(part - node->parts);

                memmove(part, part + 1, (node->n - at - 1) * sizeof *part);
                part = &node->parts[node->n - 1];
                *part = moved;
                s->bytes -= part->bytes;
                part_clear(part);
        } else {
                part = part_add(s, node, name);
                if (!part)
                        return -ENOMEM;
        }
        filled = *part;
        r = part_fill(&filled, metrics, n);
        *part = filled;
        if (r)
                return r;
        s->bytes += part->bytes;
        make_room(s, node);
        return 0;
}

/* --- life, and the snapshot --- */

int sparkplug_state_new(void **ret) {
        struct sparkplug_state *s = calloc(1, sizeof *s);

        if (!s)
                return -ENOMEM;
        s->nodes_max = SPARKPLUG_NODES_MAX;
        s->bytes_max = SPARKPLUG_BYTES_MAX;
        *ret = s;
        return 0;
}

void sparkplug_state_free(void *state) {
        struct sparkplug_state *s = state;

        while (s->nodes)
                node_free(s, s->nodes);
        free(s);
}

uint64_t sparkplug_state_forgotten(const void *state) {
        return ((const struct sparkplug_state *)state)->forgotten;
}

/* By name, equal ones in the birth's order, which the text of the loaded part then has: it sorts alike. */
static void save_part(const struct sparkplug_part *p, struct buf *out) {
        buf_put_str(out, p->name);
        buf_put_u8(out, (uint8_t)(p->born | p->online << 1));
        buf_put_var(out, p->n);
        for (uint32_t i = 0; i < p->n; i++) {
                const struct sparkplug_metric *m = &p->metrics[i];

                buf_put_str(out, m->name);
                buf_put_u8(out, m->datatype);
                buf_put_u8(out, m->has_alias);
                if (m->has_alias)
                        buf_put_var(out, m->alias);
        }
}

static void save_node(const struct sparkplug_node *node, struct buf *out) {
        buf_put_str(out, node->key);
        buf_put_u8(out, (uint8_t)(node->bdseq_known | node->seq_known << 1));
        buf_put_var(out, node->bdseq);
        buf_put_u8(out, node->seq);
        buf_put_time(out, node->asked);
        buf_put_var(out, node->n);
        for (uint32_t i = 0; i < node->n; i++)
                save_part(&node->parts[i], out);
}

void sparkplug_state_save(const void *state, struct buf *out) {
        const struct sparkplug_state *s = state;

        buf_put_var(out, s->forgotten);
        buf_put_var(out, s->n);
        for (const struct sparkplug_node *node = s->nodes; node; node = node->hh.next)
                save_node(node, out);
}

#define METRIC_BYTES_MIN 4 /* of a saved one: a forged count asks for no memory that the bytes do not back */

static int load_metrics(struct rd *in, struct sparkplug_part *p) {
        uint64_t n = rd_var(in);
        struct sparkplug_metric *metrics;
        int r;

        if (in->failed || n > rd_left(in) / METRIC_BYTES_MIN)
                return -EBADMSG;
        metrics = calloc(n + 1, sizeof *metrics);
        if (!metrics)
                return -ENOMEM;
        for (uint64_t i = 0; i < n; i++) {
                metrics[i].name = rd_str(in);
                metrics[i].datatype = rd_u8(in);
                metrics[i].has_alias = rd_u8(in) == 1;
                metrics[i].alias = metrics[i].has_alias ? rd_var(in) : 0;
        }
        r = in->failed ? -EBADMSG : part_fill(p, metrics, n);
        free(metrics);
        return r;
}

static int load_part(struct sparkplug_state *s, struct rd *in, struct sparkplug_node *node) {
        struct ww_str name = rd_str(in);
        uint8_t flags = rd_u8(in);
        struct sparkplug_part *p;
        int r;

        if (in->failed || flags > 3 || node->n == SPARKPLUG_DEVICES_MAX)
                return -EBADMSG;
        p = part_add(s, node, name);
        if (!p)
                return -ENOMEM;
        r = load_metrics(in, p);
        p->born = flags & 1;
        p->online = flags & 2;
        s->bytes += p->bytes;
        return r;
}

static int load_node(struct sparkplug_state *s, struct rd *in) {
        struct ww_str key = rd_str(in);
        uint8_t flags = rd_u8(in);
        struct sparkplug_node *node;
        uint64_t parts;
        int r = 0;

        if (in->failed || flags > 3)
                return -EBADMSG;
        HASH_FIND(hh, s->nodes, key.p, key.n, node);
        if (node)
                return -EBADMSG;
        node = node_new(key);
        if (!node)
                return -ENOMEM;
        node_append(s, node);
        s->n++;
        node->bdseq_known = flags & 1;
        node->seq_known = flags & 2;
        node->bdseq = rd_var(in);
        node->seq = rd_u8(in);
        node->asked = rd_time(in);
        parts = rd_var(in);
        for (uint64_t i = 0; !r && i < parts; i++)
                r = load_part(s, in, node);
        return r ? r : in->failed ? -EBADMSG : 0;
}

int sparkplug_state_load(void *state, struct rd *in) {
        struct sparkplug_state *s = state;
        uint64_t forgotten = rd_var(in), n = rd_var(in);
        int r = in->failed || n > s->nodes_max ? -EBADMSG : 0;

        for (uint64_t i = 0; !r && i < n; i++)
                r = load_node(s, in);
        s->forgotten = forgotten;
        return r ? r : s->bytes > s->bytes_max ? -EBADMSG : 0;
}
