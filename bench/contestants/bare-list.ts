import { get, type Serving } from "../contestant.ts";
import { serveBare } from "./bare-server.ts";
import { PAGE_SIZE, pageAfter, placesIn } from "./list.ts";
import { productId } from "./product.ts";

/** A cursor is the id of a page's last product, as it is. */

export async function start(told: string): Promise<Serving> {
  const [first = 0] = placesIn(told);
  return {
    port: await serveBare(told),
    pids: [process.pid],
    expected: {
      body: pageAfter(first, productId(first - PAGE_SIZE)),
      headers: { "content-type": "^application/json" },
    },
  };
}

export function requests(told: string): Promise<readonly string[]> {
  return Promise.resolve(placesIn(told).map((index) => get(`/v1/products?after=${productId(index)}`)));
}
