/*
 * A pattern, newline, a topic: the pattern is refused with a message or read; what it matches has its captures inside
 * the topic, in levels that are not empty.
 */
#include "decode/trie.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void require(bool holds) {
        if (!holds)
                abort();
}

static void check(const struct trie_binding *found, const struct topic *topic, const struct topic_names *names) {
        struct ww_str captures[TOPIC_CAPTURES_MAX] = { 0 };

        topic_capture(found->pattern, topic, captures);
        for (size_t i = 0; i < names->n; i++) {
                const struct ww_str *c = &captures[i];

                require(!c->p == !(found->pattern->captures >> i & 1));
                require(!c->p || c->n > 0);
        }
}

static void match(struct trie *trie, struct ww_str text, const struct topic_names *names) {
        struct trie_binding *found = calloc(trie_bindings(trie) + 1, sizeof *found);
        struct topic topic;
        size_t n;

        require(found);
        n = topic_split(&topic, text) ? trie_match(trie, &topic, found) : 0;
        require(n <= trie_bindings(trie));
        for (size_t i = 0; i < n; i++)
                check(&found[i], &topic, names);
        free(found);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        _cleanup_(trie_freep) struct trie *trie = NULL;
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        struct topic_names names = { 0 };
        struct topic_pattern *patterns;
        struct diag diag = DIAG_INIT;
        char *copy = malloc(n + 1), *split;
        size_t count = 0, at;
        int r;

        require(copy && trie_new(&trie) == 0);
        if (n)
                memcpy(copy, bytes, n);
        split = n ? memchr(copy, '\n', n) : NULL;
        at = split ? (size_t)(split - copy) : n;
        r = topic_pattern_parse(&arena, (struct ww_str){ copy, at }, (struct diag_pos){ 0 }, &diag, &names, &patterns,
                                &count);
        require(r == DIAG_E_USER ? diag.n == 1 : r == 0 && count > 0);
        for (size_t i = 0; !r && i < count; i++)
                require(trie_add(trie, &patterns[i], 0, (uint32_t)i) == 0);
        if (!r && split)
                match(trie, (struct ww_str){ split + 1, n - at - 1 }, &names);
        diag_deinit(&diag);
        free(copy);
        return 0;
}
