#pragma once
/*
 * A device's own counter: which of its messages were here before, and how many never came.
 *
 * Problem: radio gateways and re-connecting bridges deliver a message twice or in another order; a jammed radio, or
 * somebody who cuts a line for a minute, makes messages disappear. Both are seen in the number that the device itself
 * writes into its messages. It wraps at a modulus, and it begins anew when the device does.
 *
 * The last number and a window of the 32 before it are kept. With `ahead` and `behind` the distances to the last number
 * along the circle:
 *
 *     behind 0                        seen
 *     ahead ≤ behind                  new; ahead − 1 numbers are missing
 *     behind < 32, in the window      seen
 *     behind < 32, not in it          new: it was late, and had been told as missing
 *     behind ≥ 32                     the device began anew
 *
 * A device that begins anew after a few messages says numbers that were seen. Taking them for repeats would swallow
 * what it reports. So the window holds for a time only (`within`, of the last new one): after it, a number that does
 * not go ahead is a beginning.
 */
#include <stdbool.h>
#include <stdint.h>

#define NUMBERING_WINDOW     32
#define NUMBERING_MODULO_MIN 2
#define NUMBERING_MODULO_MAX (UINT64_C(1) << 32)

struct numbering {
        uint32_t last;
        uint32_t window; /* bit i: last − i was here; bit 0 is always set */
};

enum numbering_verdict {
        NUMBERING_NEW,
        NUMBERING_SEEN,
        NUMBERING_RESTART, /* new, and what was known is forgotten */
};

/** What `number` (below `modulo`) is; `fresh`: the window still holds. *ret_missing: numbers that are missing before a
 *  NEW one, 0 otherwise. Does not change `n`. */
enum numbering_verdict numbering_judge(const struct numbering *n, uint32_t number, uint64_t modulo, bool fresh,
                                       uint64_t *ret_missing);
/** Remembers a number that was judged. */
void numbering_take(struct numbering *n, uint32_t number, uint64_t modulo, enum numbering_verdict verdict);

static inline struct numbering numbering_first(uint32_t number) {
        return (struct numbering){ number, 1 };
}
static inline uint64_t numbering_pack(struct numbering n) {
        return (uint64_t)n.window << 32 | n.last;
}
static inline struct numbering numbering_unpack(uint64_t word) {
        return (struct numbering){ (uint32_t)word, (uint32_t)(word >> 32) };
}
