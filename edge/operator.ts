import type { NamedSecret } from "#shared/environment.ts";
import { headers as names } from "#shared/headers.ts";
import { ORDER_LIFETIME_SECONDS, type OrderTarget, signedOrder } from "#shared/operator.ts";
import type { Exchange } from "./exchange.ts";
import { verifierOf } from "./sign.ts";

/** @returns the body of an order that was signed just now for this target; null: it is no such order */
export type ReadOrder = (request: Request, target: OrderTarget) => Promise<string | null>;

const MAX_BODY_BYTES = 65_536;
const SIGNATURE = /^(\d{1,12})\.([A-Za-z0-9_-]{43})$/;

/** @param secrets any of them signs an order */
export function orderReader(secrets: readonly NamedSecret[], now: () => number): ReadOrder {
  const verify = verifierOf(secrets);
  return async function readOrder({ headers, body }, target) {
    const [, expiresAt = "", mac = ""] = SIGNATURE.exec(headers.get(names.operator) ?? "") ?? [];
    const secondsLeft = Number(expiresAt) - now() / 1000;
    if (expiresAt === "" || secondsLeft <= 0 || secondsLeft > ORDER_LIFETIME_SECONDS) return null;
    const bytes = body === null ? 0 : Number(headers.get("content-length") ?? Number.NaN);
    if (!(bytes <= MAX_BODY_BYTES)) return null;
    const text = await new Response(body).text();
    return (await verify(mac, signedOrder(target, expiresAt, text))) ? text : null;
  };
}

export function isTarget({ path, request }: Exchange, target: OrderTarget): boolean {
  return `${request.method} ${path}` === target;
}
