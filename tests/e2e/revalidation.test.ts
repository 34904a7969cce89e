import { createHmac } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { embeddedCache } from "#edge/cache/embedded.ts";
import { fillFromOrigin } from "#edge/cache/fill.ts";
import type { ResponseCache } from "#edge/cache/serve.ts";
import { createOrigins } from "#edge/origin.ts";
import { contract } from "#shared/contract.ts";
import { originClient } from "#tests/support/origin.ts";
import { newTenant, stack } from "#tests/support/stack.ts";

/** The edge's cache in front of the real origin, with a clock that the test turns. */
describe("revalidation at the origin", () => {
  let now = Date.now();
  let tenantId: string;
  let cache: ResponseCache;
  let background: Promise<unknown>[] = [];
  const answers: { status: number; bytes: number }[] = [];

  beforeAll(async () => {
    ({ id: tenantId } = await newTenant());
    const secret = { kid: "development", secret: stack().secrets.assertion };
    const origins = createOrigins({
      urls: [stack().originUrl],
      secret,
      sign: async (text) => createHmac("sha256", secret.secret).update(text).digest("base64url"),
      now: Date.now,
      random: Math.random,
      traceSampleRate: 0,
      onBreaker: () => undefined,
      onAttempt: () => undefined,
      passage: () => new TransformStream(),
      async fetch(url, init) {
        const response = await fetch(url, init);
        const body = await response.arrayBuffer();
        answers.push({ status: response.status, bytes: body.byteLength });
        return new Response(response.status === 304 ? null : body, response);
      },
    });
    cache = embeddedCache(contract, fillFromOrigin(contract, origins.ask), 1_000_000, () => now).serve;
  });

  const read = async (id: string) => {
    background = [];
    answers.length = 0;
    const { status, word, headers, body } = await cache({
      operationId: "getProduct",
      policy: contract.getProduct.cache,
      partition: { tenantId },
      version: "1",
      target: `/v1/products/${id}`,
      ids: { requestId: "request-1", correlationId: "request-1", traceId: "0".repeat(32), traceFlags: null },
      startedAt: Date.now(),
      waitUntil: (work) => background.push(work),
    });
    await Promise.all(background);
    return { status, word, etag: headers["etag"], product: JSON.parse(new TextDecoder().decode(body)) };
  };
  const { maxAgeSeconds, staleWhileRevalidateSeconds } = contract.getProduct.cache;

  it("costs no body while the product is as it was, and one when it has changed", async () => {
    const send = originClient(tenantId);
    const { json } = await send("/v1/products", { method: "POST", body: { sku: "R-1", name: "Lamp" } });
    const path = `/v1/products/${json.id}`;
    const first = await read(json.id);
    expect(first).toMatchObject({ word: "MISS", product: { name: "Lamp" } });
    expect(answers).toEqual([{ status: 200, bytes: JSON.stringify(first.product).length }]);

    // Stale, but served while it is asked about.
    now += (maxAgeSeconds + 1) * 1_000;
    expect(await read(json.id)).toMatchObject({ word: "UPDATING", product: first.product });
    expect(answers).toEqual([{ status: 304, bytes: 0 }]);
    expect(await read(json.id)).toMatchObject({ word: "HIT" });
    expect(answers).toEqual([]);

    now += (maxAgeSeconds + staleWhileRevalidateSeconds + 1) * 1_000;
    expect(await read(json.id)).toMatchObject({
      word: "REVALIDATED",
      etag: first.etag,
      product: first.product,
    });
    expect(answers).toEqual([{ status: 304, bytes: 0 }]);

    await send(path, {
      method: "PATCH",
      headers: { "content-type": "application/merge-patch+json", "if-match": first.etag ?? "" },
      body: JSON.stringify({ name: "Red lamp" }),
    });
    now += (maxAgeSeconds + staleWhileRevalidateSeconds + 1) * 1_000;
    expect(await read(json.id)).toMatchObject({ word: "EXPIRED", product: { name: "Red lamp" } });
    expect(answers).toMatchObject([{ status: 200 }]);
  });
});
