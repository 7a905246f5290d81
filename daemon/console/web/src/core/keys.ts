/* One table of keys at a time: the screen's, and the page's own below it. Whoever types into a field types. */
import { signal } from "@preact/signals";
import type { Key } from "../text/text";

export interface Binding {
    /** As KeyboardEvent.key says it; several do the same. */
    keys: readonly string[];
    /** As the help shows it. */
    shown: string;
    help: Key;
    run: () => void;
}

export const pageKeys = signal<readonly Binding[]>([]);
export const screenKeys = signal<readonly Binding[]>([]);

function types(target: EventTarget | null): boolean {
    const element = target as HTMLElement | null;
    return Boolean(element?.closest?.("input, textarea, select, [contenteditable], dialog"));
}

/** Space and Enter on a button or a link are its own. */
function pressesItself(event: KeyboardEvent): boolean {
    const element = event.target as HTMLElement | null;
    return (event.key === "Enter" || event.key === " ") && Boolean(element?.closest?.("button, a, summary"));
}

export function startKeys(): void {
    addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
        if (types(event.target) || pressesItself(event)) return;
        const found = [...screenKeys.value, ...pageKeys.value].find((binding) => binding.keys.includes(event.key));
        if (!found) return;
        event.preventDefault();
        found.run();
    });
}
