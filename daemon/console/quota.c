#include "console/quota.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wardwatch/time.h>

#define HOUR (3600 * WW_SECOND)

/* One instant says it all: when everything that was taken would have been earned again. */
struct bucket {
        char network[INET6_ADDRSTRLEN];
        int64_t whole_at;
};

struct quota {
        int64_t each, all; /* µs that one asking costs */
        int64_t whole_at;  /* of all */
        size_t n;
        struct bucket buckets[QUOTA_ADDRESSES];
};

int quota_new(struct quota **ret, int64_t per_address, int64_t in_all) {
        struct quota *q = calloc(1, sizeof *q);

        if (!q)
                return -ENOMEM;
        q->each = HOUR / per_address;
        q->all = HOUR / in_all;
        q->whole_at = INT64_MIN;
        *ret = q;
        return 0;
}

struct quota *quota_free(struct quota *q) {
        free(q);
        return NULL;
}

static void network_of(const char *address, char network[INET6_ADDRSTRLEN]) {
        struct in6_addr six;

        if (inet_pton(AF_INET6, address, &six) == 1) {
                memset(&six.s6_addr[8], 0, 8);
                (void)inet_ntop(AF_INET6, &six, network, INET6_ADDRSTRLEN);
        } else {
                (void)snprintf(network, INET6_ADDRSTRLEN, "%s", address);
        }
}

/* Its own, or a new one in the place of that which is nearest to whole. */
static struct bucket *bucket_of(struct quota *q, const char *address) {
        char network[INET6_ADDRSTRLEN];
        struct bucket *least = q->buckets;

        network_of(address, network);
        for (size_t i = 0; i < q->n; i++) {
                if (strcmp(q->buckets[i].network, network) == 0)
                        return &q->buckets[i];
                if (q->buckets[i].whole_at < least->whole_at)
                        least = &q->buckets[i];
        }
        if (q->n < QUOTA_ADDRESSES)
                least = &q->buckets[q->n++];
        *least = (struct bucket){ .whole_at = INT64_MIN };
        (void)snprintf(least->network, sizeof least->network, "%s", network);
        return least;
}

static bool has_room(int64_t whole_at, int64_t cost, int64_t now) {
        return whole_at <= now || whole_at - now <= HOUR - cost;
}

static int64_t taken(int64_t whole_at, int64_t cost, int64_t now) {
        return (whole_at > now ? whole_at : now) + cost;
}

bool quota_take(struct quota *q, const char *address, int64_t now) {
        struct bucket *b = bucket_of(q, address);

        if (!has_room(q->whole_at, q->all, now) || !has_room(b->whole_at, q->each, now))
                return false;
        q->whole_at = taken(q->whole_at, q->all, now);
        b->whole_at = taken(b->whole_at, q->each, now);
        return true;
}
