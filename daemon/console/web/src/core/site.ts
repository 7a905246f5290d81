/* Places and things by their names; loaded once, and again when the rules in force change. */
import { signal } from "@preact/signals";
import { get } from "./api";
import type { Body } from "./wire";

export interface Zone {
    zone: string;
    title: string;
    type: string;
    in: string | null;
    key_area: boolean;
    adjacent?: string[];
    plan?: string | null;
    shape?: [number, number][] | null;
}

export interface Asset {
    asset: string;
    title: string;
    class: string;
    device: string;
    zone: string | null;
    parents?: string[];
    supervision?: number;
    fields?: Body;
}

export interface Disposition {
    code: string;
    title: string;
    outcome: string;
    two_persons?: string | boolean;
}

export interface Plan {
    plan: string;
    title?: string;
    file?: string;
    zone?: string;
    /** Corners of each zone, "x,y x,y …", in the units of the picture. */
    zones?: Record<string, string>;
}

export interface Site {
    site: string;
    zones: Zone[];
    assets: Asset[];
    modes?: { mode: string; title?: string; on?: boolean; exercise?: boolean }[];
    plans?: Plan[];
    dispositions?: Disposition[];
    schedules?: { schedule: string; title: string }[];
    posts?: { post: string; title: string; persons?: number }[];
    procedures?: { procedure: string; title: string }[];
}

const NONE: Site = { site: "", zones: [], assets: [] };

export const site = signal<Site>(NONE);
let zones = new Map<string, Zone>();
let assets = new Map<string, Asset>();

function take(found: Site): void {
    zones = new Map(found.zones.map((zone) => [zone.zone, zone]));
    assets = new Map(found.assets.map((asset) => [asset.asset, asset]));
    site.value = found;
}

export async function loadSite(): Promise<void> {
    take(await get<Site>("/site"));
}

export function zoneOf(name: string): Zone | undefined {
    void site.value;
    return zones.get(name);
}

export function assetOf(name: string): Asset | undefined {
    void site.value;
    return assets.get(name);
}

export function zoneTitle(name: string): string {
    return zoneOf(name)?.title || name;
}

/** What the site is called by its people: its outermost zone, if there is one. */
export function siteTitle(): string {
    const outermost = site.value.zones.filter((zone) => !zone.in);
    return (outermost.length === 1 && outermost[0]!.title) || site.value.site || "Wardwatch";
}

/** From the zone itself up to the site's outermost. */
export function zonePath(name: string): Zone[] {
    const path: Zone[] = [];
    for (let at = zoneOf(name); at && path.length < 16; at = at.in ? zoneOf(at.in) : undefined) path.push(at);
    return path;
}

export function within(zone: string, outer: string): boolean {
    return zone === outer || zonePath(zone).some((at) => at.zone === outer);
}

export function procedureTitle(name: string): string {
    return site.value.procedures?.find((one) => one.procedure === name)?.title || name;
}

export function postTitle(post: string): string {
    return site.value.posts?.find((one) => one.post === post)?.title || post;
}

export function neighbours(name: string): Zone[] {
    return site.value.zones.filter(
        (zone) => zone.adjacent?.includes(name) || zoneOf(name)?.adjacent?.includes(zone.zone),
    );
}
