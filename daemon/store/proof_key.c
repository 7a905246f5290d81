/*
 * A key file is text. Its first line is the key: 32 bytes in hex, from which both halves follow. If it took over from
 * another one, the lines behind it say so, oldest first:
 *
 *   wardwatch-key-1 SIGNATURE SIGNATURE {"key":"…","next":"…"}
 *
 * Both are Ed25519 in hex over "wardwatch-key-1 " and the text, by `key` and by `next`. So whoever holds the public
 * half of one of the keys can follow to the others: forwards, because the old one names the new one; and backwards,
 * because nobody makes himself the forerunner of a key that he does not have. From which checkpoint on a key is retired
 * says the one that follows it, in each of its own checkpoints (`since`, proof_checkpoint.c): whoever finds the old key
 * signs nothing new with it.
 */
#include "store/proof_key.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

bool proof_key_read(struct proof_key *key, const char *text) {
        uint8_t seed[crypto_sign_SEEDBYTES];
        size_t n;
        bool ok = sodium_hex2bin(seed, sizeof seed, text, strcspn(text, "\r\n"), NULL, &n, NULL) == 0 &&
                  n == sizeof seed;

        if (ok)
                (void)crypto_sign_seed_keypair(key->public, key->secret, seed);
        sodium_memzero(seed, sizeof seed);
        return ok;
}

void proof_put_hex(struct buf *out, const uint8_t *p, size_t n) {
        for (size_t i = 0; i < n; i++)
                buf_printf(out, "%02x", p[i]);
}

static void put_text(const struct proof_handover *h, struct buf *out) {
        buf_puts(out, "{\"key\":\"");
        proof_put_hex(out, h->key, sizeof h->key);
        buf_puts(out, "\",\"next\":\"");
        proof_put_hex(out, h->next, sizeof h->next);
        buf_puts(out, "\"}");
}

static int signed_text(const struct proof_handover *h, struct buf *text) {
        buf_puts(text, PROOF_HANDOVER_WORD);
        put_text(h, text);
        return text->error;
}

void proof_handover_write(const struct proof_key *key, const struct proof_key *next, struct buf *out) {
        const struct proof_key *const both[] = { key, next };
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct proof_handover h = { 0 };

        memcpy(h.key, key->public, sizeof h.key);
        memcpy(h.next, next->public, sizeof h.next);
        if (signed_text(&h, &text)) {
                out->error = text.error;
                return;
        }
        for (size_t i = 0; i < 2; i++)
                (void)crypto_sign_detached(h.signatures[i], NULL, text.p, text.n, both[i]->secret);
        proof_handover_line(&h, out);
}

void proof_handover_line(const struct proof_handover *h, struct buf *out) {
        buf_puts(out, PROOF_HANDOVER_WORD);
        for (size_t i = 0; i < 2; i++) {
                proof_put_hex(out, h->signatures[i], sizeof h->signatures[i]);
                buf_puts(out, " ");
        }
        put_text(h, out);
        buf_puts(out, "\n");
}

/* --- reading --- */

static bool hex_take(json_t *o, const char *name, uint8_t ret[crypto_sign_PUBLICKEYBYTES]) {
        const char *text = json_string_value(json_object_get(o, name));
        size_t n;

        return text && sodium_hex2bin(ret, crypto_sign_PUBLICKEYBYTES, text, strlen(text), NULL, &n, NULL) == 0 &&
               n == crypto_sign_PUBLICKEYBYTES;
}

static bool signatures_take(struct ww_str *line, struct proof_handover *h) {
        const size_t hex = 2 * crypto_sign_BYTES;

        for (size_t i = 0; i < 2; i++) {
                size_t n;

                if (line->n < hex + 1 || line->p[hex] != ' ' ||
                    sodium_hex2bin(h->signatures[i], crypto_sign_BYTES, line->p, hex, NULL, &n, NULL) != 0 ||
                    n != crypto_sign_BYTES)
                        return false;
                *line = (struct ww_str){ line->p + hex + 1, line->n - hex - 1 };
        }
        return true;
}

static bool text_take(struct ww_str text, struct proof_handover *h) {
        json_t *o = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
        bool ok = o && hex_take(o, "key", h->key) && hex_take(o, "next", h->next);

        json_decref(o);
        return ok;
}

int proof_handover_read(struct ww_str line, struct proof_handover *ret) {
        const size_t word = strlen(PROOF_HANDOVER_WORD);
        _cleanup_buf_ struct buf text = BUF_INIT;
        struct proof_handover h = { 0 };

        if (line.n < word || memcmp(line.p, PROOF_HANDOVER_WORD, word) != 0)
                return PROOF_E_OTHER;
        line = (struct ww_str){ line.p + word, line.n - word };
        if (!signatures_take(&line, &h) || !text_take(line, &h))
                return PROOF_E_SIGNATURE;
        if (signed_text(&h, &text))
                return text.error;
        if (crypto_sign_verify_detached(h.signatures[0], text.p, text.n, h.key) != 0 ||
            crypto_sign_verify_detached(h.signatures[1], text.p, text.n, h.next) != 0)
                return PROOF_E_SIGNATURE;
        *ret = h;
        return 0;
}
