import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { type CallOf, createClient, ProblemError } from "#shared/client.ts";
import type { GatehouseContract } from "#shared/contract.ts";
import { problemDocument } from "#shared/problems.ts";
import type { Product } from "#shared/resources/products.ts";

/** Answers each request as the test says, and keeps what came. */
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let received: { method: string; url: string; headers: IncomingMessage["headers"]; body: string };
let baseUrl: string;

const server = createServer(async (request, response) => {
  const { method = "", url = "", headers } = request;
  received = { method, url, headers, body: await text(request) };
  answer(request, response);
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

function answerWith(status: number, type: string, body: string, headers: Record<string, string> = {}) {
  answer = (_, response) => response.writeHead(status, { "content-type": type, ...headers }).end(body);
}
const answerJson = (status: number, body: unknown, headers = {}) =>
  answerWith(status, "application/json; charset=utf-8", JSON.stringify(body), headers);
const client = (token?: string | (() => Promise<string>)) =>
  createClient({ baseUrl, ...(token === undefined ? {} : { token }) });

describe("a request", () => {
  test("has the route's method, path and canonical query", async () => {
    answerJson(200, { data: [], meta: { nextCursor: null, pageSize: 20 } });
    await client().listProducts({ query: { q: "a b&c", pageSize: 10 } });
    expect(received).toMatchObject({ method: "GET", url: "/v1/products?pageSize=10&q=a%20b%26c" });
    await client().listProducts();
    expect(received.url).toBe("/v1/products");
    await client().getProduct({ params: { productId: "p" }, query: { fields: ["name", "price"] } });
    expect(received.url).toBe("/v1/products/p?fields=name%2Cprice");
  });

  test("cannot leave its path by a parameter", async () => {
    answerJson(200, {});
    await client().getProduct({ params: { productId: "../x?y#z" } });
    expect(received.url).toBe("/v1/products/..%2Fx%3Fy%23z");
  });

  test("carries the token where the route asks for one, and nowhere else", async () => {
    answerJson(200, {});
    await client("one").getMe();
    expect(received.headers.authorization).toBe("Bearer one");
    await client(async () => "two").getMe();
    expect(received.headers.authorization).toBe("Bearer two");
    await client("one").getKeySet();
    expect(received.headers.authorization).toBeUndefined();
  });

  test("carries a merge patch with its precondition", async () => {
    answerJson(200, {});
    const params = { productId: "p" };
    await client().updateProduct({ params, headers: { "if-match": '"7"' }, body: { brand: null } });
    expect(received).toMatchObject({ method: "PATCH", body: '{"brand":null}' });
    expect(received.headers).toMatchObject({
      "if-match": '"7"',
      "content-type": "application/merge-patch+json",
    });
  });

  test("carries the idempotency key as a structured string", async () => {
    answerJson(201, {});
    await client().createProduct({ body: { sku: "A", name: "Lamp" }, idempotencyKey: 'a"\\b' });
    expect(received.headers["idempotency-key"]).toBe('"a\\"\\\\b"');
  });

  test("carries a form, with the credentials beside it", async () => {
    answerJson(200, {});
    const body = { grant_type: "client_credentials", scope: "a b" } as const;
    await client("not sent").issueToken({ headers: { authorization: "Basic eDp5" }, body });
    expect(received.body).toBe("grant_type=client_credentials&scope=a+b");
    expect(received.headers.authorization).toBe("Basic eDp5");
  });

  test("streams NDJSON from text, bytes, a stream or an iterable", async () => {
    answerJson(200, {});
    const lines = '{"sku":"é"}\n{"sku":"b"}\n';
    const bytes = new TextEncoder().encode(lines);
    async function* pieces() {
      yield lines.slice(0, 9);
      yield new TextEncoder().encode(lines.slice(9));
    }
    for (const body of [lines, bytes, new Blob([bytes]).stream(), pieces()]) {
      await client().importProducts({ body });
      expect(received).toMatchObject({ body: lines, headers: { "content-type": "application/x-ndjson" } });
    }
  });

  test("ends when its signal aborts", async () => {
    answer = () => abort.abort();
    const abort = new AbortController();
    await expect(client().getMe({ signal: abort.signal })).rejects.toHaveProperty("name", "AbortError");
  });
});

describe("an answer", () => {
  test("is the declared status with its body and headers", async () => {
    answerJson(201, { id: "p" }, { etag: '"1"' });
    const created = await client().createProduct({ body: { sku: "A", name: "Lamp" } });
    expect(created).toMatchObject({ status: 201, body: { id: "p" } });
    expect(created.headers.get("etag")).toBe('"1"');
  });

  test("without a body has none", async () => {
    answer = (_, response) => response.writeHead(204).end();
    expect(await client().deleteProduct({ params: { productId: "p" } })).toMatchObject({
      status: 204,
      body: undefined,
    });
  });

  test("that the contract declares is returned even when it is an error", async () => {
    answerJson(401, { error: "invalid_client", error_description: "" });
    const issued = await client().issueToken({ body: { grant_type: "client_credentials" } });
    expect(issued.status === 401 && issued.body.error).toBe("invalid_client");
  });

  test("that is a problem is thrown, with when to retry", async () => {
    const document = problemDocument("quota-exceeded", "r-1", { detail: "100 a minute" });
    answerWith(429, "application/problem+json", JSON.stringify(document), { "retry-after": "7" });
    const error = await client()
      .getMe()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ status: 429, document, retryAfterSeconds: 7, message: "100 a minute" });
  });

  test.each([
    [502, "text/html"],
    [200, "text/html"],
    [202, "application/json"],
  ])("of status %d as %s, which is not the API's, is thrown without a document", async (status, type) => {
    answerWith(status, type, "<html>");
    await expect(client().getMe()).rejects.toMatchObject({ status, document: null, retryAfterSeconds: null });
  });
});

