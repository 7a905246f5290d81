/*
 * Whose signature counts.
 *
 * Wanted is the key that the auditor names, those that it handed over to, and those that handed over to it; of each
 * handover both sides have signed. A checkpoint says from which number on its key signs (`since`): what a forerunner of
 * that key signs in the same journal with that number or a later one was made by somebody who found the old key.
 *
 * Forerunners count only beside the key that was named or one that follows it. If there is no checkpoint by such a one,
 * somebody who has the old key may have left the new ones out.
 */
#include "command/verify_keys.h"

#include <stdlib.h>
#include <string.h>

#define KEY      crypto_sign_PUBLICKEYBYTES
#define DEEP_MAX 256 /* handovers in a row */

void verify_keys_deinit(struct verify_keys *k) {
        free(k->handovers);
        *k = (struct verify_keys){ 0 };
}

static bool known(const struct verify_keys *k, const struct proof_handover *h) {
        for (size_t i = 0; i < k->n; i++) {
                if (memcmp(k->handovers[i].key, h->key, KEY) == 0 && memcmp(k->handovers[i].next, h->next, KEY) == 0)
                        return true;
        }
        return false;
}

int verify_keys_add(struct verify_keys *k, const struct proof_handover *handover) {
        if (known(k, handover))
                return 0;
        if (k->n == k->capacity) {
                size_t wanted = k->capacity ? k->capacity * 2 : 8;
                struct proof_handover *more = reallocarray(k->handovers, wanted, sizeof *more);

                if (!more)
                        return -ENOMEM;
                k->handovers = more;
                k->capacity = wanted;
        }
        k->handovers[k->n++] = *handover;
        return 0;
}

static bool leads(const struct verify_keys *k, const uint8_t *key, const uint8_t *next, unsigned deep) {
        for (size_t i = 0; i < k->n && deep < DEEP_MAX; i++) {
                const struct proof_handover *h = &k->handovers[i];

                if (memcmp(h->next, next, KEY) == 0 &&
                    (memcmp(h->key, key, KEY) == 0 || leads(k, key, h->key, deep + 1)))
                        return true;
        }
        return false;
}

bool verify_keys_lead(const struct verify_keys *k, const uint8_t *key, const uint8_t *next) {
        return leads(k, key, next, 0);
}

/* --- those that are wanted --- */

static bool named(const struct verify_keys *k, const uint8_t *key) {
        char hex[2 * KEY + 1];

        (void)sodium_bin2hex(hex, sizeof hex, key, KEY);
        return !k->wanted || strcasestr(k->wanted, hex) != NULL;
}

bool verify_keys_follow(const struct verify_keys *k, const uint8_t *key, const uint8_t *next) {
        return memcmp(key, next, KEY) == 0 || verify_keys_lead(k, key, next) ||
               (k->wanted && named(k, key) && named(k, next));
}

/* The key that was named, or one that it handed over to. */
static bool is_heir(const struct verify_keys *k, const uint8_t *key) {
        bool is = named(k, key);

        for (size_t i = 0; i < k->n && !is; i++)
                is = named(k, k->handovers[i].key) && verify_keys_lead(k, k->handovers[i].key, key);
        return is;
}

static bool is_forerunner(const struct verify_keys *k, const uint8_t *key) {
        bool is = false;

        for (size_t i = 0; i < k->n && !is; i++)
                is = named(k, k->handovers[i].next) && verify_keys_lead(k, key, k->handovers[i].next);
        return is;
}

/* --- those that are retired --- */

struct retirement {
        uint8_t journal_id[16], key[KEY]; /* `key` signs from `since` on: its forerunners do not */
        uint64_t since;
};

#define RETIREMENTS_MAX 256

static size_t retirements_find(const struct proof_checkpoint *items, size_t n, struct retirement *ret) {
        size_t found = 0;

        for (size_t i = 0; i < n && found < RETIREMENTS_MAX; i++) {
                const struct proof_checkpoint *p = &items[i];
                bool is = p->since == 0;

                for (size_t j = 0; j < found && !is; j++)
                        is = ret[j].since == p->since && memcmp(ret[j].key, p->key, KEY) == 0 &&
                             memcmp(ret[j].journal_id, p->journal_id, sizeof p->journal_id) == 0;
                if (is)
                        continue;
                ret[found].since = p->since;
                memcpy(ret[found].key, p->key, KEY);
                memcpy(ret[found].journal_id, p->journal_id, sizeof p->journal_id);
                found++;
        }
        return found;
}

static bool is_retired(const struct verify_keys *k, const struct retirement *r, size_t n,
                       const struct proof_checkpoint *p) {
        for (size_t i = 0; i < n; i++) {
                if (p->number >= r[i].since && memcmp(r[i].journal_id, p->journal_id, sizeof p->journal_id) == 0 &&
                    verify_keys_lead(k, p->key, r[i].key))
                        return true;
        }
        return false;
}

/* --- all of them --- */

size_t verify_keys_sift(const struct verify_keys *k, struct proof_checkpoint *items, size_t n, uint64_t *ret_unsigned,
                        uint64_t *ret_retired) {
        struct retirement retirements[RETIREMENTS_MAX];
        size_t kept = 0, n_retirements;
        uint8_t last[KEY] = { 0 };
        bool heirs = false, may = false;

        for (size_t i = 0; i < n && !heirs; i++)
                heirs = is_heir(k, items[i].key);
        for (size_t i = 0; i < n; i++) {
                if (i == 0 || memcmp(last, items[i].key, KEY) != 0)
                        may = is_heir(k, items[i].key) || (heirs && is_forerunner(k, items[i].key));
                memcpy(last, items[i].key, KEY);
                if (may)
                        items[kept++] = items[i];
                else
                        ++*ret_unsigned;
        }
        n = kept;
        n_retirements = retirements_find(items, n, retirements);
        kept = 0;
        for (size_t i = 0; i < n; i++) {
                if (is_retired(k, retirements, n_retirements, &items[i]))
                        ++*ret_retired;
                else
                        items[kept++] = items[i];
        }
        return kept;
}
