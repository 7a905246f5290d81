/*
 * A checkpoint is one line:
 *
 *   wardwatch-checkpoint-1 SIGNATURE {"checkpoint":12,"journal":"…","segment":340,"seq":5120,"hash":"…",
 *                                     "time":1767225600000000,"set_back":0,"previous":"…","key":"…"}
 *
 * A key that took over from another one (proof_key.c) adds `since`, the number of the first checkpoint that it signed.
 *
 * SIGNATURE is Ed25519 in hex, by the key that the text names, over "wardwatch-checkpoint-1 " and the text, as its
 * bytes stand there. `previous` is BLAKE2b-256 of the text of the checkpoint before, so one that was taken out of the
 * file shows; time is in µs since 1970.
 *
 * Whoever owns the database can make the whole chain anew, so that it fits. It then has other hashes than those that
 * were signed; and without the key no others can be signed.
 *
 * A database that is restored from a backup has lost the end of the chain, and the journal fills it again, in other
 * segments: the checkpoints of what was lost no longer fit. The store sees that the file is further than the database,
 * and says so in the next checkpoint (`set_back`): those between are not held against the chain, what came before still
 * is.
 */
#include "store/proof_checkpoint.h"

#include <inttypes.h>
#include <jansson.h>

#define WORD "wardwatch-checkpoint-1 "

static void put_body(const struct proof_checkpoint *c, struct buf *out) {
        buf_printf(out, "{\"checkpoint\":%" PRIu64 ",\"journal\":\"", c->number);
        proof_put_hex(out, c->journal_id, sizeof c->journal_id);
        buf_printf(out, "\",\"segment\":%" PRIu64 ",\"seq\":%" PRIu64 ",\"hash\":\"", c->segment, c->seq);
        proof_put_hex(out, c->hash, sizeof c->hash);
        buf_printf(out, "\",\"time\":%" PRId64 ",\"set_back\":%" PRIu64 ",\"previous\":\"", c->time, c->set_back);
        proof_put_hex(out, c->previous, sizeof c->previous);
        buf_puts(out, "\",\"key\":\"");
        proof_put_hex(out, c->key, sizeof c->key);
        buf_puts(out, "\"");
        if (c->since)
                buf_printf(out, ",\"since\":%" PRIu64, c->since);
        buf_puts(out, "}");
}

void proof_checkpoint_write(struct proof_checkpoint *c, const struct proof_key *key, struct buf *out) {
        _cleanup_buf_ struct buf text = BUF_INIT;
        const size_t word = strlen(WORD);

        memcpy(c->key, key->public, sizeof c->key);
        buf_puts(&text, WORD);
        put_body(c, &text);
        if (text.error) {
                out->error = text.error;
                return;
        }
        (void)crypto_sign_detached(c->signature, NULL, text.p, text.n, key->secret);
        (void)crypto_generichash_blake2b(c->digest, PROOF_HASH, text.p + word, text.n - word, NULL, 0);
        proof_checkpoint_line(c, out);
}

void proof_checkpoint_line(const struct proof_checkpoint *c, struct buf *out) {
        buf_puts(out, WORD);
        proof_put_hex(out, c->signature, sizeof c->signature);
        buf_puts(out, " ");
        put_body(c, out);
        buf_puts(out, "\n");
}

/* --- reading --- */

static bool hex_take(json_t *o, const char *name, uint8_t *ret, size_t size) {
        const char *text = json_string_value(json_object_get(o, name));
        size_t n;

        return text && sodium_hex2bin(ret, size, text, strlen(text), NULL, &n, NULL) == 0 && n == size;
}

static bool number_take(json_t *o, const char *name, uint64_t *ret) {
        json_t *v = json_object_get(o, name);

        *ret = (uint64_t)json_integer_value(v);
        return json_is_integer(v) && json_integer_value(v) >= 0;
}

static bool body_take(json_t *o, struct proof_checkpoint *c) {
        uint64_t time = 0;
        bool ok = number_take(o, "checkpoint", &c->number) && number_take(o, "segment", &c->segment) &&
                  number_take(o, "seq", &c->seq) && number_take(o, "time", &time) &&
                  number_take(o, "set_back", &c->set_back) && hex_take(o, "journal", c->journal_id, 16) &&
                  hex_take(o, "hash", c->hash, PROOF_HASH) && hex_take(o, "previous", c->previous, PROOF_HASH) &&
                  hex_take(o, "key", c->key, sizeof c->key) &&
                  (!json_object_get(o, "since") || number_take(o, "since", &c->since));

        c->time = (int64_t)time;
        return ok;
}

static bool signed_by(const struct proof_checkpoint *c, struct ww_str body, int *ret_error) {
        _cleanup_buf_ struct buf text = BUF_INIT;

        buf_puts(&text, WORD);
        buf_put(&text, body.p, body.n);
        *ret_error = text.error;
        return !text.error && crypto_sign_verify_detached(c->signature, text.p, text.n, c->key) == 0;
}

int proof_checkpoint_read(struct ww_str line, struct proof_checkpoint *ret) {
        const size_t word = strlen(WORD), hex = 2 * crypto_sign_BYTES;
        struct proof_checkpoint c = { 0 };
        struct ww_str body;
        json_t *o;
        size_t n;
        bool ok;
        int e = 0;

        if (line.n < word || memcmp(line.p, WORD, word) != 0)
                return PROOF_E_OTHER;
        if (line.n < word + hex + 1 ||
            sodium_hex2bin(c.signature, sizeof c.signature, line.p + word, hex, NULL, &n, NULL) != 0 ||
            n != sizeof c.signature)
                return PROOF_E_SIGNATURE;
        body = (struct ww_str){ line.p + word + hex + 1, line.n - word - hex - 1 };
        o = json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, NULL);
        ok = o && body_take(o, &c);
        json_decref(o);
        if (!ok || !signed_by(&c, body, &e))
                return e ? e : PROOF_E_SIGNATURE;
        (void)crypto_generichash_blake2b(c.digest, PROOF_HASH, (const uint8_t *)body.p, body.n, NULL, 0);
        *ret = c;
        return 0;
}
