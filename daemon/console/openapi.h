#pragma once
/* openapi.yaml, byte for byte; made at build time (embed.py). */
#include <stddef.h>

extern const unsigned char openapi_yaml[];
extern const size_t openapi_yaml_n;
