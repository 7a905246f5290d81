/* A rule as its file has it: what its own text says of it, and its examples apart. */
import { adviceText, titleText } from "../text/titles";

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
    return titleText(rule.title || saidBy(rule, "title"));
}

/** All that it says; what is built in says it in the language of this screen. */
export function textOfRule(rule: Rule): string {
    return rule.hash === "" ? adviceText(rule.title ?? "", rule.text ?? "") : (rule.text ?? "");
}

/** A rule that is built in may stand for more than one thing, each with its own title, as the two jumps of the clock. */
export function ruleThatRaised(rules: readonly Rule[], title: string): Rule | undefined {
    return rules.find((rule) => rule.title && title.startsWith(rule.title)) ?? rules[0];
}

/** What it says, and the examples that prove it. */
export function partsOf(rule: Rule): { words: string; examples: string } {
    const text = textOfRule(rule);
    const at = rule.hash === "" ? -1 : text.search(/^ +examples:/m);
    return at < 0
        ? { words: text.trimEnd(), examples: "" }
        : { words: text.slice(0, at).trimEnd(), examples: text.slice(at).trimEnd() };
}
