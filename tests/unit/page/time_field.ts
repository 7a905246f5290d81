/* A point in time as it is typed: what is understood, what is refused, and that a link keeps its day. */
import "./globals";
import assert from "node:assert/strict";
import { test } from "node:test";
import { instantOf, parseTime, wholeTime } from "page/parts/time_field";

const at = (...parts: [number, number, number, number?, number?, number?]) => new Date(...parts).getTime();

test("dates and times, whole or in part", () => {
    assert.equal(parseTime("2026-01-31 08:05"), at(2026, 0, 31, 8, 5));
    assert.equal(parseTime(" 2026-1-3T8:05:09 "), at(2026, 0, 3, 8, 5, 9));
    assert.equal(parseTime("2026-01-31"), at(2026, 0, 31));
    assert.equal(parseTime("23:59"), new Date().setHours(23, 59, 0, 0));
});

test("what is no time is none", () => {
    for (const text of [
        "",
        "  ",
        "yesterday",
        "31.1.2026",
        "2026-02-30",
        "2026-13-01",
        "24:00",
        "12:60",
        "2026-01-31 8",
    ]) {
        assert.equal(parseTime(text), null, text);
        assert.equal(instantOf(text), "", text);
    }
});

test("a link means the same day tomorrow", () => {
    assert.match(wholeTime("08:00"), /^\d{4}-\d\d-\d\d 08:00$/);
    assert.equal(wholeTime("2026-1-3 8:05:09"), "2026-01-03 08:05:09");
    assert.equal(instantOf(wholeTime("2026-01-31 08:05")), new Date(at(2026, 0, 31, 8, 5)).toISOString());
});
