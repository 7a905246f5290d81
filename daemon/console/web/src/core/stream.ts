/*
 * The stream of the engine's changes, and whether it can be trusted.
 *
 * The browser's EventSource reconnects by itself with Last-Event-ID, so nothing is lost or told twice; only when it has
 * given up is a new one made here, from the last id. Whatever comes, a beat included, proves that the server lives; a
 * beat also says whether the engine behind it does. After SILENCE without either the page is NOT LIVE: it says so, and
 * how old it is, and acts are held.
 */
import { computed, signal } from "@preact/signals";
import { expired, urlOf } from "./api";
import { apply } from "./store";
import { parse } from "./visible";
import type { Line } from "./wire";

export const SILENCE = 5000;
const RETRY = 1500;

/** When something last came, by the page's clock, ms; 0 = never. */
export const heard = signal(0);
export const now = signal(Date.now());
export const beat = signal<Beat>({ engine: true });
/** The server lives, but has lost the engine. */
export const engineAway = computed(() => !beat.value.engine);
/** The server has locked the session, or unlocked it. */
export const lockedBy = signal(false);
/** What is to be added to the page's clock to have the server's, ms. */
export const skew = signal(0);

export const live = computed(() => heard.value > 0 && now.value - heard.value < SILENCE && !engineAway.value);
export const age = computed(() => (heard.value ? Math.max(0, now.value - heard.value) : 0));

export interface Mode {
    mode: string;
    title?: string;
    on?: boolean;
    exercise?: boolean;
}

interface Beat {
    modes?: Mode[];
    now?: string;
    engine: boolean;
    engine_age?: number | null;
    intake?: boolean | null;
    database?: boolean;
}

let source: EventSource | null = null;
let last = "";
let retry = 0;

function hear(): void {
    const time = Date.now();
    heard.value = time;
    if (time - now.value > 250) now.value = time;
}

function lineOf(name: string, data: unknown, at: string): Line {
    if (name === "reset") return { reset: true };
    if (name === "live_end") return { live_end: at };
    return { [name]: data, at } as Line;
}

/** A line that cannot be read may have been any: everything is told anew. */
function garbled(): void {
    last = "";
    close();
    retry = window.setTimeout(connect, RETRY);
}

function lineCame(event: MessageEvent<string>): void {
    let data: unknown;
    try {
        data = parse(event.data);
    } catch {
        garbled();
        return;
    }
    if (event.lastEventId) last = event.lastEventId;
    hear();
    apply(lineOf(event.type, data, event.lastEventId));
}

function beatCame(event: MessageEvent<string>): void {
    const told = JSON.parse(event.data || "{}") as Beat;
    if (told.now) skew.value = Date.parse(told.now) - Date.now();
    beat.value = told;
    if (told.engine) hear();
}

function sessionCame(event: MessageEvent<string>): void {
    const told = JSON.parse(event.data || "{}") as { locked?: boolean; ended?: string };
    if (told.locked !== undefined) lockedBy.value = told.locked;
    if (told.ended) {
        close();
        expired.value++;
    }
}

export function connect(): void {
    close();
    source = new EventSource(urlOf("/stream", { from: last }));
    for (const name of ["reset", "live", "live_change", "live_end", "transition", "change", "notice"])
        source.addEventListener(name, lineCame as EventListener);
    source.addEventListener("beat", beatCame as EventListener);
    source.addEventListener("session", sessionCame as EventListener);
    source.onerror = () => {
        if (source?.readyState !== EventSource.CLOSED) return;
        close();
        retry = window.setTimeout(connect, RETRY);
    };
}

export function close(): void {
    window.clearTimeout(retry);
    source?.close();
    source = null;
}

export function forget(): void {
    close();
    last = "";
    heard.value = 0;
    beat.value = { engine: true };
}

export function startClock(): void {
    window.setInterval(() => {
        now.value = Date.now();
    }, 500);
}
