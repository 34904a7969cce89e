import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EdgeUnderTest, startEdgeUnderTest } from "#tests/support/edge.ts";
import { rawRequest } from "#tests/support/raw-http.ts";

describe("the path of a request", () => {
  let edge: EdgeUnderTest;
  let authorization: string;

  beforeAll(async () => {
    edge = await startEdgeUnderTest();
    authorization = `Authorization: Bearer ${await edge.token()}`;
  });
  afterAll(() => edge.stop());

  it.each([
    "//v1/products",
    "/v1//products",
    "/v1/products/",
    "/v1/./products",
    "/v1/../v1/products",
    "/v1/x/../products",
    "/v1/products/..",
    "/v1/%2e%2e/v1/products",
    "/v1/%2E/products",
    "/%761/products",
    "/v1/products%2f1",
    "/v1/products%00",
    "/v1\\products",
    "/v1/products;a=b/../x",
    "/v1/prodücts",
    "/v1/products|x",
    '/v1/products"x',
    "/v1/products/%",
  ])("is refused when it is %s", async (path) => {
    const { status, body } = await rawRequest(edge.url, `GET ${path}`, [authorization]);
    expect([status, JSON.parse(body).code]).toEqual([400, "non-canonical-path"]);
    expect(edge.origin.requests).toHaveLength(0);
  });

  it.each(["/v1/products/1/x.css", "/v1/products.css", "/v1", "/", "/V1/products", "/v1/productsx"])(
    "is unknown when it is %s",
    async (path) => {
      const { status, body } = await rawRequest(edge.url, `GET ${path}`, [authorization]);
      expect([status, JSON.parse(body).code]).toEqual([404, "unknown-route"]);
    },
  );

  it("is too long beyond 4,096 bytes", async () => {
    const { status } = await rawRequest(edge.url, `GET /v1/products?q=${"a".repeat(4_096)}`, [authorization]);
    expect(status).toBe(414);
  });

  it("takes the methods of its routes and names them when it gets another", async () => {
    const { status, headers } = await rawRequest(edge.url, "DELETE /v1/products", [authorization]);
    expect([status, headers.get("allow")]).toEqual([405, "GET, POST, HEAD, OPTIONS"]);
  });

  it("is the literal one where a parameter would match too", async () => {
    for (const method of ["GET", "PATCH", "DELETE"]) {
      const { status, headers } = await rawRequest(edge.url, `${method} /v1/products/import`, [
        authorization,
      ]);
      expect([status, headers.get("allow")]).toEqual([405, "POST, OPTIONS"]);
    }
  });

  it("answers HEAD like GET, without a body", async () => {
    const { status, body, headers } = await rawRequest(edge.url, "HEAD /v1/products", [authorization]);
    expect([status, body]).toEqual([200, ""]);
    expect(headers.get("cache-status")).toMatch(/^gatehouse; fwd=uri-miss;.* stored$/);
  });
});

describe("the query of a request", () => {
  let edge: EdgeUnderTest;
  let authorization: string;

  beforeAll(async () => {
    edge = await startEdgeUnderTest();
    authorization = `Authorization: Bearer ${await edge.token()}`;
  });
  afterAll(() => edge.stop());

  it("reaches the origin in one spelling, and equivalent ones share an entry", async () => {
    const spellings = [
      "status=active&q=red%20lamp",
      "q=red+lamp&status=active",
      "q=%72ed%20lamp&status=active&pageSize=20",
      "&&status=active&q=red%20lamp",
    ];
    for (const query of spellings) await rawRequest(edge.url, `GET /v1/products?${query}`, [authorization]);
    expect(edge.origin.requests.map(({ url }) => url)).toEqual(["/v1/products?q=red%20lamp&status=active"]);
  });

  it.each([
    ["colour=red", "/colour", "unknown"],
    ["pageSize=1&pageSize=1", "/pageSize", "repeated"],
    ["pageSize=0", "/pageSize", "minimum"],
    ["pageSize=101", "/pageSize", "maximum"],
    ["pageSize=5.7", "/pageSize", "type"],
    ["pageSize=", "/pageSize", "type"],
    ["pageSize=+5", "/pageSize", "type"],
    ["pageSize=1e1", "/pageSize", "type"],
    ["status=sold", "/status", "enum"],
    ["categoryId=1", "/categoryId", "pattern"],
    ["q=", "/q", "minLength"],
    ["q=%00", "/q", "type"],
    ["q=%ff", "/q", "type"],
    ["q=%zz", "/q", "type"],
    ["q=%ed%a0%80", "/q", "type"],
    ["__proto__=1", "/__proto__", "unknown"],
    ["constructor=1", "/constructor", "unknown"],
  ])("is refused when it is %s, naming %s and the rule %s", async (query, pointer, rule) => {
    const { status, body } = await rawRequest(edge.url, `GET /v1/products?${query}`, [authorization]);
    expect(status).toBe(400);
    expect(JSON.parse(body).errors).toEqual([expect.objectContaining({ in: "query", pointer, rule })]);
  });
});
