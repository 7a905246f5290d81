/* Every screen: its address, its name in the menu, who may see it. */
import type { ComponentType } from "preact";
import type { Key } from "../text/text";
import { AlarmScreen } from "./alarm";
import { QueueScreen } from "./queue";

export interface Screen {
    name: string;
    address: string;
    label: Key;
    /** Screens of one group stand together in the menu; 0: not in the menu. */
    group: number;
    roles: readonly string[];
    show: ComponentType<{ path: readonly string[] }>;
}

const ALL = ["operator", "supervisor", "maintenance", "auditor", "integrator", "administrator"] as const;

export const SCREENS: readonly Screen[] = [
    { name: "queue", address: "/", label: "nav.queue", group: 1, roles: ALL, show: QueueScreen },
    { name: "alarm", address: "/alarm", label: "nav.alarm", group: 0, roles: ALL, show: AlarmScreen },
];

export function screenOf(path: readonly string[]): Screen | undefined {
    const first = path[0] ?? "";
    return SCREENS.find((screen) => screen.address === `/${first}`);
}
