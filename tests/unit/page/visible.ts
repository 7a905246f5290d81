import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, visible } from "page/core/visible";

test("what turns the direction of writing, and controls, are shown by their numbers", () => {
    assert.equal(visible("a\u202eb\u0000c\u2066"), "a⟨U+202E⟩b⟨U+0000⟩c⟨U+2066⟩");
    assert.equal(visible("line\n\ttab 中文 é <b>"), "line\n\ttab 中文 é <b>");
});

test("JSON is read alike, whether it says them as they are or by number", () => {
    for (const json of ['{"t":["x\u202ey"]}', '{"t":["x\\u202ey"]}'])
        assert.deepEqual(parse(json), { t: ["x⟨U+202E⟩y"] });
    assert.deepEqual(parse('{"t":"a\\r\\nb","n":1,"z":null}'), { t: "a\nb", n: 1, z: null });
    assert.deepEqual(parse('{"t":"a\\u007fb\\u001b"}'), { t: "a⟨U+007F⟩b⟨U+001B⟩" });
});
