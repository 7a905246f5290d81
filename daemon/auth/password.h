#pragma once
/* Which passwords are taken. */
#include <stdbool.h>
#include <stddef.h>

#define PASSWORD_LEAST 15 /* characters, not bytes */

/** Long enough, not common, not made of the name or of one pattern? Says why not, for people. */
bool password_good(const char *name, const char *password, char *why, size_t why_size);
