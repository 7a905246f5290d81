#pragma once
/*
 * JSON in one canonical form, the same for what was sent to a jsonb column and for what PostgreSQL gives back. See
 * proof_json.c.
 */
#include "base/buf.h"

struct proof_json {
        struct buf members; /* of the objects that are open: where each begins */
        struct buf sorted;  /* room for putting an object's members in order */
};

void proof_json_deinit(struct proof_json *j);

/** Appends the canonical form of `text`, which must be valid JSON in UTF-8. Text that is not (PostgreSQL refuses it, so
 *  it never becomes a row) is appended as it is, behind a '!'. Without memory `out` latches its error. */
void proof_json_put(struct proof_json *j, struct ww_str text, struct buf *out);
