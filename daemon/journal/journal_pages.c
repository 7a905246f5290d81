/*
 * A walk over LMDB's pages that believes nothing.
 *
 * LMDB 0.9 computes addresses from what stands in its pages and checks next to none of it. This file checks all that it
 * relies on: both meta pages, and for each tree the depth, the kind and number of each page, that no page belongs to
 * two owners (two trees, or a tree and the list of free pages, which would be written over), the bounds of each entry,
 * the order of keys and the counters. It reads by pread, so that a bad sector is an error and no SIGBUS. Pages of a
 * tree lie near one another, mostly in order: the disk is asked for what lies around a page, and some way behind it, so
 * that a file that is not in memory is read in large pieces, each once.
 *
 *     page   u64 number, u16 pad, u16 flags, u16 lower, u16 upper (or u32 count: overflow), u16 offsets[]
 *     node   u16 size low, u16 size high, u16 flags, u16 key size, key, value
 *     tree   u32 pad, u16 flags, u16 depth, u64 branch pages, leaf pages, overflow pages, entries, root
 *     meta   (after a page's head) u32 magic, u32 version, u64 address, u64 map size, tree free, tree names,
 *            u64 last page, u64 transaction
 *
 * In a branch the node's size and flags are the child's number, and the first node's key does not count.
 */
#include "journal/journal_pages.h"

#include <fcntl.h>
#include <sys/param.h>
#include <unistd.h>

#define PAGE_HEAD 16
#define NODE_HEAD 8
#define TREE_SIZE 48
#define META_SIZE (24 + 2 * TREE_SIZE + 16)
#define DEPTH_MAX 16
#define KEY_MAX   511
#define PAGE_MIN  512
#define PAGE_MAX  65536
#define NO_PAGE   UINT64_MAX
#define PIECE     (UINT64_C(128) * 1024) /* what every disk and kernel takes as one */
#define AHEAD     8                      /* pieces */

/* pages at the end that LMDB gave out and took back before it wrote them: at most those of one transaction */
#define UNWRITTEN_MAX (1u << 17)

#define META_MAGIC    0xBEEFC0DEu
#define META_VERSION  1u
#define INTEGER_KEY   0x08 /* of the tree of free pages */

enum {
        P_BRANCH = 0x01,
        P_LEAF = 0x02,
        P_OVERFLOW = 0x04,
        P_META = 0x08,
};

enum {
        F_BIGDATA = 0x01,
        F_SUBDATA = 0x02,
};

struct tree {
        uint64_t branch, leaf, overflow, entries, root;
        unsigned pad, flags, depth;
};

struct meta {
        struct tree free, names;
        uint64_t last, txn;
};

struct bounds {
        const uint8_t *low, *high; /* NULL = none */
        size_t n_low, n_high;
};

struct walk {
        const struct pages_visitor *v;
        int fd, error;
        bool stopped;
        size_t size;    /* of a page */
        uint64_t pages; /* that may be used: up to the meta page's last one */
        uint8_t *seen;  /* bits */
        uint64_t pieces;
        uint8_t *asked; /* bits: the pieces that the disk was asked for */
        uint8_t *level[DEPTH_MAX];
        struct tree trees[JOURNAL_DATABASES];
        bool have[JOURNAL_DATABASES];
};

static unsigned u16_at(const uint8_t *p) {
        return (unsigned)(p[0] | p[1] << 8);
}

static uint32_t u32_at(const uint8_t *p) {
        return u16_at(p) | (uint32_t)u16_at(p + 2) << 16;
}

static uint64_t u64_at(const uint8_t *p) {
        return u32_at(p) | (uint64_t)u32_at(p + 4) << 32;
}

static void bad(struct walk *w, unsigned database, uint64_t page, const char *why) {
        if (!w->stopped && !w->v->bad(w->v->userdata, database, page, why))
                w->stopped = true;
}

static bool bit_set(uint8_t *bits, uint64_t i) {
        uint8_t mask = (uint8_t)(1u << (i & 7));
        bool was = bits[i / 8] & mask;

        bits[i / 8] |= mask;
        return was;
}

static void read_ahead(struct walk *w, uint64_t at) {
        uint64_t first = at / PIECE, end = MIN(first + AHEAD, w->pieces);

        for (uint64_t i = first; i < end; i++)
                if (!bit_set(w->asked, i))
                        (void)posix_fadvise(w->fd, (off_t)(i * PIECE), (off_t)PIECE, POSIX_FADV_WILLNEED);
}

