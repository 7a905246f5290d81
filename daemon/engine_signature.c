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
        log_info("signatures", NULL, "keys of %zu devices are in force", next.n);
}
