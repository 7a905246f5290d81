/* Acts that wait for a second person, asked by or of who sits here: the server has them, and is asked every few seconds. */
import { signal } from "@preact/signals";
import { get } from "./api";
import { may } from "./session";
import { live } from "./stream";

export interface SecondPerson {
    request: number;
    act: string;
    alarm: number | null;
    reason: string | null;
    asked_by: string;
    second_person: string;
    expires_at: string;
    mine: boolean;
}

const EVERY = 5000;
const ACTORS = ["operator", "supervisor", "maintenance", "integrator", "administrator"] as const;

export const seconds = signal<readonly SecondPerson[]>([]);

export async function lookSeconds(): Promise<void> {
    try {
        seconds.value = (await get<{ requests: SecondPerson[] }>("/requests")).requests;
    } catch {
        /* what was known stands until it is known better: it is asked again */
    }
}

/** Until what it returns is called. */
export function followSeconds(): () => void {
    const look = () => may(...ACTORS) && live.value && void lookSeconds();
    const timer = window.setInterval(look, EVERY);
    const end = live.subscribe(look);
    return () => {
        window.clearInterval(timer);
        end();
        seconds.value = [];
    };
}
