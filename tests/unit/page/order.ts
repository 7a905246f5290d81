import assert from "node:assert/strict";
import { test } from "node:test";
import { gather, Groups, plain, type Rows } from "page/core/gather";
import { before, isUnacknowledged, Queue, shownPriority } from "page/core/order";
import { PRIORITIES, type Alarm, type Priority, type State } from "page/core/wire";
import { alarm } from "./alarm";

const ids = (list: readonly Alarm[]) => list.map((one) => one.id);

test("priority, then unacknowledged, then the oldest", () => {
    const queue = new Queue();
    const early = "2026-01-31T08:00:00.000000Z";
    queue.put(alarm({ id: 1, priority: "low", priority_unack: "low", raised_at: early }));
    queue.put(alarm({ id: 2, priority: "critical", priority_unack: null, state: "ACKED", raised_at: early }));
    queue.put(alarm({ id: 3, priority: "critical", priority_unack: "critical" }));
    queue.put(alarm({ id: 4, priority: "high", priority_unack: "high" }));
    queue.put(alarm({ id: 5, priority: "high", priority_unack: "high", raised_at: early }));
    assert.deepEqual(ids(queue.rows), [3, 2, 5, 4, 1]);
});

test("one that was graver before it was acknowledged stands where it was graver", () => {
    const queue = new Queue();
    queue.put(alarm({ id: 1, priority: "high", priority_unack: "high" }));
    queue.put(alarm({ id: 2, priority: "low", priority_unack: "critical" }));
    assert.deepEqual(ids(queue.rows), [2, 1]);
});

test("hidden and normal ones are not in the queue", () => {
    const queue = new Queue();
    for (const [id, state] of (["SHLVD", "DSUPR", "OOSRV", "NORM"] as const).entries()) queue.put(alarm({ id, state }));
    assert.deepEqual(queue.rows, []);
});

test("10,000 changes at random leave it as sorting would", () => {
    const queue = new Queue();
    const known = new Map<number, Alarm>();
    let seed = 7;
    const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n;
    const priorities: Priority[] = ["low", "medium", "high", "critical"];
    const states: State[] = ["UNACK", "ACKED", "RTNUN", "LATCHED", "SHLVD", "NORM"];
    for (let n = 0; n < 10_000; n++) {
        const priority = priorities[random(4)]!;
        const made = alarm({
            id: random(300),
            state: states[random(6)]!,
            priority,
            priority_unack: priority,
            covert: random(9) === 0,
            sound: random(2) ? priority : "none",
            raised_at: `2026-01-31T09:00:00.0000${String(random(50)).padStart(2, "0")}Z`,
        });
        queue.put(made);
        known.set(made.id, made);
    }
    const wanted = [...known.values()].filter((one) => !["SHLVD", "NORM"].includes(one.state)).sort(before);
    assert.deepEqual(ids(queue.rows), ids(wanted));
    for (const [n, one] of queue.rows.entries()) assert.equal(queue.indexOf(one.id), n);
    for (const covert of [false, true])
        for (const priority of PRIORITIES) {
            const mine = wanted.filter((one) => one.covert === covert);
            const shown = mine.filter((one) => shownPriority(one) === priority);
            assert.deepEqual((covert ? queue.covert : queue.open)[priority], {
                all: shown.length,
                waiting: shown.filter(isUnacknowledged).length,
                sounding: mine.filter((one) => one.sound === priority).length,
            });
        }
});

test("a row is the same one until its alarm or who has taken it is another", () => {
    const queue = new Queue();
    let owner = "";
    const rows = plain(queue, () => owner);
    queue.put(alarm({ id: 1 }));
    const row = rows.at(0);
    assert.equal(rows.at(0), row);
    owner = "bob";
    assert.equal(rows.at(0).owner, "bob");
    queue.put(alarm({ id: 1, version: 2 }));
    assert.equal(rows.at(0).alarm.version, 2);
    assert.deepEqual([rows.length, rows.indexOf(1), rows.indexOf(2)], [1, 0, -1]);
});

test("in a flood alarms of an incident and of a rule stand as one row; the top priority stands alone", () => {
    const list = [
        alarm({ id: 1, priority: "critical", priority_unack: "critical" }),
        alarm({ id: 2, priority: "critical", priority_unack: "critical" }),
        alarm({ id: 3, rule: "a" }),
        alarm({ id: 4, rule: "b" }),
        alarm({ id: 5, rule: "c" }),
        alarm({ id: 6, rule: "c" }),
        alarm({ id: 7, rule: "d" }),
    ];
    const queue = new Queue();
    const groups = new Groups();
    const nameOf = (one: Alarm) => (one.id === 3 || one.id === 4 ? "incident:9" : `rule:${one.rule}`);
    const shown = (rows: Rows) =>
        Array.from({ length: rows.length }, (_, n) => [rows.at(n).key, rows.at(n).held?.length ?? 1]);
    const gathered = () => shown(gather(queue, groups, new Set(["rule:c"]), () => ""));
    for (const one of list) {
        queue.put(one);
        groups.put(one, nameOf(one));
    }
    assert.deepEqual(gathered(), [
        [1, 1],
        [2, 1],
        [-3, 2],
        [-5, 2],
        [5, 1],
        [6, 1],
        [7, 1],
    ]);
    for (const one of [alarm({ id: 5, rule: "c", state: "NORM" }), alarm({ id: 4, rule: "d" })]) {
        queue.put(one);
        groups.put(one, `rule:${one.rule}`);
    }
    assert.deepEqual(gathered(), [
        [1, 1],
        [2, 1],
        [3, 1],
        [-4, 2],
        [6, 1],
    ]);
});
