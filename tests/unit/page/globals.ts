/* What the page's modules find in a browser, as far as their pure parts look at it. */
const kept = new Map<string, string>([["wardwatch.language", "en"]]);

Object.assign(globalThis, {
    localStorage: {
        getItem: (name: string) => kept.get(name) ?? null,
        setItem: (name: string, value: string) => kept.set(name, value),
    },
    document: { visibilityState: "visible", documentElement: { dataset: {}, lang: "" } },
    location: { pathname: "/", search: "" },
    matchMedia: () => ({ matches: false }),
    requestAnimationFrame: (run: () => void) => setTimeout(run, 0),
    window: globalThis,
});
