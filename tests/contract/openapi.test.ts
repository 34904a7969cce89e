import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { contract } from "#shared/contract.ts";
import { type OpenApiDocument, openApi } from "#shared/openapi.ts";
import { problems } from "#shared/problems.ts";
import { type Contract, problemsOf } from "#shared/route.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-openapi-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs Redocly's linter with the repository's rules; no network, no telemetry. */
function lint(document: unknown): { status: number | null; output: string } {
  const file = join(folder, "openapi.json");
  writeFileSync(file, JSON.stringify(document));
  const redocly = resolve("node_modules/@redocly/cli/bin/cli.js");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [redocly, "lint", "--config", "redocly.yaml", file],
    {
      encoding: "utf8",
      env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
    },
  );
  return { status, output: stdout + stderr };
}

const document = openApi(contract);

describe("the OpenAPI document", () => {
  test("passes the linter, which would notice a fault", () => {
    expect(lint(document)).toMatchObject({ status: 0 });
    const { paths, ...broken } = document;
    const faulty = lint({ ...broken, paths: { "/x": { get: { responses: {} } } } });
    expect(faulty).toMatchObject({ status: 1, output: expect.stringContaining("operation-summary") });
    expect(paths).toBeDefined();
  }, 20_000);

  test("passes the linter for a contract of a single route too", () => {
    expect(lint(openApi({ getHealth: contract.getHealth }))).toMatchObject({ status: 0 });
  }, 20_000);

  test("has every operation, at its path and method, with its scopes", () => {
    for (const [operationId, { method, path, access }] of Object.entries(contract as Contract)) {
      const operation = at(document, "paths", path.replaceAll(/:(\w+)/g, "{$1}"), method.toLowerCase());
      expect(operation).toMatchObject({ operationId });
      if (access.kind === "token") expect(operation).toMatchObject({ security: [{ token: access.scopes }] });
    }
  });

  test("declares every status that an operation can answer", () => {
    for (const route of Object.values(contract as Contract)) {
      const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
      const declared = Object.keys(at(document, "paths", path, route.method.toLowerCase(), "responses"));
      const own = Object.keys(route.responses);
      const refusals = problemsOf(route).map((code) => String(problems[code].status));
      expect(declared.sort()).toEqual([...new Set([...own, ...refusals])].sort());
    }
  });

  test("requires the Idempotency-Key of the operations that do, and of no others", () => {
    const isRequired = (name: unknown) => at(document, "components", "parameters", String(name));
    for (const { path, method, idempotency } of Object.values(contract as Contract)) {
      const operation = at(document, "paths", path.replaceAll(/:(\w+)/g, "{$1}"), method.toLowerCase());
      const names = JSON.stringify(operation).match(/(?<=parameters\/)\w*[iI]dempotencyKey/g) ?? [];
      const expected =
        idempotency.kind !== "key"
          ? []
          : idempotency.required
            ? ["requiredIdempotencyKey"]
            : ["idempotencyKey"];
      expect([path, names]).toEqual([path, expected]);
      for (const name of names)
        expect(isRequired(name)).toMatchObject({ required: name === "requiredIdempotencyKey" });
    }
  });

  test("names its schemas by their titles, and no two by the same", () => {
    const schemas = at(document, "components", "schemas");
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(["Problem", "TokenError", "Health"]));
    const byTitle = new Map<string, Set<string>>();
    JSON.stringify(contract, (_, value: unknown) => {
      if (
        typeof value === "object" &&
        value !== null &&
        "title" in value &&
        typeof value.title === "string"
      ) {
        byTitle.set(value.title, (byTitle.get(value.title) ?? new Set()).add(JSON.stringify(value)));
      }
      return value;
    });
    for (const [title, spellings] of byTitle) expect([title, spellings.size]).toEqual([title, 1]);
  });

  test("takes the server's URL", () => {
    const served = openApi(contract, { serverUrl: "https://api.example.com" });
    expect(served["servers"]).toEqual([{ url: "https://api.example.com" }]);
    expect(JSON.stringify(served)).toContain('"tokenUrl":"https://api.example.com/v1/oauth/token"');
  });
});

function at(document: OpenApiDocument, ...path: string[]): object {
  let node: unknown = document;
  for (const member of path) node = (node as Record<string, unknown>)[member];
  expect(node, path.join(" ")).toBeTypeOf("object");
  return node as object;
}
