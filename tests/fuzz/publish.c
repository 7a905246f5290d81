/*
 * The first byte of a packet, then its body: whatever is taken for a PUBLISH has topic and payload inside the body, the
 * payload at its end, and a number exactly if it wants an acknowledgement.
 */
#include "ingress/ingress_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void require(bool holds) {
        if (!holds)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        struct ingress_message m;
        struct ww_str body;

        if (n == 0)
                return 0;
        body = (struct ww_str){ (const char *)bytes + 1, n - 1 };
        if (!direct_publish(bytes[0], body, &m))
                return 0;
        require(bytes[0] >> 4 == 3);
        require(m.topic.n > 0 && m.topic.p == body.p + 2 && m.topic.p + m.topic.n < m.payload.p);
        require(m.payload.p + m.payload.n == body.p + body.n);
        require((m.mid > 0) == ((bytes[0] & 6) != 0));
        return 0;
}
