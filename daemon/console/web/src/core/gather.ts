/*
 * The rows of the queue in a flood: alarms of one incident, or of one rule, stand as one row, at the place of the first
 * of them. The top priority is never gathered, nor what is one alone. Nothing is hidden: a gathered row says how many
 * it holds and opens to all of them.
 */
import { shownPriority } from "./order";
import type { Alarm, Change } from "./wire";

export interface Row {
    key: number;
    alarm: Alarm;
    /** Of a gathered row: all that it holds, the gravest first. */
    held: readonly Alarm[] | null;
    /** By what they were gathered. */
    by: string;
    open: boolean;
    inside: boolean;
}

/** The row of an alarm by itself: an alarm that has not changed has the same one, so that a draw makes only what is new. */
const single = new WeakMap<Alarm, Row>();

function rowOf(alarm: Alarm): Row {
    const known = single.get(alarm);
    if (known) return known;
    const made = { key: alarm.id, alarm, held: null, by: "", open: false, inside: false };
    single.set(alarm, made);
    return made;
}

export function plain(alarms: readonly Alarm[]): Row[] {
    return alarms.map(rowOf);
}

/** A gathered row's key is below zero: no alarm has it. */
export function gather(
    alarms: readonly Alarm[],
    home: (alarm: number) => Change | undefined,
    opened: ReadonlySet<string>,
): Row[] {
    const groups = new Map<string, Alarm[]>();
    const names = new Map<Alarm, string>();
    const nameOf = (alarm: Alarm) => {
        const incident = home(alarm.id);
        return incident ? `incident:${incident.id}` : `rule:${alarm.rule}`;
    };
    for (const alarm of alarms) {
        if (shownPriority(alarm) === "critical") continue;
        const name = nameOf(alarm);
        names.set(alarm, name);
        const group = groups.get(name);
        if (group) group.push(alarm);
        else groups.set(name, [alarm]);
    }
    const rows: Row[] = [];
    for (const alarm of alarms) {
        const by = names.get(alarm) ?? "";
        const held = groups.get(by) ?? [alarm];
        if (held.length < 2) rows.push(rowOf(alarm));
        else if (held[0] === alarm) {
            const open = opened.has(by);
            rows.push({ key: -alarm.id, alarm, held, by, open, inside: false });
            if (open)
                for (const one of held)
                    rows.push({ key: one.id, alarm: one, held: null, by, open: false, inside: true });
        }
    }
    return rows;
}
