/* The JSON reader: whatever the bytes, it ends, stays inside them, and what it took can be read. */
#include "decode/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Every node lies inside the document's copy of the payload, in order, and gives a value and a text. */
static void walk(const struct document *d, size_t n) {
        for (uint32_t i = 0; i < d->n; i++) {
                const struct document_node *x = &d->nodes[i];
                struct bytes_key key;
                struct ww_value value;

                if (x->p < d->text || x->p + x->n > d->text + n || x->next <= i || x->next > d->n)
                        abort();
                if (!document_text_valid(document_text(d, i)))
                        abort();
                document_value(d, i, &value);
                if (x->type == DOCUMENT_OBJECT && x->next > i + 1) {
                        key = bytes_key(document_string(d, i + 1));
                        if (document_member(d, i, &key) == DOCUMENT_NONE && *d->steps)
                                abort();
                }
                document_item(d, i, 1);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        struct arena arena = ARENA_INIT;
        uint32_t steps = DOCUMENT_STEPS_MAX;
        struct document d;
        char *copy = malloc(n ? n : 1);
        struct ww_str payload = { copy, n };
        double number;

        if (!copy)
                return 0;
        if (n)
                memcpy(copy, bytes, n);
        document_init(&d, &arena, &steps);
        if (format_table[format_find(WW_STR("json"))].read(&d, payload, &format_plain) == 0)
                walk(&d, payload.n);
        document_number(payload, &number);
        document_deinit(&d);
        arena_deinit(&arena);
        free(copy);
        return 0;
}
