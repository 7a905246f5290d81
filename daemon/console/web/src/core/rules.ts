/* A rule as its file has it: what its own text says of it, and its examples apart. */

export interface Rule {
    rule: string;
    /** Of its text; "": it is built in. */
    hash?: string;
    title?: string;
    place?: string;
    text?: string;
    seen?: number;
    matched?: number;
    detections?: number;
}

/** The first of each, which in a rule is that of the rule and not of an example. */
const SAID = {
    title: /^[ -]*title: *(.+)$/m,
    hazard: /\bhazard: *([\w-]+)/,
    priority: /\bpriority: *([\w-]+)/,
};

export function saidBy(rule: Rule, member: keyof typeof SAID): string {
    const found = rule.hash === "" ? "" : (SAID[member].exec(rule.text ?? "")?.[1] ?? "");
    return found.trim().replace(/^(["'])(.*)\1$/, "$2");
}

export function titleOf(rule: Rule): string {
    return rule.title || saidBy(rule, "title");
}

/** What it says, and the examples that prove it. */
export function partsOf(rule: Rule): { words: string; examples: string } {
    const text = rule.text ?? "";
    const at = rule.hash === "" ? -1 : text.search(/^ +examples:/m);
    return at < 0
        ? { words: text.trimEnd(), examples: "" }
        : { words: text.slice(0, at).trimEnd(), examples: text.slice(at).trimEnd() };
}
