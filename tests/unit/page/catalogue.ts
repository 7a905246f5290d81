/* The catalogue: both languages whole, nothing in it that nobody says, and no text outside it. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { en } from "page/text/en";
import { zh } from "page/text/zh";

const SOURCE = path.join(process.env.WARDWATCH_SOURCE!, "daemon/console/web/src");
const catalogues: Record<string, Record<string, string>> = { en, zh };

function files(folder: string): string[] {
    return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const name = path.join(folder, entry.name);
        return entry.isDirectory() ? files(name) : [name];
    });
}

const sources = files(SOURCE)
    .filter((name) => /\.tsx?$/.test(name) && !/text\/(en|zh)\.ts$/.test(name))
    .map((name) => ({ name: path.relative(SOURCE, name), text: fs.readFileSync(name, "utf8") }));

test("both languages have the same keys, none empty", () => {
    assert.deepEqual(Object.keys(zh), Object.keys(en));
    for (const [language, texts] of Object.entries(catalogues))
        for (const [key, text] of Object.entries(texts)) assert.notEqual(text.trim(), "", `${language}: ${key}`);
});

test("both fill in the same names", () => {
    const names = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const key of Object.keys(en)) assert.deepEqual(names(catalogues.zh![key]!), names(catalogues.en![key]!), key);
});

test("Chinese is Chinese", () => {
    const latin = Object.entries(zh).filter(([, text]) => !/\p{Script=Han}/u.test(text));
    assert.deepEqual(
        latin.filter(([key]) => !catalogues.zh![key]!.match(/^[A-Z0-9 /{}.:-]+$/)),
        [],
    );
});

test("every key is said somewhere", () => {
    const all = sources.map((source) => source.text).join("\n");
    const groups = new Set([...all.matchAll(/word\(\s*"([\w.-]+)"/g)].map((match) => match[1]));
    for (const match of all.matchAll(/`([\w.-]+)\.\$\{/g)) groups.add(match[1]);
    const unsaid = Object.keys(en).filter((key) => {
        const group = key.slice(0, key.lastIndexOf("."));
        return !all.includes(`"${key}"`) && !groups.has(group);
    });
    assert.deepEqual(unsaid, []);
});

test("no text stands outside the catalogue", () => {
    const allowed = /^(Wardwatch|CSV|JSON|Esc|Enter|English|中文|[^\p{L}]*)$/u;
    for (const { name, text } of sources.filter((source) => source.name.endsWith(".tsx")))
        for (const match of text.matchAll(/(?<!=)>([^<>{}=;&()]*\p{L}{2,}[^<>{}=;&()]*)</gu))
            assert.match(match[1]!.trim(), allowed, `${name}: ${match[1]}`);
});