static bool bytes_read(struct walk *w, uint64_t at, size_t n, uint8_t *to) {
        read_ahead(w, at);
        return pread(w->fd, to, n, (off_t)at) == (ssize_t)n;
}

static bool page_read(struct walk *w, uint64_t page, uint8_t *to) {
        return bytes_read(w, page * w->size, w->size, to);
}

/* Takes `n` pages from `first` for one owner; false if one is not there or has an owner. */
static bool page_own(struct walk *w, uint64_t first, uint64_t n) {
        if (first < 2 || first >= w->pages || n > w->pages - first)
                return false;
        for (uint64_t i = first; i < first + n; i++)
                if (bit_set(w->seen, i))
                        return false;
        return true;
}

/* What is wrong in itself is no part of its tree: it is looked at as what no tree leads to is. */
static void page_disown(struct walk *w, uint64_t page) {
        w->seen[page / 8] &= (uint8_t) ~(1u << (page & 7));
}

/* --- meta pages --- */

static struct tree tree_at(const uint8_t *p) {
        return (struct tree){ .pad = u32_at(p),
                              .flags = u16_at(p + 4),
                              .depth = u16_at(p + 6),
                              .branch = u64_at(p + 8),
                              .leaf = u64_at(p + 16),
                              .overflow = u64_at(p + 24),
                              .entries = u64_at(p + 32),
                              .root = u64_at(p + 40) };
}

static const char *meta_parse(const uint8_t *p, unsigned index, uint64_t file, struct meta *ret) {
        const uint8_t *m = p + PAGE_HEAD;
        uint64_t map = u64_at(m + 16);
        unsigned size = u32_at(m + 24);

        if (u64_at(p) != index || u16_at(p + 10) != P_META)
                return "not a meta page";
        if (u32_at(m) != META_MAGIC || u32_at(m + 4) != META_VERSION || u64_at(m + 8) != 0)
                return "meta page: magic or version is wrong";
        if (size < PAGE_MIN || size > PAGE_MAX || (size & (size - 1)))
                return "meta page: page size is wrong";
        ret->free = tree_at(m + 24);
        ret->names = tree_at(m + 24 + TREE_SIZE);
        ret->last = u64_at(m + 24 + 2 * TREE_SIZE);
        ret->txn = u64_at(m + 24 + 2 * TREE_SIZE + 8);
        if (ret->txn != 0 && (ret->txn & 1) != index)
                return "meta page: wrong transaction";
        if (ret->last < 1 || ret->last >= map / size || ret->last > file / size + UNWRITTEN_MAX || map >> 47)
                return "meta page: sizes are wrong";
        if (ret->free.flags != INTEGER_KEY || ret->names.flags != 0)
                return "meta page: flags are wrong";
        return NULL;
}

/* Reads both; *ret is the newest that can be read. Its page size holds for the file. */
static bool meta_pick(struct walk *w, uint64_t file, struct meta *ret) {
        uint8_t page[PAGE_HEAD + META_SIZE];
        struct meta metas[2] = { 0 };
        bool right[2] = { false, false };

        w->size = (size_t)sysconf(_SC_PAGESIZE);
        for (unsigned i = 0; i < 2; i++) {
                ssize_t n = pread(w->fd, page, sizeof page, (off_t)(i * w->size));
                const char *why = n == sizeof page ? meta_parse(page, i, file, &metas[i]) : "cannot be read";

                right[i] = !why;
                if (why)
                        bad(w, PAGES_NAMES, i, why);
                else
                        w->size = metas[i].free.pad;
        }
        if (right[0] && right[1]) {
                uint64_t a = MIN(metas[0].txn, metas[1].txn), b = MAX(metas[0].txn, metas[1].txn);

                /* the older one would be an older journal */
                if (metas[0].free.pad != metas[1].free.pad || (b - a != 1 && b != 0))
                        bad(w, PAGES_NAMES, 0, "meta pages do not follow one upon the other");
        }
        if (!right[0] && !right[1])
                return false;
        *ret = right[0] && (!right[1] || metas[0].txn > metas[1].txn) ? metas[0] : metas[1];
        return true;
}

/* --- nodes --- */

