/* The catalogue: both languages whole, nothing in it that nobody says, and no text outside it. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { test } from "node:test";
import type TypeScript from "typescript";
import { en } from "page/text/en";
import { figuresZh } from "page/text/figures";
import { kindsZh } from "page/text/kinds";
import { noticesZh, noticeTextsZh } from "page/text/notices";
import { zh } from "page/text/zh";

/** The compiler reads the sources as it does when they are built; it is too large to be a part of the test. */
const ts = createRequire(path.join(process.env.WARDWATCH_PAGE!, "package.json"))("typescript") as typeof TypeScript;
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
    for (const match of all.matchAll(/^const (?:STATES|WORDS)\b[^;]*;/gm))
        for (const group of match[0].matchAll(/"([\w.]+)"/g)) groups.add(group[1]);
    const unsaid = Object.keys(en).filter((key) => {
        const group = key.slice(0, key.lastIndexOf("."));
        return !all.includes(`"${key}"`) && !groups.has(group);
    });
    assert.deepEqual(unsaid, []);
});

/** Names and signs that are the same in every language. */
const SAME = /^(Wardwatch|CSV|JSON|Esc|Enter|Ctrl Enter|English|中文|base64:|HTTP|[^\p{L}]*|\p{L})$/u;
/** What people read or hear of an element; the others are for the machine. */
const READ = ["title", "label", "aria-label", "placeholder", "alt", "text", "hint", "confirm", "empty"];

const COMPARES = /^[!=<>]/;

/** Texts that stand in a source as they are: between tags, and as values of what people read. */
function textsIn(name: string, text: string): string[] {
    const found: string[] = [];
    const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
    const values = (node: TypeScript.Node): void => {
        if (ts.isStringLiteralLike(node)) found.push(node.text);
        else if (ts.isTemplateExpression(node))
            found.push(node.head.text, ...node.templateSpans.map((span) => span.literal.text));
        else if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(values);
        else if (ts.isBinaryExpression(node) && !COMPARES.test(node.operatorToken.getText()))
            [node.left, node.right].forEach(values);
        else if (ts.isParenthesizedExpression(node) || ts.isJsxExpression(node)) node.forEachChild(values);
    };
    const walk = (node: TypeScript.Node): void => {
        if (ts.isJsxText(node)) found.push(node.text);
        if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent)) values(node);
        if (ts.isJsxAttribute(node) && READ.includes(node.name.getText()) && node.initializer) values(node.initializer);
        if (ts.isPropertyAssignment(node) && READ.includes(node.name.getText())) values(node.initializer);
        node.forEachChild(walk);
    };
    walk(source);
    return found.map((one) => one.trim());
}

test("no text stands outside the catalogue", () => {
    assert.deepEqual(textsIn("x.tsx", '<p title="Hurry">Run <b>{now ? "now" : t("x")}</b></p>'), [
        "Hurry",
        "Run",
        "now",
    ]);
    for (const { name, text } of sources.filter((source) => source.name.endsWith(".tsx")))
        assert.deepEqual(
            textsIn(name, text).filter((one) => !SAME.test(one) && !(one in en)),
            [],
            name,
        );
});

