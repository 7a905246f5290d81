/*
 * The daemon with a planted crash: decoding a message whose topic holds "/crash-me" ends the process. Linked with
 * --wrap=decode_message, so that everything else is the very code that ships.
 */
#include "decode/decode.h"

int __real_decode_message(struct decode *d, const struct decode_message *message, struct decode_report *ret_report);
int __wrap_decode_message(struct decode *d, const struct decode_message *message, struct decode_report *ret_report);

int __wrap_decode_message(struct decode *d, const struct decode_message *message, struct decode_report *ret_report) {
        if (memmem(message->topic.p, message->topic.n, "/crash-me", strlen("/crash-me")))
                abort();
        return __real_decode_message(d, message, ret_report);
}
