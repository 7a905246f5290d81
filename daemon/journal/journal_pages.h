#pragma once
/*
 * LMDB's pages, read without LMDB: whether a journal's file can be given to it, and what can be saved from one that
 * cannot.
 */
#include "journal/journal_internal.h"

/* Databases as the walk sees them; the first four are enum journal_database. */
enum {
        PAGES_FREE = JOURNAL_DATABASES,
        PAGES_NAMES,
        PAGES_LOOSE, /* a leaf that no tree leads to, or not in order */
};

struct pages_node {
        unsigned database;
        const uint8_t *key;
        size_t n_key;
        uint64_t at; /* of the value, bytes from the file's beginning */
        size_t n;
};

struct pages_visitor {
        void *userdata;
        /* something is wrong with a page; false = stop */
        bool (*bad)(void *userdata, unsigned database, uint64_t page, const char *why);
        /* an entry of a leaf; false = stop. NULL = not interested */
        bool (*node)(void *userdata, const struct pages_node *node);
        bool loose; /* also leaves that no tree leads to: what is left of broken trees, and stale copies */
};

/** Walks all trees from the newest meta page. 0 (even if all is bad: `bad` said so), -ENOENT (no file, or an empty
 *  one), -errno. */
int journal_pages_walk(const char *path, const struct pages_visitor *visitor);

/** 0 = LMDB can be given this file; JOURNAL_E_DAMAGED; -ENOENT; -errno. */
int journal_pages_check(const char *path);
