#pragma once
/*
 * Texts that the state remembers (devices, captured fields), each once, counted by its references. A text's number is
 * only good inside one process: it is never saved, and nothing is ordered by it.
 */
#include "base/error.h"
#include <wardwatch/str.h>

struct texts;

#define TEXTS_NONE 0 /* the empty text */

int texts_new(struct texts **ret);
struct texts *texts_free(struct texts *s);
/** A reference to `text`: its number; UINT32_MAX without memory. */
uint32_t texts_ref(struct texts *s, struct ww_str text);
void texts_hold(struct texts *s, uint32_t number);
void texts_drop(struct texts *s, uint32_t number);
struct ww_str texts_text(const struct texts *s, uint32_t number);
