#pragma once
/* What is checked on the raw bytes of a YAML text before libyaml sees it. */
#include "base/diag.h"

/** Size, UTF-8, control characters, depth of brackets. 0 or DIAG_E_USER. */
int yaml_guard_check(struct ww_str file, struct ww_str text, struct diag *d);
