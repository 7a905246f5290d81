/*
 * The tests of the page's pure parts: `node run.mjs WORK TEST.ts`. WORK is the page's working copy of the sources, with its
 * libraries; the test is bundled with what it includes and run by node's own runner, which speaks TAP.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [work, test] = process.argv.slice(2).map((name) => path.resolve(name));
const { build } = await import(pathToFileURL(path.join(work, "node_modules/esbuild/lib/main.js")).href);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "page-test-"));
const bundled = path.join(folder, "test.mjs");

try {
    await build({
        entryPoints: [test],
        outfile: bundled,
        bundle: true,
        platform: "node",
        format: "esm",
        target: "node18",
        jsx: "automatic",
        jsxImportSource: "preact",
        nodePaths: [path.join(work, "node_modules")],
        alias: { page: path.join(work, "src") },
        logLevel: "warning",
    });
    const done = spawnSync(process.execPath, ["--test-reporter=tap", bundled], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, WARDWATCH_PAGE: work },
    });
    process.stdout.write(done.stdout);
    process.exitCode = done.status ?? 1;
} finally {
    fs.rmSync(folder, { recursive: true, force: true });
}
