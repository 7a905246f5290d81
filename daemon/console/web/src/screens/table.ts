/* Every screen: its address, its name in the menu, who may see it. */
import type { ComponentType } from "preact";
import type { Key } from "../text/text";
import { AlarmScreen } from "./alarm";
import { DispatchScreen } from "./dispatch";
import { FiguresScreen } from "./figures";
import { HandoverScreen } from "./handover";
import { HiddenScreen } from "./hidden";
import { HistoryScreen, MomentScreen } from "./history";
import { IncidentScreen, IncidentsScreen } from "./incidents";
import { AuditScreen, DevicesScreen, RulesScreen, StatusScreen } from "./lists";
import { AccountScreen, PeopleScreen } from "./people";
import { MapScreen } from "./map";
import { QueueScreen } from "./queue";
import { RecordScreen, RecordsScreen } from "./records";
import { ReportsScreen } from "./reports";

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
const DESK = ["operator", "supervisor", "administrator"] as const;
const PAST = ["operator", "supervisor", "auditor", "administrator"] as const;
const CHIEFS = ["supervisor", "auditor", "administrator"] as const;

export const SCREENS: readonly Screen[] = [
    { name: "queue", address: "/", label: "nav.queue", group: 1, roles: ALL, show: QueueScreen },
    { name: "map", address: "/map", label: "nav.map", group: 1, roles: ALL, show: MapScreen },
    { name: "incidents", address: "/incidents", label: "nav.incidents", group: 1, roles: ALL, show: IncidentsScreen },
    { name: "dispatch", address: "/dispatch", label: "nav.dispatch", group: 1, roles: DESK, show: DispatchScreen },
    { name: "handover", address: "/handover", label: "nav.handover", group: 1, roles: DESK, show: HandoverScreen },
    { name: "hidden", address: "/hidden", label: "nav.hidden", group: 1, roles: ALL, show: HiddenScreen },
    { name: "records", address: "/records", label: "nav.records", group: 2, roles: ALL, show: RecordsScreen },
    { name: "history", address: "/history", label: "nav.history", group: 2, roles: PAST, show: HistoryScreen },
    { name: "moment", address: "/moment", label: "nav.moment", group: 2, roles: PAST, show: MomentScreen },
    { name: "figures", address: "/figures", label: "nav.figures", group: 2, roles: PAST, show: FiguresScreen },
    { name: "reports", address: "/reports", label: "nav.reports", group: 2, roles: CHIEFS, show: ReportsScreen },
    { name: "devices", address: "/devices", label: "nav.devices", group: 3, roles: ALL, show: DevicesScreen },
    { name: "rules", address: "/rules", label: "nav.rules", group: 3, roles: ALL, show: RulesScreen },
    {
        name: "audit",
        address: "/audit",
        label: "nav.audit",
        group: 3,
        roles: ["auditor", "administrator"],
        show: AuditScreen,
    },
    { name: "people", address: "/people", label: "nav.people", group: 3, roles: CHIEFS, show: PeopleScreen },
    { name: "status", address: "/status", label: "nav.status", group: 3, roles: ALL, show: StatusScreen },
    { name: "alarm", address: "/alarm", label: "nav.alarm", group: 0, roles: ALL, show: AlarmScreen },
    { name: "incident", address: "/incident", label: "alarm.incident", group: 0, roles: ALL, show: IncidentScreen },
    { name: "record", address: "/record", label: "nav.record", group: 0, roles: ALL, show: RecordScreen },
    { name: "account", address: "/account", label: "nav.account", group: 0, roles: ALL, show: AccountScreen },
];

export function screenOf(path: readonly string[]): Screen | undefined {
    const first = path[0] ?? "";
    return SCREENS.find((screen) => screen.address === `/${first}`);
}
