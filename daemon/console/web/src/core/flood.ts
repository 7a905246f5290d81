/* A flood as the engine sees it, and its rate as this page sees it. */
import { computed, signal } from "@preact/signals";
import { alarms, annunciations, every } from "./store";
import { now, skew } from "./stream";
import type { Change } from "./wire";

const TEN_MINUTES = 600_000;

export const flood = computed<Change | null>(() => every("flood")[0] ?? null);

/** Whether the queue's rows stand together, as the person has said; null: while there is a flood. */
export const gathered = signal<boolean | null>(null);
export const gathers = computed(() => gathered.value ?? flood.value !== null);

/**
 * Alarms of the last ten minutes: those that the page heard begin, or those that stand if it was opened later. It goes through
 * all that stand: twice a second, by the clock, not with every change.
 */
export const rate = computed(() => {
    const from = now.value - TEN_MINUTES;
    let gone = 0;
    while (gone < annunciations.length && annunciations[gone]! < from) gone++;
    annunciations.splice(0, gone);
    const since = new Date(from + skew.value).toISOString();
    let standing = 0;
    for (const alarm of alarms.values()) if (alarm.raised_at > since) standing++;
    return Math.max(annunciations.length, standing);
});
