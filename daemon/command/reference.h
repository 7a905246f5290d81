#pragma once
/* The reference of the language, in Markdown, from the tables of the rooms that read it. */
#include "base/buf.h"

void reference_put(struct buf *out);
