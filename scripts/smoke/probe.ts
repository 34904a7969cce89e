import { VERSION_HEADER } from "../deploy/probe.ts";

/** One answer, with all that a check may judge. */
export type Seen = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON: `any`, as `JSON.parse` has it; null when it is none. */
  readonly json: ReturnType<typeof JSON.parse>;
};

export type Asked = {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
};

export type Probe = (path: string, asked?: Asked) => Promise<Seen>;

const PATIENCE_MS = 15_000;

/** Asks a server, as it is: no redirect is followed, and a bearer token is sent only when there is one. */
export function probeOf(baseUrl: string, token: string | null, version: string | null = null): Probe {
  const base = baseUrl.replace(/\/$/, "");
  return async function probe(path, { method = "GET", headers = {}, body } = {}) {
    const response = await fetch(base + path, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(version !== null && { [VERSION_HEADER]: version }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parse(text) };
  };
}

function parse(text: string): Seen["json"] {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
