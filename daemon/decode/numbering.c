#include "decode/numbering.h"

static uint64_t distance(uint32_t from, uint32_t to, uint64_t modulo) {
        return ((uint64_t)to + modulo - from % modulo) % modulo;
}

enum numbering_verdict numbering_judge(const struct numbering *n, uint32_t number, uint64_t modulo, bool fresh,
                                       uint64_t *ret_missing) {
        uint64_t ahead = distance(n->last, number, modulo), behind = (modulo - ahead) % modulo;

        *ret_missing = 0;
        if (ahead && ahead <= behind) {
                *ret_missing = ahead - 1;
                return NUMBERING_NEW;
        }
        if (!fresh || behind >= NUMBERING_WINDOW)
                return NUMBERING_RESTART;
        return n->window >> behind & 1 ? NUMBERING_SEEN : NUMBERING_NEW;
}

void numbering_take(struct numbering *n, uint32_t number, uint64_t modulo, enum numbering_verdict verdict) {
        uint64_t ahead = distance(n->last, number, modulo), behind = (modulo - ahead) % modulo;

        if (verdict == NUMBERING_RESTART) {
                *n = numbering_first(number);
        } else if (ahead && ahead <= behind) {
                n->window = ahead < NUMBERING_WINDOW ? n->window << ahead | 1 : 1;
                n->last = number;
        } else if (behind < NUMBERING_WINDOW) {
                n->window |= UINT32_C(1) << behind;
        }
}
