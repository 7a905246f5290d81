/*
 * Signatures of messages, as they come. What the keys say is journaled with the message: WW_INPUT_SIGNED if its
 * signature is right, WW_INPUT_SKIPPED and the id PIPELINE_SPOOFED if it is not (kept as it came, never decoded),
 * neither if nobody looked. So the record says the same without the keys.
 */
#include "engine_internal.h"

#include "base/log.h"

#include <inttypes.h>
#include <sodium.h>

static void signature_tell(struct engine *e, struct keyring_device *device, struct ww_str topic, const char *what) {
        int64_t now = clock_boot();

        if (device->told && now - device->told < WW_MINUTE)
                return;
        device->told = now;
        engine_say(e, "spoofed-message", device->name, "%.*s: %s", WW_STR_ARG(topic), what);
}

uint32_t engine_signature_flags(struct engine *e, struct ww_str topic, struct ww_str payload) {
        struct keyring_device *device = e->keyring.n ? keyring_find(&e->keyring, topic) : NULL;
        struct signature s;

        if (!device)
                return 0;
        if (!signature_split(payload, &s)) {
                if (!device->unsigned_too)
                        signature_tell(e, device, topic, "it is not signed");
                return device->unsigned_too ? 0 : WW_INPUT_SKIPPED;
        }
        if (signature_right(device->key, topic, &s))
                return WW_INPUT_SIGNED;
        signature_tell(e, device, topic, "its signature is wrong");
        return WW_INPUT_SKIPPED;
}

/* --- topics that have another key than before --- */

#define META "signature.keys"

/* Those that have no key any more, too: theirs may come back, with recordings of it. */
#define FILTERS_REMEMBERED 8192

/* Of a key of 256 random bits: whoever reads the journal learns nothing that would help to find it. */
static uint64_t signature_print(const struct keyring_device *device) {
        static const char word[] = "wardwatch-signature-key";
        unsigned char print[crypto_generichash_BYTES_MIN];
        uint64_t ret;

        (void)crypto_generichash(print, sizeof print, (const unsigned char *)word, sizeof word - 1, device->key,
                                 sizeof device->key);
        memcpy(&ret, print, sizeof ret);
        return ret;
}

/* `known`: filter and print, one behind the other. */
static bool signature_known(struct ww_str known, struct ww_str filter, uint64_t print) {
        struct rd in = rd_init(known);

        while (rd_left(&in) && !in.failed) {
                struct ww_str one = rd_str(&in);
                uint64_t with = rd_u64(&in);

                if (!in.failed && ww_str_equal(one, filter))
                        return with == print;
        }
        return false;
}

static json_t *signature_changed(const struct keyring *k, struct ww_str known) {
        json_t *topics = json_array();

        for (size_t i = 0; topics && i < k->n; i++)
                for (size_t f = 0; f < k->devices[i].n_filters; f++) {
                        struct ww_str filter = k->devices[i].filters[f];

                        if (keyring_owner(k, filter) == &k->devices[i] &&
                            !signature_known(known, filter, signature_print(&k->devices[i])))
                                (void)json_array_append_new(topics, json_stringn(filter.p, filter.n));
                }
        return topics;
}

static void signature_put(const struct keyring *k, struct ww_str known, struct buf *out) {
        struct rd in = rd_init(known);
        size_t n = 0;

        for (size_t i = 0; i < k->n; i++)
                for (size_t f = 0; f < k->devices[i].n_filters; f++, n++) {
                        buf_put_str(out, k->devices[i].filters[f]);
                        buf_put_u64(out, signature_print(&k->devices[i]));
                }
        while (rd_left(&in) && !in.failed && n < FILTERS_REMEMBERED) {
                struct ww_str filter = rd_str(&in);
                uint64_t print = rd_u64(&in);

                if (in.failed || keyring_owner(k, filter))
                        continue;
                buf_put_str(out, filter);
                buf_put_u64(out, print);
                n++;
        }
}

/* The notice and what is remembered are one transaction. */
static int signature_say_changed(struct engine *e, json_t *topics, struct ww_str known) {
        const char *first = json_string_value(json_array_get(topics, 0));
        _cleanup_buf_ struct buf next = BUF_INIT;
        json_t *body = json_pack("{s:s, s:o, s:O}", "subject", "", "text",
                                 json_sprintf("%zu topics, the first is %s", json_array_size(topics), first), "topics",
                                 topics);
        _cleanup_free_ char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
        struct ww_input input = { .type = WW_INPUT_NOTICE, .topic = WW_STR("signature-key"), .payload = ww_str(text) };
        int r = text ? engine_append(e, &input) : -ENOMEM;

        json_decref(body);
        signature_put(&e->keyring, known, &next);
        if (!r)
                r = next.error ? next.error : journal_put_meta(e->journal, META, buf_str(&next));
        return r;
}

/* Before a message that is signed with it. Where the journal is full no message is taken either: at the next load. */
static void signature_compare(struct engine *e) {
        _cleanup_buf_ struct buf known = BUF_INIT;
        json_t *topics;
        int r = journal_get_meta(e->journal, META, &known);

        if (journal_fill(e->journal) >= ENGINE_FILL_BULK || (r && r != -ENOENT))
                return;
        topics = signature_changed(&e->keyring, buf_str(&known));
        r = !topics ? -ENOMEM : json_array_size(topics) ? signature_say_changed(e, topics, buf_str(&known)) : 0;
        json_decref(topics);
        if (r)
                engine_fatal("cannot take another key", r);
        engine_turn(e);
}

/* A file that cannot be taken must not stop alarms: what was in force stays, and that is told. */
void engine_signature_load(struct engine *e) {
        const char *file = e->config->mqtt.signatures;
        struct keyring next = { 0 };
        struct diag diag = DIAG_INIT;
        _cleanup_buf_ struct buf told = BUF_INIT;
        int r;

        if (!*file)
                return;
        r = sodium_init() < 0 ? -EIO : keyring_load(&next, file, &diag);
        diag_render(&diag, &told);
        diag_deinit(&diag);
        if (r) {
                engine_log_lines("signatures-refused", buf_str(&told));
                engine_say(e, "signatures-refused", NULL, "%s", r < 0 ? strerror(-r) : "`wardwatch check` says why");
                return;
        }
        keyring_deinit(&e->keyring);
        e->keyring = next;
        signature_compare(e);
        log_info("signatures", NULL, "keys of %zu devices are in force", next.n);
}
