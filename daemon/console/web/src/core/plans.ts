/*
 * Floor plans: the site's picture, and where in it which zone is.
 *
 * The picture is shown as an image, never as markup, so nothing in it runs. Only its viewBox is read out of it, because
 * the corners of zones are in its units; a picture without one (PNG) has its own size in pixels.
 */
import { urlOf } from "./api";
import { site, type Plan } from "./site";

export interface View {
    x: number;
    y: number;
    width: number;
    height: number;
}

export type Points = readonly (readonly [number, number])[];

export function parsePoints(text: string): Points {
    const numbers = (text.match(/-?\d+(\.\d+)?/g) ?? []).map(Number);
    const points: [number, number][] = [];
    for (let n = 0; n + 1 < numbers.length; n += 2) points.push([numbers[n]!, numbers[n + 1]!]);
    return points;
}

export function formatPoints(points: Points): string {
    return points.map(([x, y]) => `${Math.round(x)},${Math.round(y)}`).join(" ");
}

/** Its corner that is nearest to the top left: there a mark covers no name, which plans write in the middle. */
export function corner(points: Points): readonly [number, number] {
    return points.reduce((best, point) => (point[0] + point[1] < best[0] + best[1] ? point : best));
}

/** The middle of the box around it. */
export function middle(points: Points): readonly [number, number] {
    const xs = points.map(([x]) => x);
    const ys = points.map(([, y]) => y);
    return [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2];
}

export function planUrl(plan: string): string {
    return urlOf(`/plans/${encodeURIComponent(plan)}`);
}

function imageSize(url: string): Promise<View> {
    return new Promise((resolve, reject) => {
        const image = new Image();
        image.onload = () => resolve({ x: 0, y: 0, width: image.naturalWidth, height: image.naturalHeight });
        image.onerror = () => reject(new Error("no picture"));
        image.src = url;
    });
}

export async function viewOf(plan: string, signal: AbortSignal): Promise<View> {
    const answer = await fetch(planUrl(plan), { signal, credentials: "same-origin" });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    if (!answer.headers.get("content-type")?.includes("svg")) return imageSize(planUrl(plan));
    const box = /<svg[^>]*\sviewBox\s*=\s*["']([^"']+)["']/.exec(await answer.text())?.[1] ?? "";
    const [x, y, width, height] = box
        .trim()
        .split(/[\s,]+/)
        .map(Number);
    if (width && height) return { x: x ?? 0, y: y ?? 0, width, height };
    return imageSize(planUrl(plan));
}

/** Zones with their corners, the larger ones first, so that a room lies above its ward. */
export function placed(plan: Plan): { zone: string; points: Points }[] {
    const all = Object.entries(plan.zones ?? {}).map(([zone, text]) => ({ zone, points: parsePoints(text) }));
    return all.filter((one) => one.points.length > 2).sort((a, b) => area(b.points) - area(a.points));
}

function area(points: Points): number {
    let twice = 0;
    for (const [n, [x, y]] of points.entries()) {
        const [nextX, nextY] = points[(n + 1) % points.length]!;
        twice += x * nextY - nextX * y;
    }
    return Math.abs(twice) / 2;
}

export function planOf(zone: string, path: readonly { zone: string }[]): string | undefined {
    const names = [zone, ...path.map((one) => one.zone)];
    for (const name of names) {
        const found = site.value.plans?.find((plan) => plan.zones?.[name] !== undefined || plan.zone === name);
        if (found) return found.plan;
    }
    return undefined;
}

/** As the site's files have it. */
export function placementYaml(plan: Plan, zones: ReadonlyMap<string, Points>): string {
    const head = ["plans:", `  - plan: ${plan.plan}`];
    if (plan.title) head.push(`    title: ${JSON.stringify(plan.title)}`);
    if (plan.file) head.push(`    file: ${plan.file}`);
    if (plan.zone) head.push(`    zone: ${plan.zone}`);
    const lines = [...zones].map(([zone, points]) => `      ${zone}: "${formatPoints(points)}"`);
    return [...head, "    zones:", ...lines].join("\n") + "\n";
}
