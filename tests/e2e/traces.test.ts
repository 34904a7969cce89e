import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { contract, scopesOf } from "#shared/contract.ts";
import { type CollectedSpan, type Collector, startCollector } from "#tests/support/collector.ts";
import { type LoggedSystem, startLoggedSystem } from "#tests/support/logged-system.ts";

const CLIENTS_SPAN = "00f067aa0ba902b7";
const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;

type Parsed = { readonly name: string; readonly text: string };

let collector: Collector;
let system: LoggedSystem;
let token: string;
/** Statements that Postgres was sent to parse. */
const parsed: Parsed[] = [];

beforeAll(async () => {
  collector = await startCollector();
  system = await startLoggedSystem({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: "x-collector-key=very%20secret",
    OTEL_RESOURCE_ATTRIBUTES: "service.version=1.2.3",
  });
  token = await system.token(scopesOf(contract));
  await system.database.set({
    kind: "cut",
    at: "after",
    from: "client",
    when: ({ type, body }) => {
      if (type === "P") {
        const [name = "", text = ""] = body.toString().split("\0");
        parsed.push({ name, text });
      }
      return false;
    },
  });
});
beforeEach(() => {
  parsed.length = 0;
});
afterAll(async () => {
  await system.stop();
  await collector.stop();
});

