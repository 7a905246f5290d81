import "./globals";
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { alarms, apply, clear, every, filled, groups, incidentOf, membersOf, queue } from "page/core/store";
import type { Change } from "page/core/wire";
import { alarm } from "./alarm";

function change(subject: string, id: number, more: Partial<Change> = {}): Change {
    const base = {
        version: 1,
        incident: null,
        exercise: false,
        ended: false,
        time: "",
        what: "",
        actor: "",
        reason: "",
    };
    return { subject, id, body: {}, ...base, ...more };
}

beforeEach(clear);

test("what is comes first; then each change", () => {
    apply({ reset: true });
    apply({ live: alarm({ id: 1 }) });
    assert.equal(filled.value, false);
    apply({ live_end: "9.0" });
    assert.equal(filled.value, true);
    apply({
        at: "10.0",
        transition: { alarm: alarm({ id: 1, version: 2, state: "ACKED" }), annunciate: false } as never,
    });
    assert.equal(alarms.get(1)?.state, "ACKED");
});

test("an older version takes nothing back", () => {
    apply({ live: alarm({ id: 1, version: 5, state: "ACKED" }) });
    apply({ live: alarm({ id: 1, version: 4 }) });
    assert.equal(alarms.get(1)?.state, "ACKED");
    assert.equal(queue.rows.length, 1);
});

test("after a reset what is not told again is gone, and the rest stays on the screen meanwhile", () => {
    for (const id of [1, 2]) apply({ live: alarm({ id, version: 7 }) });
    apply({ live_change: change("incident", 3) });
    apply({ live_end: "9.0" });
    apply({ reset: true });
    assert.equal(queue.rows.length, 2);
    apply({ live: alarm({ id: 2, version: 1 }) }); // of another journal: its versions begin anew
    apply({ live_end: "1.0" });
    assert.deepEqual([...alarms.keys()], [2]);
    assert.equal(alarms.get(2)?.version, 1);
    assert.deepEqual(every("incident"), []);
});

test("what has ended is gone", () => {
    apply({ change: change("guard", 1) });
    apply({ change: change("guard", 1, { version: 2, ended: true }) });
    assert.deepEqual(every("guard"), []);
    apply({ live: alarm({ id: 1 }) });
    apply({ transition: { alarm: alarm({ id: 1, version: 2, state: "NORM" }) } as never });
    assert.equal(alarms.size + queue.rows.length, 0);
});

test("members lead from an alarm to its incident", () => {
    apply({ change: change("incident", 4) });
    apply({ change: change("member", 1, { incident: 4, body: { alarm: 17 } }) });
    apply({ change: change("member", 2, { incident: 4, body: { alarm: 18 } }) });
    assert.equal(incidentOf(17)?.id, 4);
    assert.deepEqual(membersOf(4), [17, 18]);
    apply({ change: change("incident", 4, { version: 2, ended: true }) });
    assert.equal(incidentOf(17), undefined);
});

test("alarms of an incident stand together as long as it does, whichever is told first", () => {
    const names = () => [...groups.all].map(([name, group]) => [name, group.rows.map((one) => one.id)]);
    apply({ live: alarm({ id: 17, rule: "a" }) });
    apply({ change: change("member", 1, { incident: 4, body: { alarm: 17 } }) });
    apply({ change: change("member", 2, { incident: 4, body: { alarm: 18 } }) });
    assert.deepEqual(names(), [["rule:a", [17]]]);
    apply({ change: change("incident", 4) });
    apply({ live: alarm({ id: 18, rule: "b" }) });
    assert.deepEqual(names(), [["incident:4", [17, 18]]]);
    apply({ change: change("member", 2, { version: 2, incident: 4, ended: true, body: { alarm: 18 } }) });
    assert.deepEqual(names(), [
        ["incident:4", [17]],
        ["rule:b", [18]],
    ]);
    apply({ change: change("incident", 4, { version: 2, ended: true }) });
    assert.deepEqual(names(), [
        ["rule:b", [18]],
        ["rule:a", [17]],
    ]);
});
