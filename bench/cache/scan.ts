import { EMBEDDED_CACHE_BYTES, embeddedCache } from "#edge/cache/embedded.ts";
import type { Shared } from "#edge/cache/key.ts";
import { HttpCache } from "#edge/http-cache/cache.ts";
import { contract } from "#shared/contract.ts";
import { productId, productJson } from "../contestants/product.ts";

/** The gateway's cache by itself, with its budget, asked for one product after the other. */

export type Scanned = {
  /** What the cache says it holds. */
  readonly bytes: number;
  readonly entries: number;
};

const PARTITION = { tenantId: "0190a7c0-0000-7000-8000-00000000000a" };
/** As long as real ones: route hash, birth and version. */
const VERSION = `${"0".repeat(13)}.0190a7c0-0000-4000-8000-000000000000.123456`;
const IDS = { requestId: "bench", correlationId: "bench", traceId: "bench" };

/** @returns what asks for the products of two indexes and those between, each once */
export function scannedCache(): (from: number, to: number) => Promise<Scanned> {
  const policy: Shared = contract.getProduct.cache;
  const cache = new HttpCache({ maxBytes: EMBEDDED_CACHE_BYTES, now: () => Date.now() });
  const serve = embeddedCache(answerProduct, cache);
  return async function scan(from, to) {
    for (let index = from; index < to; index++) {
      const target = `/v1/products/${productId(index)}`;
      await serve({
        operationId: "getProduct",
        policy,
        partition: PARTITION,
        version: VERSION,
        target,
        ids: IDS,
        waitUntil: () => undefined,
      });
    }
    return { bytes: cache.bytes, entries: cache.size };
  };
}

/** As of the origin: text and body of its own for each answer. */
async function answerProduct() {
  const body = new Uint8Array(new TextEncoder().encode(productJson)).buffer;
  const headers = { "content-type": "application/json; charset=utf-8", etag: `"${Math.random()}"` };
  return { status: 200, headers, body };
}
