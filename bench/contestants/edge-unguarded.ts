import { get, type Serving } from "../contestant.ts";
import { startHitEdge } from "./hit-edge.ts";
import { productPath } from "./product.ts";
import { createIssuer, HIT_HEADERS } from "./token.ts";

const issuer = await createIssuer();

/** The same without authentication and quota. */
export async function start(): Promise<Serving> {
  const serving = await startHitEdge(issuer, "bench/edge/unguarded.ts");
  const { body } = serving.expected;
  const headers = Object.entries(HIT_HEADERS).filter(([name]) => !name.includes("ratelimit"));
  return { ...serving, expected: { body, headers: Object.fromEntries(headers) } };
}

export function requests(): Promise<readonly string[]> {
  return Promise.resolve([get(productPath, { authorization: `Bearer ${issuer.token}` })]);
}
