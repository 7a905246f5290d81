#include "signature.h"
#include "config/topic_filter.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <uthash.h>
#include <wardwatch/time.h>

#define MARK       "\nww1 "
#define MARK_N     5
#define DIGITS     18
#define LINE_BYTES (MARK_N + DIGITS + 1 + DIGITS + 1 + 64)

/* Digits up to the blank behind them. */
static bool take_number(const char **p, const char *end, uint64_t *ret) {
        const char *from = *p;
        uint64_t value = 0;

        while (*p < end && **p >= '0' && **p <= '9' && *p - from <= DIGITS)
                value = value * 10 + (uint64_t)(*(*p)++ - '0');
        if (*p == from || *p - from > DIGITS || (*from == '0' && *p - from > 1) || *p == end || **p != ' ')
                return false;
        (*p)++;
        *ret = value;
        return true;
}

static int nibble(char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_mac(const char *p, unsigned char mac[static 32]) {
        for (size_t i = 0; i < 32; i++) {
                int high = nibble(p[2 * i]), low = nibble(p[2 * i + 1]);

                if (high < 0 || low < 0)
                        return false;
                mac[i] = (unsigned char)(high << 4 | low);
        }
        return true;
}

bool signature_split(struct ww_str payload, struct signature *ret) {
        size_t look = payload.n < LINE_BYTES ? payload.n : LINE_BYTES;
        const char *end = payload.p + payload.n,
                   *line = payload.n ? memrchr(payload.p + payload.n - look, '\n', look) : NULL, *p;

        if (!line || end - line < MARK_N || memcmp(line, MARK, MARK_N) != 0)
                return false;
        p = line + MARK_N;
        if (!take_number(&p, end, &ret->boot) || !take_number(&p, end, &ret->number) || end - p != 64 ||
            !take_mac(p, ret->mac))
                return false;
        ret->message = (struct ww_str){ payload.p, (size_t)(line - payload.p) };
        ret->text = (struct ww_str){ payload.p, (size_t)(p - 1 - payload.p) };
        return true;
}

bool signature_right(const unsigned char key[static SIGNATURE_KEY], struct ww_str topic, const struct signature *s) {
        crypto_auth_hmacsha256_state state;
        unsigned char mac[crypto_auth_hmacsha256_BYTES];

        (void)crypto_auth_hmacsha256_init(&state, key, SIGNATURE_KEY);
        (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)topic.p, topic.n);
        (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)"", 1);
        (void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)s->text.p, s->text.n);
        (void)crypto_auth_hmacsha256_final(&state, mac);
        return sodium_memcmp(mac, s->mac, sizeof mac) == 0;
}

/* --- numbers --- */

struct entry {
        UT_hash_handle hh;
        uint64_t boot, number;
        int64_t told;
        size_t n;
        char topic[];
};

struct signature_numbers {
        struct entry *by_topic; /* in the order in which they were heard first */
};

int signature_numbers_new(struct signature_numbers **ret) {
        *ret = calloc(1, sizeof **ret);
        return *ret ? 0 : -ENOMEM;
}

static void drop(struct signature_numbers *n, struct entry *e) {
        HASH_DEL(n->by_topic, e);
        free(e);
}

struct signature_numbers *signature_numbers_free(struct signature_numbers *n) {
        while (n && n->by_topic)
                drop(n, n->by_topic);
        free(n);
        return NULL;
}

static int put(struct signature_numbers *n, struct ww_str topic, struct entry **ret) {
        struct entry *e = calloc(1, sizeof *e + topic.n);

        if (!e)
                return -ENOMEM;
        e->n = topic.n;
        e->told = WW_TIME_NONE;
        if (topic.n)
                memcpy(e->topic, topic.p, topic.n);
        HASH_ADD_KEYPTR(hh, n->by_topic, e->topic, e->n, e);
        if (HASH_COUNT(n->by_topic) > SIGNATURE_TOPICS_MAX)
                drop(n, n->by_topic);
        *ret = e;
        return 0;
}

int signature_numbers_judge(struct signature_numbers *n, struct ww_str topic, const struct signature *s, int64_t now,
                            enum signature_verdict *ret, bool *ret_tell) {
        struct entry *e = NULL;
        int r;

        *ret_tell = false;
        HASH_FIND(hh, n->by_topic, topic.p, topic.n, e);
        if (e && (s->boot < e->boot || (s->boot == e->boot && s->number < e->number))) {
                *ret = SIGNATURE_OLD;
                *ret_tell = e->told == WW_TIME_NONE || now - e->told >= WW_MINUTE;
                if (*ret_tell)
                        e->told = now;
                return 0;
        }
        *ret = e && s->boot == e->boot && s->number == e->number ? SIGNATURE_AGAIN : SIGNATURE_NEW;
        r = e ? 0 : put(n, topic, &e);
        if (r)
                return r;
        e->boot = s->boot;
        e->number = s->number;
        return 0;
}

void signature_numbers_forget(struct signature_numbers *n, struct ww_str filter) {
        struct entry *e, *next;

        HASH_ITER(hh, n->by_topic, e, next) {
                if (topic_filter_overlap(filter, (struct ww_str){ e->topic, e->n }))
                        drop(n, e);
        }
}

int signature_numbers_save(const struct signature_numbers *n, struct buf *out) {
        buf_put_var(out, HASH_COUNT(n->by_topic));
        for (const struct entry *e = n->by_topic; e; e = e->hh.next) {
                buf_put_str(out, (struct ww_str){ e->topic, e->n });
                buf_put_var(out, e->boot);
                buf_put_var(out, e->number);
                buf_put_time(out, e->told);
        }
        return out->error;
}

int signature_numbers_load(struct signature_numbers *n, struct rd *in) {
        uint64_t count = rd_var(in);

        for (uint64_t i = 0; i < count && !in->failed; i++) {
                struct ww_str topic = rd_str(in);
                struct entry *e = NULL;
                int r;

                HASH_FIND(hh, n->by_topic, topic.p, topic.n, e);
                if (in->failed || e || i >= SIGNATURE_TOPICS_MAX)
                        return -EBADMSG;
                r = put(n, topic, &e);
                if (r)
                        return r;
                e->boot = rd_var(in);
                e->number = rd_var(in);
                e->told = rd_time(in);
        }
        return in->failed ? -EBADMSG : 0;
}
