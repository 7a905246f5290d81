#include "allowance.h"

#include <wardwatch/time.h>

static struct allowance_user *find(struct allowance *a, uint64_t who) {
        for (size_t i = 0; i < a->n; i++) {
                if (a->users[i].who == who)
                        return &a->users[i];
        }
        return NULL;
}

static struct allowance_user *add(struct allowance *a) {
        struct allowance_user *fullest = a->users;

        if (a->n < ALLOWANCE_USERS)
                return &a->users[a->n++];
        for (size_t i = 1; i < a->n; i++) {
                if (a->users[i].left > fullest->left)
                        fullest = &a->users[i];
        }
        return fullest;
}

/* As it is now. */
static struct allowance_user *look(struct allowance *a, uint64_t who, struct allowance_rate rate, int64_t now) {
        struct allowance_user *u = find(a, who);

        if (!u) {
                u = add(a);
                *u = (struct allowance_user){ who, rate.burst, now };
        }
        u->left += rate.second * (double)(now - u->at) / WW_SECOND;
        if (u->left > rate.burst)
                u->left = rate.burst;
        u->at = now;
        return u;
}

bool allowance_has(struct allowance *a, uint64_t who, size_t n, struct allowance_rate rate, int64_t now) {
        return look(a, who, rate, now)->left >= (double)n;
}

bool allowance_take(struct allowance *a, uint64_t who, size_t n, struct allowance_rate rate, int64_t now) {
        struct allowance_user *u = look(a, who, rate, now);

        if (u->left < (double)n)
                return false;
        u->left -= (double)n;
        return true;
}

void allowance_charge(struct allowance *a, uint64_t who, size_t n) {
        struct allowance_user *u = find(a, who);

        if (u)
                u->left -= (double)n;
}
