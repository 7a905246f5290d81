#include "decode/route.h"

static char *topic_of(const struct route *route) {
        return (char *)(route->bindings + route->n);
}

void routes_deinit(struct routes *routes) {
        for (size_t i = 0; routes->slots && i < ROUTES_MAX; i++)
                free(routes->slots[i]);
        free(routes->slots);
        routes->slots = NULL;
}

int routes_begin(struct routes *routes) {
        struct route **slots = calloc(ROUTES_MAX, sizeof *slots);

        if (!slots)
                return -ENOMEM;
        routes_deinit(routes);
        routes->slots = slots;
        return 0;
}

const struct route *routes_find(const struct routes *routes, struct ww_str topic, uint64_t hash) {
        const struct route *route = routes->slots[hash & (ROUTES_MAX - 1)];

        return route && route->n_topic == topic.n && memcmp(topic_of(route), topic.p, topic.n) == 0 ? route : NULL;
}

void routes_note(struct routes *routes, struct ww_str topic, uint64_t hash, const struct trie_binding *bindings,
                 size_t n, uint64_t secrets) {
        struct route **slot = &routes->slots[hash & (ROUTES_MAX - 1)], *route;

        if (!topic.n || topic.n > ROUTE_TOPIC_MAX || n > ROUTE_BINDINGS_MAX)
                return;
        route = malloc(sizeof *route + n * sizeof *bindings + topic.n);
        if (!route)
                return;
        *route = (struct route){ .n_topic = topic.n, .n = n, .secrets = secrets };
        if (n)
                memcpy(route->bindings, bindings, n * sizeof *bindings);
        memcpy(topic_of(route), topic.p, topic.n);
        free(*slot);
        *slot = route;
}
