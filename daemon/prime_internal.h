#pragma once
/* Shared by prime.c (the past, input by input) and prime_stood.c (what stood before it). */
#include "prime.h"

#include <jansson.h>

struct prime {
        struct correlate *shadow;
        const struct ruleset *current, *next;
        int64_t since;
        uint64_t inputs;
        struct arena arena; /* of the output at work */
};

/* {"name", "on"} and {"name", "member", "in", "until"}: as answers to commands have them. What the next site does not
 * know is passed over. 0 or -errno. */
int prime_mode(struct prime *p, const json_t *mode, int64_t now);
int prime_member(struct prime *p, const json_t *member);
