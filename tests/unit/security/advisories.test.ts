import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Advisory, advisoriesIn, faultsOf, readAllowList } from "#scripts/security/advisories.ts";
import { Command } from "#tests/support/command.ts";

const advisory: Advisory = {
  id: "GHSA-aaaa-bbbb-cccc",
  package: "fastify",
  title: "Answers too much",
  severity: "high",
};
const allowed = { id: advisory.id, reason: "the part is not used", expires: "2026-12-31" };

describe("what is wrong", () => {
  test("is an advisory that nobody has allowed", () => {
    const faults = faultsOf([advisory], [], "2026-11-21");
    expect(faults).toEqual(["fastify: Answers too much (GHSA-aaaa-bbbb-cccc, high)"]);
  });

  test("is not one that was allowed, up to and with its last day", () => {
    expect(faultsOf([advisory], [allowed], "2026-12-31")).toEqual([]);
  });

  test("is both an advisory and its allowance, from the day after on", () => {
    expect(faultsOf([advisory], [allowed], "2027-01-01")).toHaveLength(2);
  });

  test("is an allowance that has run out, also when there is no such advisory any more", () => {
    expect(faultsOf([], [allowed], "2027-01-01").join()).toContain("was allowed until 2026-12-31");
  });

  test("is not an advisory of low severity", () => {
    expect(faultsOf([{ ...advisory, severity: "low" }], [], "2026-11-21")).toEqual([]);
  });
});

test.each([
  "{}",
  '[{"id":"GHSA-aaaa-bbbb-cccc","reason":"the part is not used"}]',
  '[{"id":"GHSA-aaaa-bbbb-cccc","reason":"","expires":"2026-12-31"}]',
  '[{"id":"everything","reason":"the part is not used","expires":"2026-12-31"}]',
  "not JSON",
])("an allow-list that is none is refused: %s", (json) => {
  expect(() => readAllowList(json)).toThrow("cannot be read");
});

test("an answer of npm that is no report is not taken for one without advisories", () => {
  expect(advisoriesIn('{"error":{"summary":"405"}}')).toBeNull();
  expect(advisoriesIn("")).toBeNull();
});

test("the scan fails, naming it, for an advisory that the registry has of what is installed", async () => {
  const { code, output } = await scan(await registryWith("high"));
  expect(output).toContain("fastify: Made up for this test (GHSA-aaaa-bbbb-cccc, high)");
  expect(code).toBe(1);
});

test("the scan passes when the registry knows of nothing that counts", async () => {
  const { code, output } = await scan(await registryWith("low"));
  expect(output).toContain("advisories: 1 known, none that counts");
  expect(code).toBe(0);
});

test("the scan says that it does not know when the registry cannot be asked", async () => {
  const { code, output } = await scan("http://127.0.0.1:1");
  expect(output).toContain("the registry cannot be asked");
  expect(code).toBe(2);
});

async function scan(registry: string) {
  const variables = {
    npm_config_registry: registry,
    npm_config_fetch_retries: "0",
    // npm remembers an advisory that it has been told of.
    npm_config_cache: mkdtempSync(join(tmpdir(), "gatehouse-npm-")),
  };
  const { code, stdout, stderr } = await new Command("scripts/security-scan.ts", [], variables).finished();
  return { code, output: stdout + stderr };
}

/** A registry that has one advisory, of every version of fastify. */
async function registryWith(severity: string): Promise<string> {
  const found = {
    id: 1,
    url: "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
    title: "Made up for this test",
    severity,
    vulnerable_versions: "*",
    cwe: [],
    cvss: { score: 0, vectorString: null },
  };
  const server = createServer((request, response) => {
    const isAsked = request.url?.endsWith("/advisories/bulk");
    const name = decodeURIComponent(request.url?.slice(1) ?? "");
    const answer = isAsked ? { fastify: [found] } : { name, versions: {}, "dist-tags": {} };
    request.resume().on("end", () => {
      response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
