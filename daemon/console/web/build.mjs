/*
 * Makes the page: `node build.mjs SOURCE WORK OUT DEPFILE STAMP`.
 *
 * Nothing is written among the sources: they are copied to WORK, where the libraries of package-lock.json are, too. The
 * libraries are fetched when that file has changed and at no other time, so that a second build needs no network.
 * OUT gets index.html and, beside it, files whose names carry the hash of what is in them, each with a .gz; DEPFILE says
 * to ninja of what STAMP was made, which is written last.
 */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import zlib from "node:zlib";

const [source, work, out, depfile, stamp] = process.argv.slice(2).map((name) => path.resolve(name));
const OWN = ["package.json", "package-lock.json", ".npmrc", "tsconfig.json", ".prettierrc.json"];

function filesBelow(folder) {
    return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const name = path.join(folder, entry.name);
        return entry.isDirectory() ? filesBelow(name) : [name];
    });
}

function copySources() {
    fs.mkdirSync(work, { recursive: true });
    for (const name of OWN) fs.copyFileSync(path.join(source, name), path.join(work, name));
    fs.rmSync(path.join(work, "src"), { recursive: true, force: true });
    fs.cpSync(path.join(source, "src"), path.join(work, "src"), { recursive: true });
}

function fetchLibraries() {
    const locked = path.join(work, "node_modules", ".locked");
    const lock = fs.readFileSync(path.join(source, "package-lock.json"), "utf8");
    if (fs.existsSync(locked) && fs.readFileSync(locked, "utf8") === lock) return;
    execFileSync("npm", ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"], {
        cwd: work,
        stdio: ["ignore", "ignore", "inherit"],
    });
    fs.writeFileSync(locked, lock);
}

async function bundle() {
    const { build } = await import(pathToFileURL(path.join(work, "node_modules/esbuild/lib/main.js")).href);
    return build({
        absWorkingDir: work,
        entryPoints: { page: "src/main.tsx", style: "src/style.css" },
        outdir: path.join(out, "assets"),
        entryNames: "[name]-[hash]",
        chunkNames: "[name]-[hash]",
        bundle: true,
        splitting: true,
        format: "esm",
        target: "es2021",
        minify: true,
        legalComments: "none",
        jsx: "automatic",
        jsxImportSource: "preact",
        metafile: true,
        logLevel: "warning",
    });
}

/** What the script imports at once is asked for with it, not after it. */
function writeIndex(metafile) {
    const made = Object.keys(metafile.outputs).map((name) => path.relative(out, path.resolve(work, name)));
    const named = (start, end) => made.find((name) => path.basename(name).startsWith(start) && name.endsWith(end));
    const script = named("page-", ".js");
    const parts = metafile.outputs[Object.keys(metafile.outputs).find((name) => name.endsWith(script))].imports
        .filter((each) => each.kind === "import-statement")
        .map((each) => `<link rel="modulepreload" href="/${path.relative(out, path.resolve(work, each.path))}" />`);
    const html = fs
        .readFileSync(path.join(source, "src/index.html"), "utf8")
        .replace("STYLE", named("style-", ".css"))
        .replace("SCRIPT", script)
        .replace("<!-- PARTS -->", parts.join(""));
    fs.writeFileSync(path.join(out, "index.html"), html);
    fs.copyFileSync(path.join(source, "src/icon.svg"), path.join(out, "icon.svg"));
}

function compress() {
    for (const name of filesBelow(out))
        fs.writeFileSync(`${name}.gz`, zlib.gzipSync(fs.readFileSync(name), { level: 9 }));
}

function writeDepfile() {
    const inputs = [...OWN.map((name) => path.join(source, name)), ...filesBelow(path.join(source, "src"))];
    const words = inputs.map((name) => name.replace(/ /g, "\\ "));
    fs.writeFileSync(depfile, `${stamp}: ${words.join(" ")}\n`);
}

copySources();
fetchLibraries();
fs.rmSync(out, { recursive: true, force: true });
fs.mkdirSync(out, { recursive: true });
writeIndex((await bundle()).metafile);
compress();
writeDepfile();
fs.writeFileSync(stamp, "");
