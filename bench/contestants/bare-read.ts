import { get, type Serving } from "../contestant.ts";
import { serveBare } from "./bare-server.ts";
import { placesIn, productAt } from "./catalogue.ts";
import { productId } from "./product.ts";

export async function start(told: string): Promise<Serving> {
  return {
    port: await serveBare(told),
    pids: [process.pid],
    expected: { body: JSON.stringify(productAt(0)), headers: { "content-type": "^application/json" } },
  };
}

export function requests(told: string): Promise<readonly string[]> {
  return Promise.resolve(placesIn(told).map((index) => get(`/v1/products/${productId(index)}`)));
}