static bool key_fits(unsigned database, size_t n) {
        switch (database) {
        case JOURNAL_INPUT:
        case JOURNAL_LIVE:
        case PAGES_FREE:
                return n == 8;
        case JOURNAL_OUTPUT:
                return n == JOURNAL_KEY_OUTPUT;
        case PAGES_LOOSE:
                return n == JOURNAL_KEY_INPUT || n == JOURNAL_KEY_OUTPUT;
        default:
                return n > 0 && n <= KEY_MAX;
        }
}

static int key_compare(unsigned database, const uint8_t *a, size_t n_a, const uint8_t *b, size_t n_b) {
        int r;

        if (database == PAGES_FREE) {
                uint64_t x = u64_at(a), y = u64_at(b);

                return (x > y) - (x < y);
        }
        r = memcmp(a, b, MIN(n_a, n_b));
        return r ? r : (n_a > n_b) - (n_a < n_b);
}

/* The list of free pages: a count, then page numbers, the highest first. */
static void check_free_list(struct walk *w, const struct pages_node *node) {
        uint8_t *list = node->n < 8 ? NULL : malloc(node->n);
        uint64_t count = 0, above = NO_PAGE;

        if (list && bytes_read(w, node->at, node->n, list))
                count = u64_at(list);
        else
                bad(w, PAGES_FREE, node->at / w->size, "list of free pages cannot be read");
        if (count > node->n / 8 - 1) {
                bad(w, PAGES_FREE, node->at / w->size, "list of free pages is cut");
                count = 0;
        }
        for (uint64_t i = 1; i <= count && !w->stopped; i++) {
                uint64_t page = u64_at(list + 8 * i);

                if (page >= above || !page_own(w, page, 1))
                        bad(w, PAGES_FREE, node->at / w->size, "list of free pages names a page that is not free");
                above = page;
        }
        free(list);
}

static void take_name(struct walk *w, const struct pages_node *node, const uint8_t *value, uint64_t page) {
        for (unsigned i = 0; i < JOURNAL_DATABASES; i++)
                if (node->n_key == strlen(journal_database_names[i]) &&
                    memcmp(node->key, journal_database_names[i], node->n_key) == 0) {
                        w->trees[i] = tree_at(value);
                        w->have[i] = true;
                        if (w->trees[i].flags != 0)
                                bad(w, i, page, "flags are wrong");
                        return;
                }
        bad(w, PAGES_NAMES, page, "unknown database");
}

static const char *overflow_check(struct walk *w, uint64_t first, size_t n, struct tree *count) {
        uint64_t least = (PAGE_HEAD - 1 + n) / w->size + 1, pages;
        uint8_t head[PAGE_HEAD];

        if (first < 2 || first >= w->pages || !bytes_read(w, first * w->size, sizeof head, head))
                return "large record lies outside of the file";
        pages = u32_at(head + 12); /* more than it takes, if a larger value stood there before */
        if (u64_at(head) != first || u16_at(head + 10) != P_OVERFLOW || pages < least || pages > w->pages - first)
                return "large record's page is not its own";
        if (count && !page_own(w, first, pages))
                return "large record's page has two owners";
        if (count)
                count->overflow += pages;
        return NULL;
}

/* One node of a leaf. `count` is NULL for a loose leaf, whose pages have no owner. */
static const char *leaf_node(struct walk *w, unsigned database, uint64_t page, const uint8_t *p, const uint8_t *node,
                             struct tree *count) {
        size_t n = u32_at(node), n_key = u16_at(node + 6);
        unsigned flags = u16_at(node + 4);
        const uint8_t *value = node + NODE_HEAD + n_key;
        struct pages_node found = { database, node + NODE_HEAD, n_key, page * w->size + (uint64_t)(value - p), n };

        if (flags & F_BIGDATA) {
                uint64_t first = u64_at(value);
                const char *why = overflow_check(w, first, n, count);

                if (why)
                        return why;
                found.at = first * w->size + PAGE_HEAD;
        }
        if (database == PAGES_NAMES) {
                if (flags != F_SUBDATA || n != TREE_SIZE)
                        return "not the name of a database";
                take_name(w, &found, value, page);
        } else if (flags & ~F_BIGDATA) {
                return "entry's flags are wrong";
        } else if (database == PAGES_FREE) {
                check_free_list(w, &found);
        } else if (w->v->node && !w->v->node(w->v->userdata, &found)) {
                w->stopped = true;
        }
        return NULL;
}

