import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

/** What has to fail the type check: one file for each omission, checked in one run of tsc. */

const route = `
  method: "GET",
  path: "/v1/things/:thingId",
  tag: "Things",
  summary: "Read one thing",
  servedBy: "origin",
  access: { kind: "token", scopes: ["things:read"] },
  rate: { by: "client", quota: "default", cost: 1, whenUnavailable: "open" },
  cache: { kind: "shared", partition: "tenant", shows: { kind: "static" }, maxAgeSeconds: 1, staleWhileRevalidateSeconds: 1, staleIfErrorSeconds: 1, blindMaxAgeSeconds: 1, notFoundMaxAgeSeconds: 1 },
  idempotency: { kind: "natural" },
  budgetMs: 1000,
  request: nothing,
  responses: { 200: { description: "The thing", schema: null, headers: [] } },
  problems: ["not-found"],
`;

const asRoute = (text: string) => `
import { nothing } from "${resolve("shared/resources/common.ts")}";
import { defineRoute } from "${resolve("shared/route.ts")}";
export const thing = defineRoute({${text}});
`;

const asHandlers = (omitted: string) => `
import type { Handlers } from "${resolve("origin/handlers.ts")}";
declare const all: Handlers;
const { ${omitted} ...handlers } = all;
export const registered: Handlers = handlers;
`;

const fields = [
  "access",
  "rate",
  "cache",
  "idempotency",
  "budgetMs",
  "request",
  "responses",
  "problems",
  "servedBy",
];
const members = {
  scopes: /, scopes: \[.*?\]/,
  cost: /cost: 1, /,
  whenUnavailable: /, whenUnavailable: "open"/,
  partition: /partition: "tenant", /,
  shows: /shows: { kind: "static" }, /,
  blindMaxAgeSeconds: /blindMaxAgeSeconds: 1, /,
  headers: /, headers: \[\]/,
};

const folder = mkdtempSync(join(tmpdir(), "gatehouse-types-"));
const errors = new Map<string, string>();

function write(name: string, text: string): void {
  writeFileSync(join(folder, `${name}.ts`), text);
}

beforeAll(() => {
  write("complete-route", asRoute(route));
  for (const field of fields)
    write(`without-${field}`, asRoute(route.replace(new RegExp(`^  ${field}: .*\\n`, "m"), "")));
  for (const [member, pattern] of Object.entries(members))
    write(`without-${member}`, asRoute(route.replace(pattern, "")));
  write("unknown-problem", asRoute(route.replace('"not-found"', '"not-there"')));
  write("complete-handlers", asHandlers(""));
  write("without-handler", asHandlers("getMe,"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const extended = resolve("tsconfig.json");
  const compilerOptions = { typeRoots: [resolve("node_modules/@types")], noUnusedLocals: false };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: extended, compilerOptions, include: ["."] }),
  );
  const tsc = resolve("node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
  });
  let name = "";
  for (const line of stdout.split("\n")) {
    // The reasons of an error follow it, indented.
    name = /^([\w-]+)\.ts\(/.exec(line)?.[1] ?? name;
    errors.set(name, `${errors.get(name) ?? ""}${line}\n`);
  }
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

test("a complete route and a complete set of handlers pass", () => {
  expect(errors.get("complete-route")).toBeUndefined();
  expect(errors.get("complete-handlers")).toBeUndefined();
});

test.each([...fields, ...Object.keys(members)])("a route without `%s` fails", (field) => {
  expect(errors.get(`without-${field}`)).toContain(field);
});

test("a problem that is not in the table fails", () => {
  expect(errors.get("unknown-problem")).toContain("not-there");
});

test("a handler that is missing fails, by its name", () => {
  expect(errors.get("without-handler")).toContain("getMe");
});
