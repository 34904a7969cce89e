import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EdgeUnderTest, startEdgeUnderTest } from "#tests/support/edge.ts";
import { rawRequest } from "#tests/support/raw-http.ts";

/**
 * Each request is wrong in several ways at once; which refusal it gets shows which stage came first.
 */
describe("the order of the gateway", () => {
  let edge: EdgeUnderTest;
  let reader: string;
  let nobody: string;

  beforeAll(async () => {
    edge = await startEdgeUnderTest({ variables: { QUOTA_DEFAULT: "2" }, shieldLimit: 12 });
    reader = `Authorization: Bearer ${await edge.token({ scope: "catalog:read", client_id: "reader" })}`;
    nobody = `Authorization: Bearer ${await edge.token({ scope: "", client_id: "nobody" })}`;
  });
  afterAll(() => edge.stop());

  const send = async (requestLine: string, ...headers: string[]) => {
    const { status, body } = await rawRequest(edge.url, requestLine, headers);
    return body === "" ? status : `${status} ${JSON.parse(body).code ?? "answered"}`;
  };
  const preflight = ["Origin: https://app.test", "Access-Control-Request-Method: GET"];

  it("answers a preflight before it looks at the path", async () => {
    expect(await send("OPTIONS /a//b", ...preflight)).toBe(204);
  });

  it("looks at the path's form before it looks for a route", async () => {
    expect(await send("GET /no//such")).toBe("400 non-canonical-path");
  });

  it("looks for a route before it asks for a token", async () => {
    expect(await send("GET /no/such")).toBe("404 unknown-route");
    expect(await send("PUT /v1/products")).toBe("405 method-not-allowed");
  });

  it("asks for a token before it looks at scopes, quota or input", async () => {
    expect(await send("GET /v1/products?pageSize=0")).toBe("401 unauthenticated");
    expect(await send("GET /v1/products?pageSize=0", "Authorization: Bearer x.y.z")).toBe(
      "401 invalid-token",
    );
  });

  it("looks at scopes before it charges the quota or looks at input", async () => {
    for (let i = 0; i < 3; i++) {
      expect(await send("GET /v1/products?pageSize=0", nobody)).toBe("403 insufficient-scope");
    }
  });

  it("charges the quota before it looks at input, and looks at input before it asks the origin", async () => {
    expect(await send("GET /v1/products?pageSize=0", reader)).toBe("400 invalid-request");
    expect(edge.origin.requests).toHaveLength(0);
    expect(await send("GET /v1/products", reader)).toBe("200 answered");
    expect(edge.origin.requests).toHaveLength(1);
    expect(await send("GET /v1/products?pageSize=0", reader)).toBe("429 quota-exceeded");
  });

  it("sheds a flood before it verifies a token", async () => {
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await send("GET /v1/products", "Authorization: Bearer x.y.z"));
    expect(answers.at(-1)).toBe("429 rate-exceeded");
  });
});