/* Bytes of node `i`, 0 if it is not within the page. */
static size_t node_size(const struct walk *w, const uint8_t *p, unsigned i, bool leaf) {
        unsigned at = u16_at(p + PAGE_HEAD + 2 * i), upper = u16_at(p + 14);
        size_t n;

        if (at < upper || at + NODE_HEAD > w->size)
                return 0;
        n = NODE_HEAD + (size_t)u16_at(p + at + 6);
        if (leaf)
                n += u16_at(p + at + 4) & F_BIGDATA ? 8 : u32_at(p + at);
        return at + n <= w->size ? n + (n & 1) : 0;
}

static unsigned page_keys(const uint8_t *p) {
        return (u16_at(p + 12) - PAGE_HEAD) / 2;
}

/* LMDB leaves a lone child only in the tree of free pages. */
static unsigned page_least(unsigned database, bool leaf) {
        return leaf || database == PAGES_FREE ? 1 : 2;
}

static const char *page_form(const struct walk *w, unsigned database, uint64_t page, const uint8_t *p, bool leaf) {
        unsigned lower = u16_at(p + 12), upper = u16_at(p + 14);
        size_t total = 0;

        if (u64_at(p) != page || u16_at(p + 10) != (leaf ? P_LEAF : P_BRANCH))
                return "not the page that it should be";
        if (lower < PAGE_HEAD || (lower & 1) || lower > upper || upper > w->size ||
            page_keys(p) < page_least(database, leaf))
                return "page's bounds are wrong";
        for (unsigned i = 0; i < page_keys(p); i++) {
                size_t n = node_size(w, p, i, leaf);

                if (n == 0)
                        return "entry lies outside of its page";
                total += n;
        }
        return total == w->size - upper ? NULL : "entries lie over one another";
}

static const uint8_t *node_at(const uint8_t *p, unsigned i) {
        return p + u16_at(p + PAGE_HEAD + 2 * i);
}

static const char *page_order(unsigned database, const uint8_t *p, bool leaf, const struct bounds *b) {
        const uint8_t *before = b->low;
        size_t n_before = b->n_low;

        for (unsigned i = leaf ? 0 : 1; i < page_keys(p); i++) {
                const uint8_t *key = node_at(p, i) + NODE_HEAD;
                size_t n = u16_at(node_at(p, i) + 6);
                int r;

                if (!key_fits(database, n))
                        return "key's size is wrong";
                r = before ? key_compare(database, before, n_before, key, n) : -1;
                /* a leaf's first key may be the one that leads to it */
                if (r > 0 || (r == 0 && !(leaf && i == 0)))
                        return "keys are out of order";
                before = key;
                n_before = n;
        }
        if (before && b->high && key_compare(database, before, n_before, b->high, b->n_high) >= 0)
                return "keys are out of order";
        return NULL;
}

/* --- trees --- */

static void walk_page(struct walk *w, unsigned database, uint64_t page, unsigned level, const struct tree *tree,
                      const struct bounds *b, struct tree *count);

static void walk_branch(struct walk *w, unsigned database, uint64_t page, unsigned level, const struct tree *tree,
                        const struct bounds *b, struct tree *count) {
        const uint8_t *p = w->level[level];
        unsigned n = page_keys(p);

        count->branch++;
        for (unsigned i = 0; i < n && !w->stopped; i++) {
                const uint8_t *node = node_at(p, i), *next = i + 1 < n ? node_at(p, i + 1) : NULL;
                uint64_t child = u32_at(node) | (uint64_t)u16_at(node + 4) << 32;
                struct bounds inner = *b;

                if (i > 0) {
                        inner.low = node + NODE_HEAD;
                        inner.n_low = u16_at(node + 6);
                }
                if (next) {
                        inner.high = next + NODE_HEAD;
                        inner.n_high = u16_at(next + 6);
                }
                walk_page(w, database, child, level + 1, tree, &inner, count);
        }
}

static void walk_leaf(struct walk *w, unsigned database, uint64_t page, unsigned level, struct tree *count) {
        const uint8_t *p = w->level[level];

        count->leaf++;
        for (unsigned i = 0; i < page_keys(p) && !w->stopped; i++) {
                const char *why = leaf_node(w, database, page, p, node_at(p, i), count);

                count->entries++;
                if (why)
                        bad(w, database, page, why);
        }
}

/* NULL: the page is there, and in order. */
static const char *page_fetch(struct walk *w, unsigned database, uint64_t page, uint8_t *p, bool leaf,
                              const struct bounds *b) {
        const char *why;

        if (!page_own(w, page, 1))
                return "page is outside of the file, or has two owners";
        if (!page_read(w, page, p))
                return "page cannot be read";
        why = page_form(w, database, page, p, leaf);
        why = why ? why : page_order(database, p, leaf, b);
        if (why)
                page_disown(w, page);
        return why;
}

