#include "correlate/multiset.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static size_t home(const struct multiset *m, uint64_t bits, uint32_t type) {
        uint64_t key[2] = { bits, type };

        return XXH3_64bits(key, sizeof key) & m->mask;
}

static struct multiset_slot *slot_of(const struct multiset *m, uint64_t bits, uint32_t type) {
        size_t at = home(m, bits, type);

        while (m->slots[at].refs && (m->slots[at].bits != bits || m->slots[at].type != type))
                at = (at + 1) & m->mask;
        return &m->slots[at];
}

static int grow(struct multiset *m) {
        struct multiset grown = { .n = m->n, .mask = m->slots ? m->mask * 2 + 1 : 1 };

        if (m->slots && (m->n + 1) * 4 <= (m->mask + 1) * 3)
                return 0;
        grown.slots = calloc(grown.mask + 1, sizeof *grown.slots);
        if (!grown.slots)
                return -ENOMEM;
        for (size_t i = 0; m->slots && i <= m->mask; i++)
                if (m->slots[i].refs)
                        *slot_of(&grown, m->slots[i].bits, m->slots[i].type) = m->slots[i];
        free(m->slots);
        *m = grown;
        return 0;
}

int multiset_add(struct multiset *m, uint64_t bits, uint32_t type) {
        struct multiset_slot *slot;

        if (grow(m) < 0)
                return -ENOMEM;
        slot = slot_of(m, bits, type);
        if (!slot->refs)
                m->n++;
        *slot = (struct multiset_slot){ bits, type, slot->refs + 1 };
        return 0;
}

void multiset_remove(struct multiset *m, uint64_t bits, uint32_t type) {
        struct multiset_slot *slot = slot_of(m, bits, type);
        size_t hole = (size_t)(slot - m->slots);

        if (--slot->refs)
                return;
        m->n--;
        for (size_t at = (hole + 1) & m->mask; m->slots[at].refs; at = (at + 1) & m->mask)
                if (((at - home(m, m->slots[at].bits, m->slots[at].type)) & m->mask) >= ((at - hole) & m->mask)) {
                        m->slots[hole] = m->slots[at];
                        m->slots[at].refs = 0;
                        hole = at;
                }
        m->slots[hole].refs = 0;
}

void multiset_reset(struct multiset *m) {
        if (m->slots)
                memset(m->slots, 0, (m->mask + (size_t)1) * sizeof *m->slots);
        m->n = 0;
}

void multiset_free(struct multiset *m) {
        free(m->slots);
        *m = (struct multiset){ 0 };
}
