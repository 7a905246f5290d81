#pragma once
/*
 * From a topic to the messages of sensor types whose patterns match it, in time that depends on the topic's levels and
 * not on the number of types: literal levels are found in one hash table keyed by (node, level).
 *
 * Matching goes through every way the tree allows (a literal level does not hide a capture beside it). A pattern has at
 * most one multi level, so a node is met at most once for each level of the topic: the cost is bounded whatever the
 * topic says.
 */
#include "decode/topic.h"

/* what stands at the end of a pattern */
struct trie_binding {
        uint32_t type, message;
        const struct topic_pattern *pattern; /* borrowed */
};

struct trie;

int trie_new(struct trie **ret);
struct trie *trie_free(struct trie *t); /* returns NULL */
DEFINE_CLEANUP(struct trie *, trie_free)

int trie_add(struct trie *t, const struct topic_pattern *pattern, uint32_t type, uint32_t message); /* 0, -ENOMEM */
size_t trie_bindings(const struct trie *t);

/** All bindings that match, at most trie_bindings() of them, into `out`; returns how many. Order: types by their most
 *  special matching pattern (then by number), messages of a type by number, patterns of a message by how special. */
size_t trie_match(const struct trie *t, const struct topic *topic, struct trie_binding *out);
