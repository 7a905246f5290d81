/*
 * All that the page knows of what is: one copy of the engine's live state, fed by the stream.
 *
 * apply() takes a line and changes the maps at once; who shows them depends on `revision`, which grows at most once a
 * frame, so that a flood of lines is drawn as a few pictures. A line never takes a subject back: what has a lower
 * version than what is known is passed over, whichever of page and line came first; but the first that is told of it
 * after a reset counts, for the journal may be another one.
 *
 * After a reset, what the new state does not tell again is gone: it is gathered beside the old one, which stays on the
 * screen until `live_end`, so that a reconnect does not blank the page.
 */
import { signal } from "@preact/signals";
import { Groups } from "./gather";
import { Queue } from "./order";
import type { Alarm, Change, Line, Notice, Transition } from "./wire";

const TRANSITIONS_KEPT = 500;
const NOTICES_KEPT = 200;
const ENDED_KEPT = 500;

export interface Past {
    at: string;
    transition: Transition;
}

export interface Told {
    at: string;
    notice: Notice;
}

export const revision = signal(0);
/** The first whole state has come. */
export const filled = signal(false);

export const alarms = new Map<number, Alarm>();
export const subjects = new Map<string, Map<number, Change>>();
/** The incident that an alarm has joined, by number; and the other way round. */
const homes = new Map<number, number>();
const members = new Map<number, Set<number>>();
/** What has ended lately, as it ended: who looks at it goes on seeing it. The oldest are forgotten first. */
const ended = new Map<string, Change>();
export const queue = new Queue();
export const groups = new Groups();
export const recent: Past[] = [];
export const notices: Told[] = [];
/** Times (ms) of the annunciated alarms of the last ten minutes, by the page's clock: the rate of a flood. */
export const annunciations: number[] = [];
/** What began to want attention since the page last looked: for the polite announcement. */
export const fresh: Alarm[] = [];

let gathering: { alarms: Set<number>; subjects: Set<string> } | null = { alarms: new Set(), subjects: new Set() };
let drawn = true;
/** By performance.now(), ms. */
let lastDrawn = -Infinity;
/** What a picture takes until the browser has it, ms, as the last ones took. */
let cost = 5;
/** Of the 150 ms that an alarm may take to be seen. */
const LONGEST_PAUSE = 60;
const SHORTEST_PAUSE = 25;
const SHARE = 8;
/** The timer of a picture that is put off. */
let putOff: ReturnType<typeof setTimeout> | undefined;
const HIDDEN_PAUSE = 250;

/** A task after the frame comes when the browser has laid it out and painted it. */
function draw(): void {
    drawn = true;
    lastDrawn = performance.now();
    const begin = lastDrawn;
    const after = new MessageChannel();
    after.port1.onmessage = () => {
        cost += (performance.now() - begin - cost) / 4;
        after.port1.close();
    };
    revision.value++;
    after.port2.postMessage(null);
}

/**
 * What comes after a quiet moment is drawn with the next frame. In a storm pictures of changes get an eighth of the time, however
 * fast the machine is; the rest is left to keys and scrolling. An alarm that is not there yet waits for no such pause: seeing it is
 * what the page is for. A hidden page gets no frames: a timer draws it then.
 */
function drawSoon(isNew: boolean): void {
    if (!drawn && !(isNew && putOff)) return;
    clearTimeout(putOff);
    putOff = undefined;
    drawn = false;
    if (document.visibilityState !== "visible") setTimeout(draw, HIDDEN_PAUSE);
    else {
        const pause = isNew ? cost : Math.min(LONGEST_PAUSE, SHARE * cost);
        const left = lastDrawn + Math.max(SHORTEST_PAUSE, pause) - performance.now();
        if (left <= 0) requestAnimationFrame(draw);
        else putOff = setTimeout(drawNow, left);
    }
}

function drawNow(): void {
    putOff = undefined;
    requestAnimationFrame(draw);
}

function keepLast<T>(list: T[], item: T, most: number): void {
    list.push(item);
    if (list.length > most) list.splice(0, list.length - most);
}

/** Whether it is one that was not there. */
function putAlarm(alarm: Alarm): boolean {
    const known = alarms.get(alarm.id);
    const untold = gathering !== null && !gathering.alarms.has(alarm.id);
    gathering?.alarms.add(alarm.id);
    if (known && !untold && known.version > alarm.version) return false;
    if (alarm.state === "NORM") alarms.delete(alarm.id);
    else alarms.set(alarm.id, alarm);
    queue.put(alarm);
    groups.put(alarm, groupOf(alarm));
    return !known && alarm.state !== "NORM";
}

/** An incident gathers its alarms, or else their rule does. */
function groupOf(alarm: Alarm): string {
    const home = homes.get(alarm.id);
    const known = home !== undefined && subjects.get("incident")?.has(home);
    return known ? `incident:${home}` : `rule:${alarm.rule}`;
}

function regroup(id: number): void {
    const alarm = alarms.get(id);
    if (alarm) groups.put(alarm, groupOf(alarm));
}

/** 0: of no incident. */
function move(alarm: number, incident: number): void {
    const old = homes.get(alarm);
    if (old === incident) return;
    if (old !== undefined) members.get(old)?.delete(alarm);
    if (incident) {
        homes.set(alarm, incident);
        members.set(incident, (members.get(incident) ?? new Set()).add(alarm));
    } else homes.delete(alarm);
    regroup(alarm);
}

