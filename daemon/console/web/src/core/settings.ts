/* What this screen remembers, and nothing else does: language, theme, and what of sound is its own. */
import { effect, signal } from "@preact/signals";

export type Language = "en" | "zh";
export type Theme = "dark" | "light";

function stored(name: string): string | null {
    try {
        return localStorage.getItem(`wardwatch.${name}`);
    } catch {
        return null;
    }
}

function keep(name: string, value: string): void {
    try {
        localStorage.setItem(`wardwatch.${name}`, value);
    } catch {
        /* a browser that keeps nothing asks again the next time */
    }
}

function firstLanguage(): Language {
    const own = stored("language") ?? navigator.language;
    return own.startsWith("zh") ? "zh" : "en";
}

function firstTheme(): Theme {
    const own = stored("theme");
    if (own === "dark" || own === "light") return own;
    return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

export const language = signal<Language>(firstLanguage());
export const theme = signal<Theme>(firstTheme());
/** The screen stands where no threat hears it: covert alarms may sound here. */
export const private_ = signal(stored("private") === "yes");

export function startSettings(): void {
    effect(() => {
        document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
        keep("language", language.value);
    });
    effect(() => {
        document.documentElement.dataset.theme = theme.value;
        keep("theme", theme.value);
    });
    effect(() => keep("private", private_.value ? "yes" : "no"));
}