async function send(traceparent: string, path: string, body?: object, method = body ? "POST" : "GET") {
  const response = await fetch(system.url + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      traceparent,
      ...(body && { "content-type": "application/json" }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  await response.arrayBuffer();
  return response;
}

const newTrace = () => randomBytes(16).toString("hex");
const sampled = (traceId: string) => `00-${traceId}-${CLIENTS_SPAN}-01`;
const ofKind = (spans: readonly CollectedSpan[], kind: number) => spans.filter((span) => span.kind === kind);
const person = (name: string) => ({
  email: `${name}@people.example`,
  role: "viewer",
  password: `${name}-password`,
});
const commentOf = ({ text }: Parsed) => /\/\*.*\*\/$/.exec(text)?.[0];

test("a read is one trace from the client through edge and origin to the statement", async () => {
  const traceId = newTrace();
  expect((await send(sampled(traceId), "/v1/users?pageSize=3")).status).toBe(200);
  const spans = await collector.has(traceId, 2);
  const [request] = ofKind(spans, SERVER);
  const [query] = ofKind(spans, CLIENT);
  expect(request).toMatchObject({
    name: "listUsers",
    attributes: {
      "http.request.method": "GET",
      "http.route": "/v1/users",
      "http.response.status_code": 200,
      "url.path": "/v1/users",
      "url.scheme": "http",
      "gatehouse.tenant.id": system.tenant.id,
      "gatehouse.outcome": "ok",
    },
    resource: { "service.name": "gatehouse-origin", "service.version": "1.2.3" },
  });
  // The edge's own span, whose parent is the client's.
  expect(request?.parentSpanId).toMatch(/^[0-9a-f]{16}$/);
  expect(request?.parentSpanId).not.toBe(CLIENTS_SPAN);
  expect(query).toMatchObject({
    name: "SELECT users",
    parentSpanId: request?.spanId,
    attributes: { "db.system.name": "postgresql", "db.query.summary": "SELECT users" },
  });
  const comment = `/*route='%2Fv1%2Fusers',traceparent='00-${traceId}-${query?.spanId}-01'*/`;
  const [statement] = parsed.filter(({ text }) => text.includes(traceId));
  expect(statement?.text.endsWith(comment)).toBe(true);
  // As docs/observability.md asks Postgres.
  const [running] = await system.sql<{ of: string }[]>`
    select substring(query from '/\\*.*') as of from pg_stat_activity
    where query like ${`%traceparent%${traceId}%`} and application_name like 'gatehouse-origin%'`;
  expect(running?.of).toBe(comment);
  const told = () => system.lines().filter((line) => line["trace_id"] === traceId);
  await expect
    .poll(
      () =>
        told()
          .map(({ stage }) => stage)
          .sort(),
      { timeout: 10_000 },
    )
    .toEqual(["edge", "origin"]);
});

test("each statement of a write's transaction names the trace, and none of them stays prepared", async () => {
  const traceId = newTrace();
  expect((await send(sampled(traceId), "/v1/users", person("traced"))).status).toBe(201);
  const spans = await collector.has(traceId, 2);
  const [write] = ofKind(spans, CLIENT);
  expect(write?.attributes["db.query.summary"]).toMatch(/INSERT users/);
  const statements = parsed.filter(({ text }) => text.includes(traceId));
  expect(statements.length).toBeGreaterThan(1);
  for (const { name } of statements) expect(name).toBe("");
  expect(new Set(statements.map(commentOf))).toEqual(
    new Set([`/*route='%2Fv1%2Fusers',traceparent='00-${traceId}-${write?.spanId}-01'*/`]),
  );
});

test("what the client does not want recorded leaves no span and no comment, and stays prepared", async () => {
  const [unwanted, wanted] = [newTrace(), newTrace()];
  const path = "/v1/clients?pageSize=2";
  await send(`00-${unwanted}-${CLIENTS_SPAN}-00`, path);
  const first = parsed.filter(({ text }) => text.includes("api_clients"));
  await send(sampled(wanted), path);
  await collector.has(wanted, 2);
  expect(collector.spans().filter(({ traceId }) => traceId === unwanted)).toEqual([]);
  expect(first).not.toEqual([]);
  expect(first.map(commentOf)).toEqual(first.map(() => undefined));
  for (const { name } of first) expect(name).not.toBe("");
});

test("a malformed traceparent is replaced by a trace that begins at the edge, and is recorded", async () => {
  const hostile = `00-${newTrace()}-${CLIENTS_SPAN}-01*/; drop table users; --`;
  const response = await send(hostile, "/v1/users?pageSize=4");
  expect(response.status).toBe(200);
  const requestId = response.headers.get("x-request-id");
  const line = () =>
    system.lines().find((one) => one["request_id"] === requestId && one["stage"] === "origin");
  await expect.poll(line, { timeout: 10_000 }).toBeDefined();
  const traceId = String(line()?.["trace_id"]);
  expect(hostile).not.toContain(traceId);
  await collector.has(traceId, 2);
  expect(parsed.some(({ text }) => text.includes(traceId))).toBe(true);
  expect(parsed.some(({ text }) => text.includes("drop table"))).toBe(false);
});

test("a failure of ours is an error with the database's code, and a refusal is none", async () => {
  await system.sql.unsafe(`
    create function broken() returns trigger language plpgsql as
      $$ begin raise exception 'unexpected' using errcode = 'XX000'; end $$;
    create trigger broken before insert on users for each row
      when (new.email = 'broken@people.example') execute function broken()`);
  const [failed, refused] = [newTrace(), newTrace()];
  expect((await send(sampled(failed), "/v1/users", person("broken"))).status).toBe(500);
  expect((await send(sampled(refused), "/v1/users", person("traced"))).status).toBe(409);
  const failure = await collector.has(failed, 2);
  expect(ofKind(failure, SERVER)[0]).toMatchObject({
    status: { code: ERROR },
    attributes: { "error.type": "internal", "http.response.status_code": 500 },
  });
  expect(ofKind(failure, CLIENT)[0]).toMatchObject({
    status: { code: ERROR },
    attributes: { "error.type": "XX000", "db.response.status_code": "XX000" },
  });
  const [refusal] = ofKind(await collector.has(refused, 2), SERVER);
  expect([refusal?.status.code ?? 0, refusal?.attributes["error.type"]]).toEqual([0, undefined]);
});

test("a trace is in no cache key: who asks under another one is answered from the cache", async () => {
  const path = "/.well-known/jwks.json";
  await send(sampled(newTrace()), path);
  const again = await send(sampled(newTrace()), path);
  expect(again.headers.get("cache-status")).toContain("hit");
  expect(again.headers.get("traceparent")).toBeNull();
});

test("a collector gets its key, and no token, password, address or query of anybody", () => {
  expect(collector.headers.every((headers) => headers["x-collector-key"] === "very secret")).toBe(true);
  const sent = collector.text();
  for (const secret of [token, "traced-password", "@people.example", "pageSize", "very secret"]) {
    expect(sent).not.toContain(secret);
  }
});
