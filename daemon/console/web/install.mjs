/* Copies the page to where it is served from: `node install.mjs DIST TARGET`, below DESTDIR. */
import fs from "node:fs";
import path from "node:path";

const [dist, target] = process.argv.slice(2);
const to = path.join(process.env.DESTDIR ?? "", target);

fs.rmSync(to, { recursive: true, force: true });
fs.cpSync(dist, to, { recursive: true });
