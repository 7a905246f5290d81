/*
 * A sequence of Sparkplug messages of two nodes and two devices: of each a byte that says whose and which, two bytes of
 * length, the payload. The state is saved and loaded between any two of them: a state that was loaded must go on as the
 * one that was saved does, and what is saved must be loadable. A journal's snapshot is bytes from outside, too: the
 * input itself is offered as one.
 */
#include "decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char *const topics[] = {
        "spBv1.0/g/NBIRTH/a",   "spBv1.0/g/DBIRTH/a/x", "spBv1.0/g/NDATA/a",   "spBv1.0/g/DDATA/a/x",
        "spBv1.0/g/NDEATH/a",   "spBv1.0/g/DDEATH/a/x", "spBv1.0/g/NBIRTH/b",  "spBv1.0/g/DDATA/b/y",
        "spBv1.0/g/DBIRTH/a/y", "spBv1.0/g/STATE/a",    "spBv1.0/g/DDATA/a/y", "spBv1.0/g/NDEATH/b",
};

static int take_publish(void *userdata, struct ww_str topic, struct ww_str payload) {
        require(topic.n && payload.n && document_text_valid(topic));
        return 0;
}

static struct decoders *reloaded(struct decoders *states) {
        _cleanup_buf_ struct buf saved = BUF_INIT, again = BUF_INIT;
        struct decoders *loaded;
        struct rd in;

        require(decoders_save(states, &saved) == 0);
        decoders_free(states);
        require(decoders_new(&loaded) == 0);
        in = rd_init(buf_str(&saved));
        require(decoders_load(loaded, &in) == 0 && rd_left(&in) == 0);
        require(decoders_save(loaded, &again) == 0 && ww_str_equal(buf_str(&saved), buf_str(&again)));
        return loaded;
}

static void offer_as_snapshot(const uint8_t *bytes, size_t n) {
        struct rd in = rd_init((struct ww_str){ (const char *)bytes, n });
        struct decoders *states;

        require(decoders_new(&states) == 0);
        if (decoders_load(states, &in) == 0)
                states = reloaded(states);
        decoders_free(states);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        struct decoder_message m = { .time = WW_DAY };
        struct decoders *states;

        offer_as_snapshot(bytes, n);
        require(decoders_new(&states) == 0);
        for (size_t at = 0; n - at >= 3;) {
                size_t length = (size_t)bytes[at + 1] << 8 | bytes[at + 2];

                m.topic = ww_str(topics[(bytes[at] & 0x3F) % (sizeof topics / sizeof *topics)]);
                m.retained = bytes[at] & 0x40;
                m.time += bytes[at] & 0x80 ? WW_MINUTE : WW_SECOND;
                at += 3;
                length = length < n - at ? length : n - at;
                m.payload = (struct ww_str){ length ? (const char *)bytes + at : "", length };
                at += length;
                (void)read_once(states, &decoder_sparkplug, &m, take_publish);
                states = reloaded(states);
        }
        decoders_free(states);
        return 0;
}
