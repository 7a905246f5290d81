#include "journal/redact.h"
#include "base/arena.h"

static void overwrite(char *p, size_t n, enum ww_redact_form form) {
        memset(p, form == WW_REDACT_NUMBER ? '0' : '*', n);
        if (form == WW_REDACT_TEXT && n >= 2)
                p[0] = p[n - 1] = '"';
}

void redact_payload(char *payload, size_t n, const struct ww_redaction *redaction) {
        for (size_t i = 0; i < redaction->n; i++) {
                const struct ww_redact_span *span = &redaction->spans[i];

                if (span->at < n)
                        overwrite(payload + span->at, span->n < n - span->at ? span->n : n - span->at, span->form);
        }
}

/* The input's redaction stands among its outputs. */
static int find_redaction(const struct journal_batch *batch, size_t i, struct arena *arena, struct ww_output *ret) {
        uint64_t seq = batch->items[i].seq;

        ret->type = 0;
        for (size_t k = i + 1; k < batch->n && batch->items[k].seq == seq; k++) {
                const struct journal_item *item = &batch->items[k];
                int r;

                if (!item->output || item->record.n < WW_RECORD_HEAD ||
                    (uint8_t)item->record.p[2] != WW_OUTPUT_REDACTION)
                        continue;
                r = ww_output_decode(item->record, seq, item->n, arena, ret);
                if (r < 0)
                        return r;
                if (r == 0)
                        return 0;
                /* what must not leave is not known any more: nothing does */
                *ret = (struct ww_output){ .type = WW_OUTPUT_REDACTION };
                return RECORD_E_MALFORMED;
        }
        return 0;
}

int redact_item(const struct journal_batch *batch, size_t i, struct arena *arena, struct buf *out,
                struct journal_item *ret) {
        const struct ww_redact_span whole = { 0, UINT32_MAX, WW_REDACT_TEXT };
        struct ww_output output;
        struct ww_input input;
        struct ww_str payload;
        int r;

        *ret = batch->items[i];
        if (ret->output)
                return 0;
        r = find_redaction(batch, i, arena, &output);
        if (r < 0 || output.type != WW_OUTPUT_REDACTION)
                return r < 0 ? r : 0;
        if (r > 0)
                output.redaction = (struct ww_redaction){ &whole, 1 };
        if (ww_input_decode(ret->record, ret->seq, &input))
                return 0;
        payload = arena_copy(arena, input.payload);
        if (!payload.p)
                return -ENOMEM;
        redact_payload((char *)(uintptr_t)payload.p, payload.n, &output.redaction);
        input.payload = payload;
        buf_reset(out);
        r = ww_input_encode(&input, out);
        ret->record = buf_str(out);
        return r;
}
