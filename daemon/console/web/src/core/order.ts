/*
 * The queue: alarms in the order in which they are to be looked at, kept sorted while they change.
 *
 * Order: priority (the highest that is unacknowledged counts), then unacknowledged first, then the oldest first; the
 * number settles the rest, so that two pages show the same. A change takes one removal and one insertion by halving;
 * nothing is sorted anew, and what is counted is counted along: a picture of 5,000 alarms that 100 changes a second
 * touch is drawn without going through them.
 */
import type { Alarm, Priority, State } from "./wire";

const RANK: Record<Priority, number> = { critical: 0, high: 1, medium: 2, low: 3 };

export function rankOf(priority: Priority | null): number {
    return priority ? RANK[priority] : 4;
}

export function shownPriority(alarm: Alarm): Priority {
    const unacknowledged = alarm.priority_unack;
    const now = alarm.priority ?? "low";
    return isUnacknowledged(alarm) && unacknowledged && rankOf(unacknowledged) < rankOf(now) ? unacknowledged : now;
}

export function isUnacknowledged(alarm: Alarm): boolean {
    return alarm.state === "UNACK" || alarm.state === "RTNUN";
}

const HIDDEN: readonly State[] = ["SHLVD", "DSUPR", "OOSRV"];

export function isHidden(alarm: Alarm): boolean {
    return HIDDEN.includes(alarm.state);
}

export function isQueued(alarm: Alarm): boolean {
    return alarm.state !== "NORM" && !isHidden(alarm);
}

export function before(a: Alarm, b: Alarm): number {
    return (
        rankOf(shownPriority(a)) - rankOf(shownPriority(b)) ||
        Number(isUnacknowledged(b)) - Number(isUnacknowledged(a)) ||
        (a.raised_at < b.raised_at ? -1 : a.raised_at > b.raised_at ? 1 : 0) ||
        a.id - b.id
    );
}

/** Of one priority: all, and those that wait for an acknowledgement. */
export interface Count {
    all: number;
    waiting: number;
    /** How many sound as this priority. */
    sounding: number;
}

export type Counts = Record<Priority, Count>;

function noCounts(): Counts {
    const none = () => ({ all: 0, waiting: 0, sounding: 0 });
    return { critical: none(), high: none(), medium: none(), low: none() };
}

export class Queue {
    readonly rows: Alarm[] = [];
    private readonly known = new Map<number, Alarm>();
    /** Of those that anybody may see and hear, and of the covert ones. */
    open = noCounts();
    covert = noCounts();

    private count(alarm: Alarm, by: 1 | -1): void {
        const counts = alarm.covert ? this.covert : this.open;
        const count = counts[shownPriority(alarm)];
        count.all += by;
        if (isUnacknowledged(alarm)) count.waiting += by;
        if (alarm.sound !== "none") counts[alarm.sound].sounding += by;
    }

    /** Where `alarm` stands or would stand. */
    private place(alarm: Alarm): number {
        let low = 0;
        let high = this.rows.length;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (before(this.rows[middle]!, alarm) < 0) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    /** Where the alarm of that number stands; -1: it does not. */
    indexOf(id: number): number {
        const alarm = this.known.get(id);
        return alarm ? this.place(alarm) : -1;
    }

    remove(id: number): void {
        const old = this.known.get(id);
        if (!old) return;
        this.rows.splice(this.place(old), 1);
        this.known.delete(id);
        this.count(old, -1);
    }

    put(alarm: Alarm): void {
        this.remove(alarm.id);
        if (!isQueued(alarm)) return;
        this.rows.splice(this.place(alarm), 0, alarm);
        this.known.set(alarm.id, alarm);
        this.count(alarm, 1);
    }

    clear(): void {
        this.rows.length = 0;
        this.known.clear();
        this.open = noCounts();
        this.covert = noCounts();
    }
}
