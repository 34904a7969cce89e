import { get, type Serving } from "../contestant.ts";
import { productJson, productPath } from "./product.ts";
import { startWorker } from "./worker.ts";

/** A Worker that answers a constant of the same size. */
export async function start(): Promise<Serving> {
  const { port, pids } = await startWorker("bare", { BODY: productJson });
  return { port, pids, expected: { body: productJson, headers: { "content-type": "^application/json" } } };
}

export function requests(): Promise<readonly string[]> {
  return Promise.resolve([get(productPath)]);
}
