/*
 * The states of the decoders, one each, made with the struct decode that they belong to. In a snapshot each stands
 * behind its name: the order of the table may change, and a decoder that is gone makes the snapshot unusable, which the
 * start knows how to meet (it rebuilds from the journal).
 */
#include "decode/decoders.h"
#include "base/error.h"

struct decoders_row {
        const char *name;
        const struct decoder *decoder;
};

#define ROW(symbol, name, help) { name, &decoder_##symbol },
static const struct decoders_row rows[] = { DECODERS(ROW) };
#undef ROW
#define N_ROWS (sizeof rows / sizeof *rows)

struct decoders {
        void *states[N_ROWS];
};

int decoders_new(struct decoders **ret) {
        struct decoders *d = calloc(1, sizeof *d);
        int r = d ? 0 : -ENOMEM;

        for (size_t i = 0; !r && i < N_ROWS; i++)
                if (rows[i].decoder->new_state)
                        r = rows[i].decoder->new_state(&d->states[i]);
        if (r) {
                decoders_free(d);
                return r;
        }
        *ret = d;
        return 0;
}

struct decoders *decoders_free(struct decoders *d) {
        for (size_t i = 0; d && i < N_ROWS; i++)
                if (d->states[i])
                        rows[i].decoder->free_state(d->states[i]);
        free(d);
        return NULL;
}

static size_t row_of(const struct decoder *decoder) {
        size_t i = 0;

        while (rows[i].decoder != decoder)
                i++;
        return i;
}

int decoders_read(struct decoders *d, const struct decoder *decoder, const struct decoder_message *message,
                  struct document *doc, decoders_publish publish, void *userdata) {
        struct decoder_out *out;
        int r;

        document_reset(doc);
        if (message->payload.n > DECODER_PAYLOAD_MAX) {
                doc->error = "larger than 256 KiB";
                return -EBADMSG;
        }
        out = decoder_out_new(doc, publish, userdata);
        if (!out)
                return -ENOMEM;
        r = decoder->read(d->states[row_of(decoder)], message, out);
        return decoder_out_finish(out, r);
}

static size_t states_count(const struct decoders *d) {
        size_t n = 0;

        for (size_t i = 0; i < N_ROWS; i++)
                n += d->states[i] != NULL;
        return n;
}

int decoders_save(const struct decoders *d, struct buf *out) {
        buf_put_var(out, states_count(d));
        for (size_t i = 0; i < N_ROWS; i++) {
                if (!d->states[i])
                        continue;
                buf_put_str(out, ww_str(rows[i].name));
                rows[i].decoder->save(d->states[i], out);
        }
        return out->error;
}

/* Each must be named once: a state that is loaded twice, or not at all, is not what was saved. */
int decoders_load(struct decoders *d, struct rd *in) {
        bool seen[N_ROWS] = { false };

        if (rd_var(in) != states_count(d))
                return -EBADMSG;
        for (size_t left = states_count(d); left; left--) {
                struct ww_str name = rd_str(in);
                size_t i = 0;
                int r;

                while (i < N_ROWS && !ww_str_is(name, rows[i].name))
                        i++;
                if (in->failed || i == N_ROWS || !d->states[i] || seen[i])
                        return -EBADMSG;
                seen[i] = true;
                r = rows[i].decoder->load(d->states[i], in);
                if (r || in->failed)
                        return r ? r : -EBADMSG;
        }
        return 0;
}

uint64_t decoders_forgotten(const struct decoders *d) {
        uint64_t n = 0;

        for (size_t i = 0; i < N_ROWS; i++)
                n += d->states[i] ? rows[i].decoder->forgotten(d->states[i]) : 0;
        return n;
}
