import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missThenHitFault, problemFault, protectionFault, tellingFault } from "#scripts/smoke/judge.ts";
import type { Seen } from "#scripts/smoke/probe.ts";
import { type SmokeTarget, smoke } from "#scripts/smoke/run.ts";
import { securityHeaders } from "#shared/security-headers.ts";
import { Command } from "#tests/support/command.ts";
import { mintToken, newTenant, owner, stack } from "#tests/support/stack.ts";

/** Nothing listens there. */
const NOWHERE = "http://127.0.0.1:9";

let tenantId: string;
let target: SmokeTarget;
beforeAll(async () => {
  tenantId = (await newTenant()).id;
  target = { url: stack().edgeUrl, token: await mintToken({ tenantId }), opsUrls: [stack().opsUrl] };
});

const faultsOf = async (wanted: SmokeTarget) =>
  (await smoke(wanted)).filter(({ fault }) => fault !== null).map(({ title, fault }) => `${title}: ${fault}`);

describe("npm run smoke", () => {
  test("finds nothing wrong with a whole system, and leaves nothing behind", async () => {
    const results = await smoke(target);
    expect(results.filter(({ fault }) => fault !== null)).toEqual([]);
    expect(results.length).toBe(16);
    const left = await owner()`select from products where tenant_id = ${tenantId} and deleted_at is null`;
    expect(left.length).toBe(0);
  });

  test("prints each check and ends with 0, without a token only what anybody may see", async () => {
    const args = ["--url", target.url, "--ops", stack().opsUrl];
    const { code, stdout } = await new Command("scripts/smoke.ts", args).finished();
    expect(stdout).toMatch(/^ok +\d+ ms {2}the edge reaches its origin and Redis$/m);
    expect(stdout).toMatch(/left out, for want of SMOKE_TOKEN.*all 12 checks passed\n$/s);
    expect(code).toBe(0);
  });

  test("ends with 1 when a check fails, and says which and why", async () => {
    const args = ["--url", NOWHERE];
    const { code, stdout } = await new Command("scripts/smoke.ts", args).finished();
    expect(stdout).toMatch(/^FAILED .* the edge reaches its origin and Redis\n +cannot be asked: .+/m);
    expect(stdout).toContain("8 of 8 failed");
    expect(code).toBe(1);
  });

  test("says what a token lacks that may only read", async () => {
    const token = await mintToken({ tenantId, scopes: ["catalog:read"] });
    const faults = await faultsOf({ ...target, token, opsUrls: [] });
    expect(faults[0]).toMatch(/^a write happens once, .*: answered 403 instead of 201: .*insufficient-scope/);
  });

  test("finds an origin that is none", async () => {
    const faults = await faultsOf({ ...target, token: null, opsUrls: [NOWHERE] });
    expect(faults.length).toBe(4);
  });

  describe("in front of something else", () => {
    const other = createServer((_, response) =>
      response.writeHead(200, { "x-powered-by": "Else", "content-type": "text/html" }).end("<h1>It works!"),
    );
    beforeAll(() => new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve)));
    afterAll(() => {
      other.close();
    });

    test("fails in every check", async () => {
      const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
      expect(await faultsOf({ url, token: null, opsUrls: [] })).toHaveLength(8);
    });
  });
});

describe("what smoke judges by", () => {
  const seen = (status: number, headers: Record<string, string>, text = ""): Seen => ({
    status,
    headers: new Headers(headers),
    text,
    json: text === "" ? null : JSON.parse(text),
  });
  const hit = seen(200, { "cache-status": "gatehouse; hit; ttl=300" });
  const miss = seen(200, { "cache-status": "gatehouse; fwd=uri-miss; stored" });

  test("a miss, then a hit; not the one or the other alone", () => {
    expect(missThenHitFault([miss, miss, hit])).toBeNull();
    expect(missThenHitFault([hit])).toMatch(/hit at the first read/);
    expect(missThenHitFault([miss, miss])).toMatch(/no hit in 2 reads: gatehouse; fwd=uri-miss/);
    expect(missThenHitFault([miss, seen(503, {})])).toMatch(/^answered 503/);
    expect(missThenHitFault([])).toMatch(/was not read/);
  });

  test("a problem in every member, its header and its cache policy", () => {
    const document = { type: "/problems/unknown-route", title: "There is no such route", status: 404 };
    const good = { ...document, code: "unknown-route", requestId: "request-1" };
    const headers = {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "x-request-id": "request-1",
    };
    const fault = (change: object, other: Record<string, string> = {}) =>
      problemFault(
        seen(404, { ...headers, ...other }, JSON.stringify({ ...good, ...change })),
        "unknown-route",
      );
    expect(fault({})).toBeNull();
    expect(fault({ title: "Gone" })).toMatch(/is not the problem/);
    expect(fault({ requestId: "another" })).toMatch(/another request id/);
    expect(fault({}, { "cache-control": "max-age=1" })).toMatch(/may be stored/);
    expect(fault({}, { "content-type": "text/html" })).toMatch(/is no application/);
  });

  test("what a server tells of itself, Cloudflare's name aside", () => {
    expect(tellingFault(seen(200, { server: "cloudflare" }))).toBeNull();
    expect(tellingFault(seen(200, { server: "Apache/2.4", via: "1.1 x" }))).toMatch(/: server, via$/);
  });

  test("every security header, once and with its own value", () => {
    expect(protectionFault(seen(200, securityHeaders))).toBeNull();
    const { "x-content-type-options": _, ...without } = securityHeaders;
    expect(protectionFault(seen(200, without))).toBe("has no right x-content-type-options");
    const twice = { ...securityHeaders, "x-frame-options": "DENY, DENY" };
    expect(protectionFault(seen(200, twice))).toBe("has no right x-frame-options");
  });
});

describe("npm run health", () => {
  test("is a table of the edge, its origin and what they need, and ends with 0", async () => {
    const args = ["--url", stack().edgeUrl, "--ops", stack().opsUrl];
    const { code, stdout } = await new Command("scripts/health.ts", args).finished();
    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => line.split(/ {2,}/));
    expect(rows[0]).toEqual(["state", "what", "latency", "where", "note"]);
    expect(rows.slice(1).map(([state]) => state)).toEqual(rows.slice(1).map(() => "ok"));
    const whats = rows.slice(1).map(([, what]) => what);
    const ofEdge = ["edge", "origin", "redis", "keys", "quotas", "versions"];
    expect(whats).toEqual([...ofEdge, "origin", "database", "redis", "relay"]);
    expect(rows[whats.lastIndexOf("database") + 1]?.[2]).toMatch(/^\d+\.\d ms$/);
    expect(code).toBe(0);
  });

  test("ends with 1 when somebody cannot be reached, and says who", async () => {
    const args = ["--url", stack().edgeUrl, "--ops", NOWHERE];
    const { code, stdout } = await new Command("scripts/health.ts", args).finished();
    expect(stdout).toMatch(new RegExp(`^AWAY +origin +- +origin ${NOWHERE} +cannot be reached$`, "m"));
    expect(code).toBe(1);
  });
});
