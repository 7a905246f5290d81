#pragma once
/* Shared by retention.c (the store's own) and retention_command.c (a person's). */
#include "store/retention.h"

size_t retention_classes(void);
const char *retention_class_name(size_t i);
/** Tells the database how long class `i` is kept. 0, WIRE_E_*. */
int retention_set_class(struct wire *w, const struct config *config, size_t i);
