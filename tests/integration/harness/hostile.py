"""Values that are made to break whoever reads them, as JSON has them, wherever one can stand."""

DEEP = 20000


def nested(depth, inner="1"):
    return '{"a":' * depth + inner + "}" * depth


VALUES = {
    "deep": nested(DEEP), "deep lists": "[" * DEEP + "]" * DEEP, "as deep as is read": nested(2040),
    "huge number": "9" * 10000, "beyond a double": "1e999", "next to zero": "1e-99999", "many decimals": "0." + "1" * 30000,
    "not a number": "NaN", "infinity": "-Infinity", "hexadecimal": "0x10",
    "NUL": '"\\u0000"', "half a pair": '"\\ud800"', "the other half": '"\\udc00x"', "noncharacter": '"\\uffff\\ufdd0"',
    "not UTF-8": '"\udcff"', "overlong": '"\udcc0\udc80"', "surrogate as bytes": '"\udced\udca0\udc80"',
    "controls": '"\\u0001\\u001b[2J\\u007f\\u0085"', "right to left": '"\\u202e\\u2066"', "long": '"' + "x" * 200000 + '"',
    "longer than a line": '"' + "x" * 300000 + '"', "many keys": "{" + ",".join(f'"k{n}":0' for n in range(20000)) + "}",
    "twice": '{"a":1,"a":2}', "empty key": '{"":{"":[]}}', "no end": '"', "two": "1} {", "null": "null",
}
