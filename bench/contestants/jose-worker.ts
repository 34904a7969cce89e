import { bundleEdge } from "#scripts/local/edge.ts";
import { get, type Serving } from "../contestant.ts";
import { productJson, productPath } from "./product.ts";
import { createIssuer, manyTokens } from "./token.ts";
import { startScript } from "./worker.ts";

const issuer = await createIssuer();
const tokens = manyTokens(issuer);

/** A Worker that verifies such tokens by jose and answers a constant. */
export async function start(): Promise<Serving> {
  const { port, pids } = await startScript(await bundleEdge("bench/edge/jose.ts"), {
    BODY: productJson,
    KEYS: JSON.stringify({ keys: [issuer.publicKey] }),
  });
  return { port, pids, expected: { body: productJson, headers: { "content-type": "^application/json" } } };
}

export async function requests(): Promise<readonly string[]> {
  return (await tokens).map((token) => get(productPath, { authorization: `Bearer ${token}` }));
}
