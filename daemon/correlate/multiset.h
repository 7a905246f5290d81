#pragma once
/*
 * Bags of values, for what a window counts. Adding and taking out cost no more when the window is large.
 */
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* open addressing: how many different values */
struct multiset_slot {
        uint64_t bits;
        uint32_t type, refs;
};
struct multiset {
        struct multiset_slot *slots;
        uint32_t n, mask; /* different values */
};

int multiset_add(struct multiset *m, uint64_t bits, uint32_t type); /* 0 or -ENOMEM */
/** One that was added. */
void multiset_remove(struct multiset *m, uint64_t bits, uint32_t type);
void multiset_reset(struct multiset *m);
void multiset_free(struct multiset *m);

/* numbers in ascending order */
struct ordered;

int ordered_add(struct ordered **o, double v); /* 0 or -ENOMEM; *o is made when first needed */
/** One that was added. */
void ordered_remove(struct ordered *o, double v);
void ordered_reset(struct ordered *o);
void ordered_free(struct ordered *o);
size_t ordered_count(const struct ordered *o);
/** The value at place `i`, ascending from 0; i < ordered_count(). */
double ordered_at(const struct ordered *o, size_t i);
