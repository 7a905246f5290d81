/*
 * The one function by which the page changes anything.
 *
 * An act is never shown as done before the engine says so: until then its subject is `pending`. While the page is not
 * live an act is held, as is one that meets
 * a locked session; it is sent when the page is live again, with the version that the person saw, so that the
 * engine refuses it if things have moved on. A request that got no answer is repeated with the same id: the engine
 * does it once. A refusal is shown with what changed and what to do about it.
 */
import { signal } from "@preact/signals";
import { ApiError, ask } from "./api";
import { live } from "./stream";
import type { Refusal, Reply } from "./wire";

export interface Act {
    id: string;
    verb: string;
    /** What it is about, as people call it. */
    about: string;
    key: string;
    fields: Record<string, unknown>;
    state: "held" | "sent" | "refused";
    refusal?: Refusal;
}

export const acts = signal<readonly Act[]>([]);
/** The last act that was done, for the polite announcement. */
export const done = signal<{ verb: string; about: string } | null>(null);

const ATTEMPTS = 4;
const PAUSE = 1500;
const KEPT = 20;
const waiting = new Map<string, (reply: Reply) => void>();

function newId(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return "page-" + [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function update(id: string, change: Partial<Act> | null): void {
    acts.value = acts.value.flatMap((act) => (act.id !== id ? [act] : change ? [{ ...act, ...change }] : []));
}

export function pending(key: string): boolean {
    return acts.value.some((act) => act.key === key && act.state !== "refused");
}

export function dismiss(id: string): void {
    const act = acts.value.find((one) => one.id === id);
    update(id, null);
    if (act?.state === "held") settle(id, { ok: false, error: { name: "withdrawn", text: "" } });
}

export function dismissRefused(): void {
    acts.value = acts.value.filter((act) => act.state !== "refused");
}

function settle(id: string, reply: Reply): void {
    waiting.get(id)?.(reply);
    waiting.delete(id);
}

function replyOf(status: number, body: unknown): Reply {
    const reply = body as Reply | null;
    if (reply && typeof reply.ok === "boolean") return reply;
    const error = (body as { error?: Refusal } | null)?.error;
    return { ok: false, error: error ?? { name: "failed", text: `HTTP ${status}` } };
}

function again(reply: Reply): boolean {
    return (
        !reply.ok && ["busy", "often", "journal-full", "unreachable", "engine-away"].includes(reply.error?.name ?? "")
    );
}

async function attempt(act: Act): Promise<Reply> {
    try {
        const { status, body } = await ask("POST", `/acts/${act.verb}`, { id: act.id, ...act.fields });
        return replyOf(status, body);
    } catch (error) {
        return { ok: false, error: error instanceof ApiError ? error.problem : { name: "unreachable", text: "" } };
    }
}

async function send(act: Act): Promise<void> {
    let reply = await attempt(act);
    for (let n = 1; n < ATTEMPTS && again(reply) && live.value; n++) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
        reply = await attempt(act);
    }
    if ((again(reply) && !live.value) || reply.error?.name === "locked") {
        update(act.id, { state: "held" });
        return;
    }
    if (reply.ok) {
        update(act.id, null);
        done.value = { verb: act.verb, about: act.about };
    } else update(act.id, { state: "refused", refusal: reply.error ?? { name: "failed", text: "" } });
    settle(act.id, reply);
}

/** `key`: of what it is about, such as "alarm:7"; a second act on it waits for nobody, the engine has an order. */
export function act(verb: string, key: string, about: string, fields: Record<string, unknown>): Promise<Reply> {
    const made: Act = { id: newId(), verb, about, key, fields, state: live.value ? "sent" : "held" };
    acts.value = [...acts.value.filter((one) => one.state !== "refused" || one.key !== key), made].slice(-KEPT);
    return new Promise((resolve) => {
        waiting.set(made.id, resolve);
        if (made.state === "sent") void send(made);
    });
}

/** Sends what was held, in the order in which it was said. */
export function sendHeld(): void {
    for (const one of acts.peek().filter((each) => each.state === "held")) {
        update(one.id, { state: "sent" });
        void send(one);
    }
}

export function startActs(): void {
    live.subscribe((is) => {
        if (is) sendHeld();
    });
}
