/* A line of an alarm receiver through both decoders of panels; where one can read it, a second time gives the same. */
#include "decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        static const struct decoder *const both[] = { &decoder_sia_dc09, &decoder_contact_id };
        static struct decoders *states;
        const struct decoder_message m = { .topic = WW_STR("receiver/1/raw"),
                                           .payload = { n ? (const char *)bytes : "", n } };

        if (!states)
                require(decoders_new(&states) == 0);
        for (size_t i = 0; i < 2; i++) {
                int r = read_once(states, both[i], &m, NULL);

                require(read_once(states, both[i], &m, NULL) == r);
        }
        return 0;
}
