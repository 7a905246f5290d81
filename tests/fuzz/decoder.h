#pragma once
/* What the fuzz targets of the built-in decoders share: a document, and what must hold of every one. */
#include "decode/decoders.h"

#include <stdio.h>

static inline void require(bool holds) {
        if (!holds)
                abort();
}

static inline void check_node(const struct document *d, uint32_t i) {
        const struct document_node *x = &d->nodes[i];
        double number;

        require(x->next > i && x->next <= d->n);
        if (x->type == DOCUMENT_STRING)
                require(document_text_valid(document_string(d, i)));
        if (x->type == DOCUMENT_NUMBER)
                require(document_number((struct ww_str){ x->p, x->n }, &number));
        if (x->type == DOCUMENT_ARRAY)
                for (uint32_t k = i + 1; k < x->next; k = d->nodes[k].next)
                        check_node(d, k);
        if (x->type != DOCUMENT_OBJECT)
                return;
        for (uint32_t k = i + 1; k < x->next; k = d->nodes[k + 1].next) {
                require(d->nodes[k].type == DOCUMENT_STRING && d->nodes[k].next == k + 1 && k + 1 < x->next);
                require(document_text_valid(document_string(d, k)));
                check_node(d, k + 1);
        }
}

/* One message; the document is whole, or says why there is none. */
static inline int read_once(struct decoders *states, const struct decoder *decoder, const struct decoder_message *m,
                            decoders_publish publish) {
        _cleanup_arena_ struct arena arena = ARENA_INIT;
        uint32_t steps = DOCUMENT_STEPS_MAX;
        struct document document;
        int r;

        document_init(&document, &arena, &steps);
        r = decoders_read(states, decoder, m, &document, publish, NULL);
        require(r == 0 || r == -EBADMSG);
        if (r)
                require(document.error && document.error_at <= m->payload.n);
        else
                require(document.n > 0 && document.nodes[0].next == document.n);
        if (!r)
                check_node(&document, 0);
        document_deinit(&document);
        return r;
}
