import { get } from "../contestant.ts";
import { productPath } from "./product.ts";
import { createIssuer } from "./token.ts";

/** The bare Worker, sent what clients of the gateway send: what it takes to receive a token, and not to look at it. */
export { start } from "./bare-worker.ts";

export async function requests(): Promise<readonly string[]> {
  const { token } = await createIssuer();
  return [get(productPath, { authorization: `Bearer ${token}` })];
}