test("the named questions are in Chinese, all of them, and what has a definition there has one here", () => {
    const folder = path.join(process.env.WARDWATCH_SOURCE!, "daemon/report");
    const rows = files(folder)
        .filter((name) => /questions_\w+\.c$/.test(name))
        .flatMap((name) => [
            ...fs.readFileSync(name, "utf8").matchAll(/^ {8}\{ "([a-z0-9-]+)",\s*"[^"]+",\s*"((?:[^"\\]|\\.)*)"/gm),
        ]);
    assert.deepEqual(rows.map((row) => row[1]).sort(), Object.keys(figuresZh).sort());
    for (const [, name, definition] of rows) {
        const [title, said] = figuresZh[name!]!;
        assert.match(title, /\p{Script=Han}/u, name);
        assert.equal(said !== "", definition !== "", name);
        if (said) assert.match(said, /\p{Script=Han}/u, name);
    }
});

test("the kinds of records that come along are in Chinese, and nothing else is", () => {
    const folder = path.join(process.env.WARDWATCH_SOURCE!, "rules/records");
    const yaml = files(folder)
        .map((name) => fs.readFileSync(name, "utf8"))
        .join("\n");
    for (const match of yaml.matchAll(/\btitle: (?:"([^"]*)"|([^,}\n]+))/g))
        assert.ok(kindsZh[match[1] ?? match[2]!.trim()], match[0]);
    for (const [text, said] of Object.entries(kindsZh)) {
        assert.ok(yaml.includes(text), text);
        assert.match(said, /\p{Script=Han}/u, text);
    }
});

/** The texts of each row of a table in C; those that stand one after the other are one. */
function rowsIn(name: string, row: RegExp): string[][] {
    const table = fs.readFileSync(path.join(process.env.WARDWATCH_SOURCE!, name), "utf8");
    const literals = (text: string) => text.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
    return (table.match(row) ?? []).map((each) =>
        (each.match(/(?:"(?:[^"\\]|\\.)*"\s*)+/g) ?? []).map((run) =>
            literals(run)
                .map((one) => JSON.parse(one) as string)
                .join(""),
        ),
    );
}

const codeIn = (text: string) => (text.match(/`[^`]*`/g) ?? []).sort();

test("what the system says of itself is in Chinese; of its alarms what they mean and what to do, too", () => {
    const kinds = rowsIn("daemon/notices.c", /^ {8}\{ .*NOTICE_.* \},$/gm);
    const advices = new Map(
        rowsIn("daemon/notices_advice.c", /\{ (?:"(?:[^"\\]|\\.)*"[\s,]*)+\}/g).map(([name, ...said]) => [name, said]),
    );
    assert.ok(kinds.length > 40 && advices.size > kinds.length / 2);
    assert.deepEqual(kinds.map(([name]) => name).sort(), Object.keys(noticesZh).sort());
    for (const [name, ...texts] of kinds) {
        const said = noticesZh[name!]!;
        const [means, act] = (texts.length > 1 && advices.get(name)) || [];
        assert.equal(said.written, texts.at(-1));
        assert.equal(said.act?.length, act?.split("\n").length, name);
        for (const text of [said.title, ...(said.means ? [said.means, ...said.act!] : [])])
            assert.match(text, /\p{Script=Han}/u, name);
        assert.deepEqual(codeIn([said.means, ...(said.act ?? [])].join("\n")), codeIn(`${means}\n${act}`), name);
    }
});

test("what the system says beside such a title is what the engine and its workers say, and fills in as much", () => {
    const said = files(path.join(process.env.WARDWATCH_SOURCE!, "daemon"))
        .filter((name) => name.endsWith(".c"))
        .map((name) => fs.readFileSync(name, "utf8"))
        .map((text) => text.replace(/"\s*PRI[du]64\s*"/g, "llu").replace(/"\s*PRI[du]64/g, 'llu"'))
        .map((text) => text.replace(/"\s*\n\s*"/g, ""))
        .join("\n");
    for (const [format, text] of Object.entries(noticeTextsZh)) {
        const holes = format.replace(/%%/g, "").match(/%[-0-9.*]*(?:ll)?[a-z]/g) ?? [];
        assert.ok(said.includes(JSON.stringify(format)), format);
        assert.deepEqual(
            (text.match(/\{\d\}/g) ?? []).sort(),
            holes.map((_, n) => `{${n + 1}}`),
            format,
        );
        if (format.replace(/%[-0-9.*]*(?:ll)?[a-z]/g, "").match(/[a-z]{2}/))
            assert.match(text, /\p{Script=Han}/u, format);
    }
});

test("titles are shown by way of text/titles; an incident is opened with the one that was written", () => {
    const found = sources
        .filter(({ name }) => name !== "text/titles.ts")
        .flatMap(({ name, text }) =>
            text
                .split("\n")
                .filter((line) => /\balarm\??\.title\b|textOf\(incident, "title"\)/.test(line))
                .map((line) => `${name}: ${line.trim()}`),
        );
    assert.deepEqual(found.sort(), [
        "parts/deeds.ts: title: alarm.title,",
        "screens/alarm.tsx: return alarm?.title || asText(story?.story[0]?.title);",
    ]);
});
