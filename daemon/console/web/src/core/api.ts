/* The one way to the server. Every answer is JSON or an error that says what to do; a lost session leads to the login. */
import { signal } from "@preact/signals";
import { parse } from "./visible";

const BASE = "/api/v1";

export interface Problem {
    status: number;
    name: string;
    text: string;
    cure: string;
}

export class ApiError extends Error {
    constructor(readonly problem: Problem) {
        super(problem.text);
    }
}

/** Grows when the server says that nobody is logged in. */
export const expired = signal(0);
/** Grows when the server says that the session is locked. */
export const locked = signal(0);
/** Of the session: every request that changes something carries it. */
let csrf = "";

export function useCsrf(token: string): void {
    csrf = token;
}

export function urlOf(path: string, query?: Record<string, string | number | boolean | undefined>): string {
    const words = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {}))
        if (value !== undefined && value !== "") words.set(name, String(value));
    const text = words.toString();
    return BASE + path + (text ? `?${text}` : "");
}

function problemOf(status: number, body: unknown): Problem {
    const error = (body as { error?: Partial<Problem> } | null)?.error ?? {};
    return { status, name: error.name ?? "failed", text: error.text ?? `HTTP ${status}`, cure: error.cure ?? "" };
}

async function bodyOf(response: Response): Promise<unknown> {
    const text = await response.text();
    try {
        return text ? parse(text) : null;
    } catch {
        return null;
    }
}

/** Nobody is logged in, or the session is locked until the password is given again. */
function told401(path: string, answer: unknown): void {
    const name = (answer as { error?: { name?: string } } | null)?.error?.name;
    if (name === "locked") locked.value++;
    else if (!path.endsWith("/login") && !path.startsWith("/session")) expired.value++;
}

/** What the server said with its status; throws only if it could not be reached. */
export async function ask(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
): Promise<{ status: number; body: unknown }> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (method !== "GET") {
        headers["Content-Type"] = "application/json";
        headers["X-Wardwatch-CSRF"] = csrf || "login";
    }
    let response: Response;
    try {
        response = await fetch(BASE + path, {
            method,
            headers,
            body: method === "GET" ? undefined : JSON.stringify(body ?? {}),
            credentials: "same-origin",
            cache: "no-store",
            signal,
        } as RequestInit);
    } catch (error) {
        if (signal?.aborted) throw error;
        throw new ApiError({ status: 0, name: "unreachable", text: "", cure: "" });
    }
    const answer = await bodyOf(response);
    if (response.status === 401) told401(path, answer);
    return { status: response.status, body: answer };
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
    const { status, body } = await ask("GET", path, undefined, signal);
    if (status < 200 || status > 299) throw new ApiError(problemOf(status, body));
    return body as T;
}

export async function post<T>(path: string, content: unknown): Promise<T> {
    const { status, body } = await ask("POST", path, content);
    if (status < 200 || status > 299) throw new ApiError(problemOf(status, body));
    return body as T;
}
