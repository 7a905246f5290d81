/* Where the page is: the address says it all, so that every view can be shared as a link. */
import { signal } from "@preact/signals";

export interface Place {
    /** "/alarm/17" → ["alarm", "17"] */
    path: string[];
    query: URLSearchParams;
}

function read(): Place {
    const path = location.pathname
        .split("/")
        .filter((part) => part !== "")
        .map(decodeURIComponent);
    return { path, query: new URLSearchParams(location.search) };
}

export const place = signal<Place>(read());

export function go(address: string, replace = false): void {
    if (replace) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    place.value = read();
}

/** The same screen with other words in its address; an empty one leaves. */
export function query(words: Record<string, string>): void {
    const all = new URLSearchParams(place.value.query);
    for (const [name, value] of Object.entries(words)) {
        if (value) all.set(name, value);
        else all.delete(name);
    }
    const text = all.toString();
    go(location.pathname + (text ? `?${text}` : ""), true);
}

/** Ordinary links: those to the page itself change the place without a load; the others are the browser's. */
export function startRouter(): void {
    addEventListener("popstate", () => {
        place.value = read();
    });
    addEventListener("click", (event) => {
        const link = (event.target as Element | null)?.closest?.("a");
        if (!link || event.defaultPrevented || event.button !== 0) return;
        if (event.ctrlKey || event.metaKey || event.shiftKey || link.target || link.hasAttribute("download")) return;
        if (link.origin !== location.origin || link.pathname.startsWith("/api/")) return;
        event.preventDefault();
        go(link.pathname + link.search);
    });
}
