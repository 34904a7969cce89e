import { get, type Serving } from "../contestant.ts";
import { startHitEdge } from "./hit-edge.ts";
import { productPath } from "./product.ts";
import { createIssuer, manyTokens } from "./token.ts";

const issuer = await createIssuer();
const tokens = manyTokens(issuer);

/** The whole gateway and its cache's hit, for tokens that it has not verified before. */
export function start(): Promise<Serving> {
  return startHitEdge(issuer);
}

export async function requests(): Promise<readonly string[]> {
  return (await tokens).map((token) => get(productPath, { authorization: `Bearer ${token}` }));
}