test("the types of an answer are of the fields that were asked for, and of the whole without", () => {
  const { getProduct, listProducts } = client();
  const params = { productId: "p" };
  const whole = () => getProduct({ params });
  expectTypeOf(whole).returns.resolves.toHaveProperty("body").toEqualTypeOf<Product>();

  const some = () => getProduct({ params, query: { fields: ["name", "price"] } });
  type Some = Pick<Product, "id" | "name" | "price">;
  expectTypeOf(some).returns.resolves.toHaveProperty("body").toEqualTypeOf<Some>();
  const listed = () => listProducts({ query: { q: "lamp", fields: ["sku"] } });
  expectTypeOf<Awaited<ReturnType<typeof listed>>["body"]["data"]>().toEqualTypeOf<
    readonly Pick<Product, "id" | "sku">[]
  >();
  expectTypeOf<Awaited<ReturnType<typeof listed>>["body"]["meta"]>().toHaveProperty("nextCursor");

  // What is asked for is known only when this runs: any member may be missing.
  const any = (fields: (keyof Product)[]) => getProduct({ params, query: { fields } });
  expectTypeOf<Awaited<ReturnType<typeof any>>["body"]>().toEqualTypeOf<
    Pick<Product, "id"> & Partial<Product>
  >();
  // @ts-expect-error: a product has no colour
  const unknown = () => getProduct({ params, query: { fields: ["colour"] } });
  expect(unknown).toBeTypeOf("function");
});

test("the types say what each call takes and gives", () => {
  const { getProduct, listProducts, issueToken, deleteProduct, importProducts } = client();
  expectTypeOf(getProduct).parameter(0).toExtend<{ params: { productId: string } }>();
  expectTypeOf<CallOf<GatehouseContract["getProduct"]>>().not.toHaveProperty("query");
  expectTypeOf<CallOf<GatehouseContract["getProduct"]>>().not.toHaveProperty("idempotencyKey");
  expectTypeOf(listProducts).toBeCallableWith();
  expectTypeOf(listProducts).toBeCallableWith({ query: { status: "active" } });
  expectTypeOf<{ query: { status: "gone" } }>().not.toExtend<CallOf<GatehouseContract["listProducts"]>>();
  expectTypeOf<{ params: { productId: string } }>().not.toExtend<
    CallOf<GatehouseContract["updateProduct"]>
  >();
  expectTypeOf<{ query: { q: string } }>().not.toExtend<CallOf<GatehouseContract["importProducts"]>>();
  expectTypeOf(importProducts).toBeCallableWith({ body: "" });
  expectTypeOf(deleteProduct).returns.resolves.toHaveProperty("body").toEqualTypeOf<undefined>();
  expectTypeOf(issueToken).returns.resolves.toHaveProperty("status").toEqualTypeOf<200 | 400 | 401>();
});
