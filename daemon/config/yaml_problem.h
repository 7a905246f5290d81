#pragma once
/* What libyaml's parser refuses, told at its place. */
#include "base/diag.h"

#include <yaml.h>

/** Tells what stopped the parser. DIAG_E_USER, -ENOMEM. */
int yaml_problem_tell(const yaml_parser_t *p, struct ww_str file, struct ww_str text, struct diag *d);
