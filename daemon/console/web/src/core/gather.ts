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

export function plain(alarms: readonly Alarm[]): Row[] {
    return alarms.map((alarm) => ({ key: alarm.id, alarm, held: null, by: "", open: false, inside: false }));
}

/** A gathered row's key is below zero: no alarm has it. */
export function gather(
    alarms: readonly Alarm[],
    home: (alarm: number) => Change | undefined,
    opened: ReadonlySet<string>,
): Row[] {
    const groups = new Map<string, Alarm[]>();
    const nameOf = (alarm: Alarm) => {
        const incident = home(alarm.id);
        return incident ? `incident:${incident.id}` : `rule:${alarm.rule}`;
    };
    for (const alarm of alarms) {
        if (shownPriority(alarm) === "critical") continue;
        const name = nameOf(alarm);
        const group = groups.get(name);
        if (group) group.push(alarm);
        else groups.set(name, [alarm]);
    }
    const rows: Row[] = [];
    for (const alarm of alarms) {
        const by = nameOf(alarm);
        const held = shownPriority(alarm) === "critical" ? [alarm] : groups.get(by)!;
        if (held.length < 2) rows.push({ key: alarm.id, alarm, held: null, by: "", open: false, inside: false });
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
