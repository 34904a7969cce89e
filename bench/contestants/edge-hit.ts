import { get, type Serving } from "../contestant.ts";
import { startHitEdge } from "./hit-edge.ts";
import { productPath } from "./product.ts";
import { createIssuer } from "./token.ts";

const issuer = await createIssuer();

/**
 * The whole gateway, from wrangler.toml: token verified, quota taken from a lease, parameters
 * validated, answered from the cache.
 */
export function start(): Promise<Serving> {
  return startHitEdge(issuer);
}

export function requests(): Promise<readonly string[]> {
  return Promise.resolve([get(productPath, { authorization: `Bearer ${issuer.token}` })]);
}
