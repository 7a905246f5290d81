#pragma once
/* Sizes as text: bytes as a bare number, or with KiB, MiB, GiB, TiB. */
#include <wardwatch/str.h>

/** 0, or -EINVAL. */
int size_parse(struct ww_str text, int64_t *ret_bytes);
/** "1GiB", "4096": the largest unit that divides it. */
void size_format(int64_t bytes, char out[static 32]);