/** Alarms are members of incidents, each a subject of its own; older records have them in the incident's body. */
function putMembers(change: Change): void {
    if (change.subject === "member" && change.incident && typeof change.body.alarm === "number")
        move(change.body.alarm, change.ended ? 0 : change.incident);
    if (change.subject !== "incident" || !Array.isArray(change.body.alarms)) return;
    for (const { id } of change.body.alarms as { id: number }[])
        if (!change.ended) move(id, change.id);
        else if (homes.get(id) === change.id) move(id, 0);
}

/** An incident has come or gone: its alarms stand elsewhere now. */
function regroupMembers(incident: number, gone: boolean): void {
    const list = members.get(incident) ?? [];
    for (const id of list) regroup(id);
    if (gone && members.get(incident)?.size === 0) members.delete(incident);
}

function keepEnded(name: string, change: Change): void {
    ended.delete(name);
    ended.set(name, change);
    for (const oldest of ended.keys()) {
        if (ended.size <= ENDED_KEPT) break;
        ended.delete(oldest);
    }
}

function putChange(change: Change): void {
    const kind = subjects.get(change.subject) ?? new Map<number, Change>();
    const known = kind.get(change.id);
    const name = `${change.subject}:${change.id}`;
    const untold = gathering !== null && !gathering.subjects.has(name);
    gathering?.subjects.add(name);
    if (known && !untold && known.version > change.version) return;
    subjects.set(change.subject, kind);
    putMembers(change);
    const was = kind.has(change.id);
    if (change.ended) {
        kind.delete(change.id);
        keepEnded(name, change);
    } else kind.set(change.id, change);
    if (change.subject === "incident" && was === change.ended) regroupMembers(change.id, change.ended);
}

function putTransition(at: string, transition: Transition): boolean {
    const isNew = putAlarm(transition.alarm);
    keepLast(recent, { at, transition }, TRANSITIONS_KEPT);
    if (!transition.annunciate) return isNew;
    annunciations.push(Date.now());
    fresh.push(transition.alarm);
    return isNew;
}

/** What was not told again since the reset is gone. */
function forgetUntold(): void {
    if (!gathering) return;
    for (const id of [...alarms.keys()]) {
        if (gathering.alarms.has(id)) continue;
        const over: Alarm = { ...alarms.get(id)!, state: "NORM" };
        queue.put(over);
        groups.put(over, "");
        alarms.delete(id);
    }
    for (const [name, kind] of subjects)
        for (const id of [...kind.keys()]) {
            if (gathering.subjects.has(`${name}:${id}`)) continue;
            kind.delete(id);
            if (name === "incident") regroupMembers(id, true);
        }
    gathering = null;
}

export function apply(line: Line): void {
    let isNew = false;
    if (line.live) putAlarm(line.live);
    else if (line.live_change) putChange(line.live_change);
    else if (line.transition) isNew = putTransition(line.at ?? "", line.transition);
    else if (line.change) putChange(line.change);
    else if (line.notice) keepLast(notices, { at: line.at ?? "", notice: line.notice }, NOTICES_KEPT);
    else if (line.reset) gathering = { alarms: new Set(), subjects: new Set() };
    else if (line.live_end !== undefined) {
        forgetUntold();
        filled.value = true;
    }
    drawSoon(isNew);
}

export function clear(): void {
    alarms.clear();
    subjects.clear();
    queue.clear();
    groups.clear();
    homes.clear();
    members.clear();
    ended.clear();
    recent.length = notices.length = annunciations.length = fresh.length = 0;
    gathering = { alarms: new Set(), subjects: new Set() };
    filled.value = false;
    drawSoon(false);
}

/** Those of one subject that are live, by number. Reading it makes the reader depend on the store. */
export function every(subject: string): Change[] {
    void revision.value;
    return [...(subjects.get(subject)?.values() ?? [])].sort((a, b) => a.id - b.id);
}

/** Those of one subject that have ended lately, the newest first: PostgreSQL may not have them yet. */
export function everyEnded(subject: string): Change[] {
    void revision.value;
    return [...ended.values()].filter((change) => change.subject === subject).reverse();
}

/** How many of one subject are live and fit. */
export function countOf(subject: string, fits: (change: Change) => boolean = () => true): number {
    void revision.value;
    let n = 0;
    for (const change of subjects.get(subject)?.values() ?? []) if (fits(change)) n++;
    return n;
}

export function one(subject: string, id: number): Change | undefined {
    void revision.value;
    return subjects.get(subject)?.get(id);
}

/** As it is, or as it ended a while ago. */
export function oneOrEnded(subject: string, id: number): Change | undefined {
    return one(subject, id) ?? ended.get(`${subject}:${id}`);
}

/** Everything of one subject that belongs to an incident, also what has ended lately. */
export function allOfIncident(subject: string, incident: number): Change[] {
    const over = [...ended.values()].filter((change) => change.subject === subject && change.incident === incident);
    return [...ofIncident(subject, incident), ...over].sort((a, b) => a.id - b.id);
}

export function ofIncident(subject: string, incident: number): Change[] {
    void revision.value;
    const found: Change[] = [];
    for (const change of subjects.get(subject)?.values() ?? []) if (change.incident === incident) found.push(change);
    return found.sort((a, b) => a.id - b.id);
}

export function alarmOf(id: number): Alarm | undefined {
    void revision.value;
    return alarms.get(id);
}

/** The open incident that an alarm has joined. */
export function incidentOf(alarm: number): Change | undefined {
    void revision.value;
    const id = homes.get(alarm);
    return id === undefined ? undefined : subjects.get("incident")?.get(id);
}

/** The numbers of the alarms that have joined an incident, those that are over too. */
export function membersOf(incident: number): number[] {
    void revision.value;
    return [...(members.get(incident) ?? [])];
}