static void walk_page(struct walk *w, unsigned database, uint64_t page, unsigned level, const struct tree *tree,
                      const struct bounds *b, struct tree *count) {
        bool leaf = level + 1 == tree->depth;
        const char *why = page_fetch(w, database, page, w->level[level], leaf, b);

        if (why)
                bad(w, database, page, why);
        else if (leaf)
                walk_leaf(w, database, page, level, count);
        else
                walk_branch(w, database, page, level, tree, b, count);
}

static void walk_tree(struct walk *w, unsigned database, const struct tree *tree) {
        struct tree count = { 0 };

        if (tree->depth > DEPTH_MAX || (tree->depth == 0) != (tree->root == NO_PAGE)) {
                bad(w, database, tree->root, "depth is wrong");
                return;
        }
        if (tree->depth)
                walk_page(w, database, tree->root, 0, tree, &(struct bounds){ 0 }, &count);
        if (!w->stopped && (count.branch != tree->branch || count.leaf != tree->leaf ||
                            count.overflow != tree->overflow || count.entries != tree->entries))
                bad(w, database, tree->root, "counters are wrong");
}

static void walk_loose(struct walk *w) {
        uint8_t *p = w->level[0];

        for (uint64_t page = 2; page < w->pages && !w->stopped; page++) {
                if ((w->seen[page / 8] & 1u << (page & 7)) || !page_read(w, page, p) || u16_at(p + 10) != P_LEAF ||
                    u16_at(p + 12) < PAGE_HEAD || u16_at(p + 12) > w->size)
                        continue;
                for (unsigned i = 0; i < page_keys(p) && !w->stopped; i++)
                        if (node_size(w, p, i, true) && key_fits(PAGES_LOOSE, u16_at(node_at(p, i) + 6)))
                                (void)leaf_node(w, PAGES_LOOSE, page, p, node_at(p, i), NULL);
        }
}

static void walk_all(struct walk *w, uint64_t file) {
        struct meta meta = { .names = { .depth = 0, .root = NO_PAGE }, .free = { .depth = 0, .root = NO_PAGE } };
        bool found = meta_pick(w, file, &meta);

        w->pages = found ? meta.last + 1 : file / w->size;
        w->seen = calloc(w->pages / 8 + 1, 1);
        w->pieces = MIN(file, w->pages * w->size) / PIECE + 1;
        w->asked = calloc(w->pieces / 8 + 1, 1);
        for (unsigned i = 0; i < DEPTH_MAX; i++)
                w->level[i] = malloc(w->size);
        for (unsigned i = 0; i < DEPTH_MAX; i++)
                if (!w->seen || !w->asked || !w->level[i]) {
                        w->error = -ENOMEM;
                        return;
                }
        walk_tree(w, PAGES_NAMES, &meta.names);
        for (unsigned i = 0; i < JOURNAL_DATABASES; i++)
                if (w->have[i] && !w->stopped)
                        walk_tree(w, i, &w->trees[i]);
        if (!w->stopped)
                walk_tree(w, PAGES_FREE, &meta.free);
        if (w->v->loose && !w->stopped)
                walk_loose(w);
}

int journal_pages_walk(const char *path, const struct pages_visitor *visitor) {
        struct walk w = { .v = visitor, .fd = open(path, O_RDONLY | O_CLOEXEC) };
        struct stat st;
        int r = 0;

        if (w.fd < 0)
                return -errno;
        if (fstat(w.fd, &st) < 0)
                r = -errno;
        else if (st.st_size == 0)
                r = -ENOENT;
        else
                walk_all(&w, (uint64_t)st.st_size);
        for (unsigned i = 0; i < DEPTH_MAX; i++)
                free(w.level[i]);
        free(w.seen);
        free(w.asked);
        cleanup_closep(&w.fd);
        return r ? r : w.error;
}

static bool check_bad(void *userdata, unsigned database, uint64_t page, const char *why) {
        *(bool *)userdata = true;
        return false;
}

int journal_pages_check(const char *path) {
        bool damaged = false;
        struct pages_visitor visitor = { &damaged, check_bad, NULL, false };
        int r = journal_pages_walk(path, &visitor);

        return r ? r : damaged ? JOURNAL_E_DAMAGED : 0;
}
