/* What the server tells, as it tells it: the feed's lines, and the answers to acts. Texts in it are data, never markup. */

export type Priority = "low" | "medium" | "high" | "critical";
export type State = "OOSRV" | "DSUPR" | "SHLVD" | "UNACK" | "ACKED" | "RTNUN" | "LATCHED" | "NORM";

export interface Alarm {
    id: number;
    state: State;
    rule: string;
    /** Of the text that raised it. */
    rule_hash?: string;
    key: string;
    title: string;
    procedure: string;
    legal_basis: string;
    site: string;
    zone: string;
    asset: string;
    device: string;
    hazard: string;
    class: string;
    priority: Priority | null;
    priority_unack: Priority | null;
    regions: { active: boolean; acknowledged: boolean; latched: boolean; shelved: string };
    instant: boolean;
    first_out: boolean;
    silenced: boolean;
    stale: boolean;
    exercise: boolean;
    covert: boolean;
    sound: "none" | Priority;
    partial: boolean;
    raised_count: number;
    version: number;
    raised_at: string;
    changed_at: string;
    acknowledged_at: string | null;
    acknowledged_by: string;
    shelved_until: string | null;
    out_of_service_until: string | null;
    suppressed_by: string;
    work_order: string;
    too_long?: boolean;
}

export interface Evidence {
    role: string;
    seq: number;
    index: number;
    time: string;
    device: string;
    kind: string;
}

export interface Transition {
    cause: string;
    time: string;
    actor: string;
    reason: string;
    context: string;
    annunciate: boolean;
    old_state: State;
    old_priority: Priority | null;
    alarm: Alarm;
    evidence: Evidence[];
}

export type Body = Record<string, unknown>;

/** One subject of the response as it stands: an incident, a step, a shift … `body` is the whole of it. */
export interface Change {
    subject: string;
    id: number;
    version: number;
    incident: number | null;
    exercise: boolean;
    ended: boolean;
    time: string;
    what: string;
    actor: string;
    reason: string;
    body: Body;
}

export interface Notice {
    name: string;
    subject: string;
    text: string;
    [member: string]: unknown;
}

/** One line of the feed. */
export interface Line {
    at?: string;
    live?: Alarm;
    live_change?: Change;
    live_end?: string;
    reset?: boolean;
    transition?: Transition;
    change?: Change;
    notice?: Notice;
}

export interface Refusal {
    name: string;
    text: string;
    cure?: string;
}

/** The engine's answer to an act. */
export interface Reply {
    id?: string;
    ok: boolean;
    error?: Refusal;
    alarm?: Alarm;
    changes?: Change[];
    [member: string]: unknown;
}

export const PRIORITIES: readonly Priority[] = ["critical", "high", "medium", "low"];

/** Texts of the wire that are not UTF-8 come as {"base64": …}: they are shown as such. */
export function asText(value: unknown): string {
    if (typeof value === "string") return value;
    if (value === null || value === undefined) return "";
    if (typeof value === "object" && "base64" in value) return `base64:${String(value.base64)}`;
    return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function isBody(value: unknown): value is Body {
    return value !== null && typeof value === "object";
}

export function textOf(change: Change | undefined, member: string): string {
    return asText(change?.body[member]);
}

export function numberOf(change: Change | undefined, member: string): number {
    const value = change?.body[member];
    return typeof value === "number" ? value : 0;
}

export function listOf(change: Change | undefined, member: string): Body[] {
    const value = change?.body[member];
    return Array.isArray(value) ? (value as Body[]) : [];
}
