import { createHmac, randomUUID } from "node:crypto";
import { type RunningOrigin, startOrigin } from "#origin/start.ts";
import { headers as names } from "#shared/headers.ts";
import { type AssertionClaims, encodeAssertion } from "#shared/identity.ts";
import { stack } from "./stack.ts";

/** Talks to the origin as the edge does: every request carries a signed assertion. */

export type SignedRequest = {
  readonly method?: string;
  readonly scopes?: readonly string[];
  readonly clientId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, bytes and streams are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  /** Replaces claims, for assertions that must be refused; null sends none at all. */
  readonly claims?: Partial<AssertionClaims> | null;
};

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body: `any`, as `JSON.parse` has it, for tests look into answers of every shape. */
  readonly json: ReturnType<typeof JSON.parse>;
};

export type Send = (path: string, request?: SignedRequest) => Promise<Answer>;

/** @param tenantId null: nobody, as on public routes */
export function originClient(tenantId: string | null, url = stack().originUrl): Send {
  return async function send(path, request = {}) {
    const { method = "GET", scopes = ["catalog:read", "catalog:write"], clientId = "tester" } = request;
    const identity = tenantId === null ? {} : { tenantId, subject: clientId, clientId, scopes: [...scopes] };
    const claims = { target: `${method} ${path}`, ...identity, ...request.claims };
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(request.body !== undefined && { "content-type": "application/json" }),
        ...(request.claims !== null && { [names.assertion]: signAssertion(claims) }),
        ...request.headers,
      },
      redirect: "manual",
      ...bodyOf(request.body),
    });
    const text = await response.text();
    const isJson = /\/(?:problem\+)?json\b/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : null,
    };
  };
}

/** Signs as the edge does. @param secret default: the one that the stack's two tiers share */
export function signAssertion(claims: Partial<AssertionClaims>, secret = stack().secrets.assertion): string {
  const payload = encodeAssertion({
    aud: "gatehouse-origin",
    kid: "development",
    target: "GET /",
    exp: Math.floor(Date.now() / 1000) + 30,
    budgetMs: 5_000,
    requestId: randomUUID(),
    scopes: [],
    ...claims,
  });
  return `${payload}.${createHmac("sha256", secret).update(payload).digest("base64url")}`;
}

function bodyOf(body: unknown): Pick<RequestInit, "body" | "duplex"> {
  if (body === undefined) return {};
  if (typeof body === "string" || body instanceof Uint8Array) return { body };
  if (body instanceof ReadableStream) return { body, duplex: "half" };
  return { body: JSON.stringify(body) };
}

export type OwnOrigin = RunningOrigin & {
  /** What it has logged so far, parsed. */
  readonly lines: () => readonly Record<string, unknown>[];
};

/** Starts another origin on the stack's parts, in this process. */
export async function startOwnOrigin(variables: Readonly<Record<string, string>> = {}): Promise<OwnOrigin> {
  const written: string[] = [];
  const origin = await startOrigin(
    { ...stack().originVariables, LOG_LEVEL: "info", ...variables },
    { logTo: { write: (line: string) => written.push(line) } },
  );
  return { ...origin, lines: () => written.map((line): Record<string, unknown> => JSON.parse(line)) };
}
