/* Every word that the page says comes from the catalogue, in the language of this screen. */
import { language } from "../core/settings";
import { en } from "./en";
import { zh } from "./zh";

export type Key = keyof typeof en;

const CATALOGUES: Record<string, Record<Key, string>> = { en, zh };

/** The text of `key` with its {names} filled in. */
export function t(key: Key, values?: Record<string, string | number>): string {
    const text = CATALOGUES[language.value]![key];
    if (!values) return text;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** The text of a word of the wire, such as a state or a verb; the word itself if the catalogue has none. */
export function word(group: string, name: string | null | undefined): string {
    if (!name) return "";
    const key = `${group}.${name}`;
    return key in en ? t(key as Key) : name;
}
