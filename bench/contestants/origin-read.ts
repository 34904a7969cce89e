import type { Serving } from "../contestant.ts";
import { placesIn, productAt } from "./catalogue.ts";
import { serveOrigin, signedGet } from "./origin-server.ts";
import { productId } from "./product.ts";

/**
 * The whole origin, a product by its id: assertion verified, parameters validated, read under row-level
 * security, serialised, counted, and logged.
 */

export async function start(told: string): Promise<Serving> {
  return {
    port: await serveOrigin(told),
    pids: [process.pid],
    expected: {
      body: JSON.stringify(productAt(0)),
      headers: { "content-type": "^application/json", etag: '^"1"$', "x-request-id": "." },
    },
  };
}

export function requests(told: string): Promise<readonly string[]> {
  return Promise.resolve(placesIn(told).map((index) => signedGet(`/v1/products/${productId(index)}`)));
}
