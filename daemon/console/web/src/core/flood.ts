/* A flood as the engine sees it, and its rate as this page sees it. */
import { computed } from "@preact/signals";
import { annunciations, every } from "./store";
import { now } from "./stream";
import type { Change } from "./wire";

const TEN_MINUTES = 600_000;

export const flood = computed<Change | null>(() => every("flood")[0] ?? null);

/** Alarms that were annunciated in the last ten minutes, as far as this page has been open. */
export const rate = computed(() => {
    const from = now.value - TEN_MINUTES;
    let gone = 0;
    while (gone < annunciations.length && annunciations[gone]! < from) gone++;
    annunciations.splice(0, gone);
    return annunciations.length;
});
