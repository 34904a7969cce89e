import { randomUUID } from "node:crypto";
import { type Answer, originClient, type Send } from "./origin.ts";

/** A tenant that sells: requests of a shop in a word each. */

const SCOPES = ["catalog:read", "catalog:write", "orders:read", "orders:write"];

export type Line = readonly [productId: string, quantity: number];

export type Shop = {
  readonly send: Send;
  /** Makes a product with a price, and stock of it at location `main`. */
  readonly newProduct: (onHand: number, body?: object) => Promise<string>;
  readonly adjust: (productId: string, change: number, location?: string) => Promise<Answer>;
  readonly order: (lines: readonly Line[], body?: object, key?: string) => Promise<Answer>;
  /** @param verb `pay`, `fulfil` or `cancel` */
  readonly step: (orderId: string, verb: string, headers?: Record<string, string>) => Promise<Answer>;
};

export function shopOf(tenantId: string, url?: string): Shop {
  const asTenant = originClient(tenantId, url);
  const send: Send = (path, request = {}) => asTenant(path, { scopes: SCOPES, ...request });
  const post = (path: string, body: unknown) => send(path, { method: "POST", body });

  async function adjust(productId: string, change: number, location = "main"): Promise<Answer> {
    return post(`/v1/products/${productId}/stock/${location}/adjustments`, { change, reason: "test" });
  }

  return {
    send,
    adjust,
    async newProduct(onHand, body = {}) {
      const price = { amountMinor: 1_000, currency: "USD" };
      const { json } = await post("/v1/products", { sku: randomUUID(), name: "A lamp", price, ...body });
      if (onHand > 0) await adjust(json.id, onHand);
      return json.id;
    },
    order: (lines, body = {}, key = randomUUID()) =>
      send("/v1/orders", {
        method: "POST",
        headers: { "idempotency-key": key },
        body: {
          currency: "USD",
          lines: lines.map(([productId, quantity]) => ({ productId, quantity })),
          ...body,
        },
      }),
    step: (orderId, verb, headers = { "if-match": "*" }) =>
      send(`/v1/orders/${orderId}/${verb}`, { method: "POST", headers }),
  };
}
