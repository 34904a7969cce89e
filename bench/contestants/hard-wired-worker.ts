import { get, type Serving } from "../contestant.ts";
import { productJson, productPath } from "./product.ts";
import { createIssuer, HIT_HEADERS } from "./token.ts";
import { startWorker } from "./worker.ts";

const issuer = await createIssuer();

/** The gateway's job for this one route, by hand. */
export async function start(): Promise<Serving> {
  const { port, pids } = await startWorker("hard-wired", {
    BODY: productJson,
    KEY: JSON.stringify(issuer.publicKey),
  });
  return { port, pids, expected: { body: productJson, headers: HIT_HEADERS } };
}

export function requests(): Promise<readonly string[]> {
  return Promise.resolve([get(productPath, { authorization: `Bearer ${issuer.token}` })]);
}
