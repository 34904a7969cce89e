import { EMBEDDED_CACHE_BYTES } from "#edge/cache/embedded.ts";
import { storedHeaders } from "#edge/cache/stored.ts";
import { HttpCache } from "#edge/http-cache/cache.ts";
import { contract } from "#shared/contract.ts";
import { productId, productJson } from "../contestants/product.ts";

/** The gateway's cache by itself, with its budget, asked for one product after the other. */

export type Scanned = {
  /** What the cache says it holds. */
  readonly bytes: number;
  readonly entries: number;
};

const TENANT = "0190a7c0-0000-7000-8000-00000000000a";
/** As long as real ones: route hash, birth and version. */
const VERSION = `${"0".repeat(13)}.0190a7c0-0000-4000-8000-000000000000.123456`;

/** @returns what asks for the products of two indexes and those between, each once */
export function scannedCache(): (from: number, to: number) => Promise<Scanned> {
  const cache = new HttpCache({ maxBytes: EMBEDDED_CACHE_BYTES, now: () => Date.now() });
  return async function scan(from, to) {
    for (let index = from; index < to; index++) await ask(cache, `/v1/products/${productId(index)}`);
    return { bytes: cache.bytes, entries: cache.size };
  };
}

/** As `embeddedCache` does, which does not tell what it holds. */
function ask(cache: HttpCache, target: string): unknown {
  const question = { operationId: "getProduct", partition: { tenantId: TENANT }, target };
  const request = {
    method: "GET",
    partition: `${TENANT} `,
    key: VERSION + target,
    path: target,
    header: () => null,
  };
  const load = async () => {
    const answer = answerProduct();
    const fields = Object.entries(storedHeaders(contract, question, answer));
    return { ...answer, reason: "", fields };
  };
  return cache.answer(request, load, () => undefined);
}

/** As of the origin: text and body of its own for each answer. */
function answerProduct() {
  const body = new Uint8Array(new TextEncoder().encode(productJson)).buffer;
  const headers = { "content-type": "application/json; charset=utf-8", etag: `"${Math.random()}"` };
  return { status: 200, headers, body };
}
