/*
 * What is to be heard: one pattern at a time, that of the gravest alarm that sounds.
 *
 * The engine says of each alarm what sounds as long as it stands so (`sound`); the page adds nothing but this: a covert
 * alarm is silent unless the screen stands where no threat hears it, and what is not live any more does not begin anew.
 *
 * Patterns tell the priorities apart by number, pace and pitch of their pulses, as medical and process alarms do: three
 * and two quick ones rising, twice (critical); three and two (high); three slow (medium); one low (low). Each pulse swells
 * and fades within 20 ms, so that nothing clicks, and has four harmonics, so that it is found in a noisy room.
 *
 * A page that is not live any more tells nothing, and whoever relies on hearing it must hear that: two falling pulses, until it
 * is live again or somebody silences them.
 */
import { computed, effect, signal } from "@preact/signals";
import { private_ } from "./settings";
import { queue, revision } from "./store";
import { heard, live } from "./stream";
import { PRIORITIES, type Alarm, type Priority } from "./wire";

interface Pattern {
    /** Begin of each pulse, s. */
    pulses: readonly number[];
    pitches: readonly number[];
    /** Of one pulse, s. */
    length: number;
    /** From one begin of the pattern to the next, s. */
    every: number;
}

const FIVE = [0, 0.16, 0.32, 0.58, 0.74];

export type Heard = Priority | "lost";

export const PATTERNS: Record<Heard, Pattern> = {
    critical: { pulses: [...FIVE, ...FIVE.map((s) => s + 1.2)], pitches: [784, 880, 988], length: 0.1, every: 3.5 },
    high: { pulses: FIVE, pitches: [659, 659, 784], length: 0.12, every: 5 },
    medium: { pulses: [0, 0.35, 0.7], pitches: [523, 494, 440], length: 0.2, every: 9 },
    low: { pulses: [0], pitches: [330], length: 0.25, every: 20 },
    lost: { pulses: [0, 0.4], pitches: [494, 330], length: 0.3, every: 12 },
};

export function sounds(alarm: Alarm): boolean {
    return alarm.sound !== "none" && (!alarm.covert || private_.value);
}

/** The alarms that sound now. */
export function sounding(): Alarm[] {
    return queue.rows.filter(sounds);
}

function soundingAs(priority: Priority): number {
    void revision.value;
    return queue.open[priority].sounding + (private_.value ? queue.covert[priority].sounding : 0);
}

export const soundingCount = computed(() => PRIORITIES.reduce((sum, priority) => sum + soundingAs(priority), 0));
export const gravest = computed<Priority | null>(() => PRIORITIES.find((priority) => soundingAs(priority) > 0) ?? null);

/** The browser lets nothing sound before somebody has touched the page. */
export const muted = signal(true);
/** The pattern that plays, for whoever looks instead of hearing. */
export const playing = signal<Heard | null>(null);
/** Somebody knows that the page is not live. */
export const lossKnown = signal(false);

let context: AudioContext | null = null;
let timer = 0;

function pulse(audio: AudioContext, at: number, pitch: number, length: number): void {
    const gain = audio.createGain();
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.22, at + 0.02);
    gain.gain.setValueAtTime(0.22, at + length - 0.02);
    gain.gain.linearRampToValueAtTime(0, at + length);
    gain.connect(audio.destination);
    for (const [n, part] of [1, 0.5, 0.35, 0.2].entries()) {
        const tone = audio.createOscillator();
        const level = audio.createGain();
        tone.frequency.value = pitch * (n + 1);
        level.gain.value = part;
        tone.connect(level).connect(gain);
        tone.start(at);
        tone.stop(at + length);
    }
}

function play(what: Heard): void {
    const pattern = PATTERNS[what];
    if (context?.state === "running")
        for (const [n, at] of pattern.pulses.entries())
            pulse(
                context,
                context.currentTime + 0.02 + at,
                pattern.pitches[n % pattern.pitches.length]!,
                pattern.length,
            );
    window.clearTimeout(timer);
    timer = window.setTimeout(() => play(what), pattern.every * 1000);
}

function turn(what: Heard | null): void {
    if (playing.peek() === what) return;
    playing.value = what;
    window.clearTimeout(timer);
    if (what) play(what);
}

function wanted(): Heard | null {
    if (live.value) return gravest.value;
    return heard.value > 0 && !lossKnown.value ? "lost" : null;
}

export async function unmute(): Promise<void> {
    context ??= new AudioContext();
    context.onstatechange = () => {
        muted.value = context?.state !== "running";
    };
    if (context.state !== "running") await context.resume().catch(() => undefined);
    muted.value = context.state !== "running";
}

export function startSound(): void {
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, () => void (muted.peek() && unmute()), true);
    effect(() => turn(wanted()));
    live.subscribe((is) => {
        if (is) lossKnown.value = false;
    });
}
