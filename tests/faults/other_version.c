/*
 * The daemon as another version of it: it says so, and it does not know what a message is whose topic holds
 * "/told-otherwise". Linked with --wrap, so that everything else is the very code that ships.
 */
#include "decode/decode.h"
#include "version.h"

int __real_decode_message(struct decode *d, const struct decode_message *message, struct decode_report *ret_report);
int __wrap_decode_message(struct decode *d, const struct decode_message *message, struct decode_report *ret_report);
const char *__wrap_version_running(void);

int __wrap_decode_message(struct decode *d, const struct decode_message *message, struct decode_report *ret_report) {
        if (memmem(message->topic.p, message->topic.n, "/told-otherwise", strlen("/told-otherwise"))) {
                *ret_report = (struct decode_report){ 0 };
                return DECODE_E_NO_TYPE;
        }
        return __real_decode_message(d, message, ret_report);
}

const char *__wrap_version_running(void) {
        return "0.0.9-other";
}
