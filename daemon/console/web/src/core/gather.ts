/*
 * The rows of the queue. In a flood alarms of one incident, or of one rule, stand as one row, at the place of the first
 * of them. The top priority is never gathered, nor what is one alone. Nothing is hidden: a gathered row says how many
 * it holds and opens to all of them.
 *
 * Which alarms belong together is kept while they change, as their order is. A list of rows makes only those that are
 * asked for, and the same one as long as nothing of it has changed: what shows it need not be drawn again.
 */
import { before, isQueued, Queue, shownPriority } from "./order";
import type { Alarm } from "./wire";

export interface Row {
    key: number;
    alarm: Alarm;
    /** Of a gathered row: all that it holds, the gravest first. */
    held: readonly Alarm[] | null;
    /** By what they were gathered. */
    by: string;
    open: boolean;
    inside: boolean;
    /** Who has taken its incident. */
    owner: string;
}

export interface Rows {
    readonly length: number;
    at(n: number): Row;
    /** -1: there is none. */
    indexOf(key: number): number;
}

export type OwnerOf = (alarm: Alarm) => string;

const single = new WeakMap<Alarm, Row>();

function rowOf(alarm: Alarm, owner: string): Row {
    const known = single.get(alarm);
    if (known && known.owner === owner) return known;
    const made = { key: alarm.id, alarm, held: null, by: "", open: false, inside: false, owner };
    single.set(alarm, made);
    return made;
}

export function plain(queue: Queue, ownerOf: OwnerOf): Rows {
    return {
        get length() {
            return queue.rows.length;
        },
        at: (n) => rowOf(queue.rows[n]!, ownerOf(queue.rows[n]!)),
        indexOf: (key) => queue.indexOf(key),
    };
}

/** The alarms of the queue by what gathers them. */
export class Groups {
    readonly all = new Map<string, Queue>();
    private readonly names = new Map<number, string>();

    private remove(id: number): void {
        const name = this.names.get(id);
        if (name === undefined) return;
        const group = this.all.get(name)!;
        group.remove(id);
        if (group.rows.length === 0) this.all.delete(name);
        this.names.delete(id);
    }

    put(alarm: Alarm, name: string): void {
        const gathers = isQueued(alarm) && shownPriority(alarm) !== "critical";
        if (!gathers || this.names.get(alarm.id) !== name) this.remove(alarm.id);
        if (!gathers) return;
        const group = this.all.get(name) ?? new Queue();
        this.all.set(name, group);
        group.put(alarm);
        this.names.set(alarm.id, name);
    }

    clear(): void {
        this.all.clear();
        this.names.clear();
    }
}

/** A gathered row's key is below zero: no alarm has it. */
function gatheredRows(name: string, held: readonly Alarm[], opened: ReadonlySet<string>, ownerOf: OwnerOf): Row[] {
    const first = held[0]!;
    const owner = ownerOf(first);
    if (held.length < 2) return [rowOf(first, owner)];
    const open = opened.has(name);
    const head = { key: -first.id, alarm: first, held, by: name, open, inside: false, owner };
    if (!open) return [head];
    const inside = { held: null, by: name, open: false, inside: true };
    return [head, ...held.map((alarm) => ({ key: alarm.id, alarm, ...inside, owner: ownerOf(alarm) }))];
}

export function gather(queue: Queue, groups: Groups, opened: ReadonlySet<string>, ownerOf: OwnerOf): Rows {
    const gravest = queue.open.critical.all + queue.covert.critical.all;
    const rows = queue.rows.slice(0, gravest).map((alarm) => rowOf(alarm, ownerOf(alarm)));
    const sorted = [...groups.all].sort(([, a], [, b]) => before(a.rows[0]!, b.rows[0]!));
    for (const [name, group] of sorted) rows.push(...gatheredRows(name, group.rows, opened, ownerOf));
    return {
        length: rows.length,
        at: (n) => rows[n]!,
        indexOf: (key) => rows.findIndex((row) => row.key === key),
    };
}
