#pragma once
/*
 * Messages as they may leave the journal. A bridge publishes PINs; the journal has to keep them, because a replay
 * decodes what was sent, but nobody else gets to see them. What decode says must not leave is a WW_OUTPUT_REDACTION
 * beside the input: spans of the payload, which are overwritten here. The payload keeps its length and, if it was
 * JSON, stays JSON.
 */
#include "journal/journal.h"

/** Overwrites `payload` (n bytes) where `redaction` says; a span that reaches beyond it is cut. */
void redact_payload(char *payload, size_t n, const struct ww_redaction *redaction);

/** Record `i` of the batch as it may leave: *ret is it, or, if it is an input of which something must not, another
 *  record of the same input, in `out` (emptied first; as long as the item is used). `arena`: scratch, reset by the
 *  caller. A record that cannot be read is itself. 0, -ENOMEM. */
int redact_item(const struct journal_batch *batch, size_t i, struct arena *arena, struct buf *out,
                struct journal_item *ret);
