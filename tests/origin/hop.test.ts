import { once } from "node:events";
import { connect } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { assertionVerifier } from "#origin/assertion.ts";
import { originClient, type Send, signAssertion } from "#tests/support/origin.ts";
import { rawRequest } from "#tests/support/raw-http.ts";
import { newTenant, stack } from "#tests/support/stack.ts";

let send: Send;
let tenantId: string;
beforeAll(async () => {
  tenantId = (await newTenant()).id;
  send = originClient(tenantId);
});

const now = () => Math.floor(Date.now() / 1000);

describe("the assertion", () => {
  test("is needed: without one everything is 401, known or not", async () => {
    for (const path of ["/v1/products", "/openapi.json", "/nowhere", "//"]) {
      const { status, json, headers } = await send(path, { claims: null });
      expect([path, status, json?.code]).toEqual([path, 401, "invalid-token"]);
      expect(json.errors ?? json.detail).toBeUndefined();
      expect(headers.get("cache-control")).toBe("no-store");
    }
  });

  test.each([
    ["has expired", { exp: now() - 1 }],
    ["is for another path", { target: "GET /v1/categories" }],
    ["is for another method", { target: "DELETE /v1/products" }],
    ["is for another query", { target: "GET /v1/products?pageSize=1" }],
    ["names another key", { kid: "other" }],
    ["names no UUID as its tenant", { tenantId: "' or true" }],
  ])("is refused when it %s", async (_what, claims) => {
    expect(await send("/v1/products", { claims })).toMatchObject({
      status: 401,
      json: { code: "invalid-token" },
    });
  });

  test("is refused when another secret signed it, or when it was changed", async () => {
    const claims = { target: "GET /v1/me", tenantId, subject: "s", clientId: "c" };
    const good = signAssertion(claims);
    const bad = [
      signAssertion(claims, "another-secret-of-the-same-length-0123456789"),
      good.replace(/^./, "x"),
      good.slice(0, -1),
      `${good}A`,
      good.replace(".", ""),
      `${good.split(".")[0]}.`,
      "",
    ];
    for (const assertion of bad) {
      const answer = await fetch(`${stack().originUrl}/v1/me`, {
        headers: { "gatehouse-assertion": assertion },
      });
      expect([assertion, answer.status]).toEqual([assertion, 401]);
    }
    const answer = await fetch(`${stack().originUrl}/v1/me`, { headers: { "gatehouse-assertion": good } });
    expect(answer.status).toBe(200);
  });

  test("is accepted under either of two secrets, each by its own kid, while one replaces the other", () => {
    const [old, next] = ["a", "b"].map((letter) => letter.repeat(32));
    const verify = assertionVerifier([
      { kid: "next", secret: next ?? "" },
      { kid: "old", secret: old ?? "" },
    ]);
    const check = (kid: string, secret = "") =>
      verify(signAssertion({ kid }, secret), "GET /", now()) !== null;
    expect([check("old", old), check("next", next)]).toEqual([true, true]);
    expect([check("next", old), check("old", next)]).toEqual([false, false]);
  });

  test("of a public request opens no route that needs a token", async () => {
    const nobody = originClient(null);
    expect((await nobody("/v1/products")).status).toBe(401);
    expect((await nobody("/openapi.json")).status).toBe(200);
  });

  test("of a shared fill, which names no client, reads the tenant's data but answers no getMe", async () => {
    const claims = { subject: undefined, clientId: undefined } as Record<string, undefined>;
    expect((await send("/v1/products", { claims })).status).toBe(200);
    expect((await send("/v1/me", { claims })).status).toBe(401);
  });
});

describe("what matches no route", () => {
  test("is 404 unknown-route", async () => {
    expect(await send("/v1/nowhere")).toMatchObject({ status: 404, json: { code: "unknown-route" } });
  });

  test("is 405 with Allow where the path is known", async () => {
    const { status, headers, json } = await send("/v1/products", { method: "PUT" });
    expect([status, json.code, headers.get("allow")]).toEqual([405, "method-not-allowed", "GET, POST"]);
    expect((await send("/v1/products/import")).headers.get("allow")).toBe("POST");
  });

  test.each(["//v1/products", "/v1/products/", "/v1/./products", "/v1/%70roducts", "/v1\\products"])(
    "is 400 when its path %s is not canonical",
    async (path) => {
      const assertion = signAssertion({ target: `GET ${path}` });
      const { status, body } = await rawRequest(stack().originUrl, `GET ${path}`, [
        `gatehouse-assertion: ${assertion}`,
      ]);
      expect([status, JSON.parse(body).code]).toEqual([400, "non-canonical-path"]);
    },
  );

  test("is 414 beyond the longest target", async () => {
    const { status, json } = await send(`/v1/products?q=${"x".repeat(4_100)}`);
    expect([status, json.code]).toEqual([414, "uri-too-long"]);
  });
});

describe("what Node's parser refuses", () => {
  async function talk(text: string): Promise<string> {
    const { hostname, port } = new URL(stack().originUrl);
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    socket.write(text);
    await once(socket, "close");
    return answer;
  }

  test("is a problem document too", async () => {
    const answer = await talk("not http at all\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain("content-type: application/problem+json");
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({
      code: "invalid-request",
      status: 400,
    });
  });

  test("is 431 when the headers are too large", async () => {
    const answer = await talk(`GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('"code":"headers-too-large"');
  });
});

describe("ids", () => {
  const given = { "x-request-id": "request-12345", "x-correlation-id": "correlation-12345" };

  test("are echoed when they are well-formed, on errors as well", async () => {
    for (const path of ["/v1/products", "/v1/nowhere", "/v1/products/no-uuid"]) {
      const { headers } = await send(path, { headers: given });
      expect(headers.get("x-request-id")).toBe("request-12345");
      expect(headers.get("x-correlation-id")).toBe("correlation-12345");
    }
    expect((await send("/v1/nowhere", { headers: given })).json.requestId).toBe("request-12345");
  });

  test("are made up when they are not", async () => {
    const { headers, json } = await send("/v1/nowhere", {
      headers: { "x-request-id": "a b", "x-correlation-id": "<>" },
    });
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get("x-correlation-id")).toBe(headers.get("x-request-id"));
    expect(json.requestId).toBe(headers.get("x-request-id"));
  });
});
