/*
 * What devices and people wrote may hold characters that are not seen and change what is seen around them: controls, and
 * those that turn the direction of writing. They are shown by their numbers, wherever they come from.
 */
const ODD = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
/** As JSON may say them, without parsing it; nearly no line has one. */
const HINT =
    /\\u(00[01789]|061|20[026]|feff)|\\[bfr]|[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/i;

export function visible(text: string): string {
    return text.replace(ODD, (one) => `⟨U+${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}

export function parse(json: string): unknown {
    if (!HINT.test(json)) return JSON.parse(json);
    return JSON.parse(json, (_, value: unknown) =>
        typeof value === "string" ? visible(value.replace(/\r\n/g, "\n")) : value,
    );
}
