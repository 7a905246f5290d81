#pragma once
/*
 * Where topics lead, remembered. A device says everything under a handful of topics, and each leads where it led the
 * last time; to compare a topic costs a tenth of the way through the trie.
 *
 * A route holds the topic itself, not only its hash: no two topics are ever taken for each other. One that comes to a
 * taken slot takes it over, so what strangers send costs the others no more than the way through the trie that they
 * would have gone anyhow. Topics that are long or lead to many messages are not kept.
 */
#include "decode/trie.h"

#define ROUTES_MAX         4096u /* a power of two; with the two below at most 5 MiB, usually 1 MiB */
#define ROUTE_TOPIC_MAX    256u  /* bytes */
#define ROUTE_BINDINGS_MAX 64u

struct route {
        size_t n_topic, n;
        uint64_t secrets;               /* which of them have some, by number; all from the 64th on by the last bit */
        struct trie_binding bindings[]; /* as trie_match() gives them; the topic is behind them */
};

struct routes {
        struct route **slots;
};

/** Empties the table, or makes it: other types are in force. 0 or -ENOMEM; then it is as it was. */
int routes_begin(struct routes *routes);
void routes_deinit(struct routes *routes);

/** `hash`: of the topic. NULL: it must go through the trie. Borrowed until the next routes_note(). */
const struct route *routes_find(const struct routes *routes, struct ww_str topic, uint64_t hash);
/** `topic`: valid UTF-8, and it leads to these. Without memory it is not kept. */
void routes_note(struct routes *routes, struct ww_str topic, uint64_t hash, const struct trie_binding *bindings,
                 size_t n, uint64_t secrets);
