#!/usr/bin/python3
"""A file as a C array: embed.py FILE NAME OUTPUT."""

import pathlib
import sys

source, name, output = sys.argv[1:]
data = pathlib.Path(source).read_bytes()
rows = "".join("        " + ", ".join(f"{b:#04x}" for b in data[i:i + 16]) + ",\n" for i in range(0, len(data), 16))
pathlib.Path(output).write_text(f'#include "console/openapi.h"\n\nconst unsigned char {name}[] = {{\n{rows}        0,\n}};\n'
                                f"const size_t {name}_n = {len(data)};\n")
