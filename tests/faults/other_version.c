/*
 * The daemon as another version of it: it says so, it does not know what a message is whose topic holds
 * "/told-otherwise", and it refuses rules that hold the words "refused by the other version". Linked with --wrap, so
 * that everything else is the very code that ships.
 */
#include "decode/decode.h"
#include "ruleset.h"
#include "version.h"

int __real_decode_message(struct decode *d, const struct decode_message *message, struct decode_report *ret_report);
int __wrap_decode_message(struct decode *d, const struct decode_message *message, struct decode_report *ret_report);
int __real_ruleset_decode(struct ruleset **ret, struct ww_str payload, struct diag *d);
int __wrap_ruleset_decode(struct ruleset **ret, struct ww_str payload, struct diag *d);
const char *__wrap_version_running(void);

static bool holds(struct ww_str text, const char *word) {
        return memmem(text.p, text.n, word, strlen(word));
}

int __wrap_decode_message(struct decode *d, const struct decode_message *message, struct decode_report *ret_report) {
        if (holds(message->topic, "/told-otherwise")) {
                *ret_report = (struct decode_report){ 0 };
                return DECODE_E_NO_TYPE;
        }
        return __real_decode_message(d, message, ret_report);
}

int __wrap_ruleset_decode(struct ruleset **ret, struct ww_str payload, struct diag *d) {
        return holds(payload, "refused by the other version") ? DIAG_E_USER : __real_ruleset_decode(ret, payload, d);
}

const char *__wrap_version_running(void) {
        return "0.0.9-other";
}
