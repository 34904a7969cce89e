import { randomUUID } from "node:crypto";
import { contract } from "#shared/contract.ts";
import type { Asked } from "../matrix/exchange.ts";
import type { Lane } from "../matrix/lane.ts";
import { insist, type Waiting } from "./insist.ts";

/** Clients that order, adjust stock and make products, each insisting on an answer; and what they were told. */

export type Line = { readonly productId: string; readonly quantity: number };
export type PlacedOrder = { readonly id: string; readonly lines: readonly Line[]; state: string };

/** Everything that was acknowledged. */
export type Acknowledged = {
  /** By their reasons. */
  readonly adjustments: Map<string, { readonly productId: string; readonly change: number }>;
  /** By their references. */
  readonly orders: Map<string, PlacedOrder>;
  /** Ids by stock-keeping units. */
  readonly products: Map<string, string>;
  writes: number;
  /** With repetitions. */
  sent: number;
  replays: number;
};

/** What clients sell. */
export const PRODUCTS = 12;
export const STOCK = 1_000_000;
const CLIENTS = 8;
/** Nothing expires meanwhile. */
const TTL_SECONDS = 86_400;

export type Shop = {
  readonly acknowledged: Acknowledged;
  /** What is not acknowledged: yet, or once the shop is closed at all. */
  readonly waiting: ReadonlySet<Waiting>;
  /** What a 5xx lacked, and why a client gave up. */
  readonly faults: ReadonlySet<string>;
  /** Resolves when each client has been answered, or has given up after `patienceMs`. */
  readonly close: (patienceMs: number) => Promise<void>;
};

/** @param random decides what is done; the same numbers, the same requests */
export async function openShop(lane: Lane, random: () => number): Promise<Shop> {
  const token = await lane.newToken("shop");
  const acknowledged: Acknowledged = {
    ...{ adjustments: new Map(), orders: new Map(), products: new Map() },
    ...{ writes: 0, sent: 0, replays: 0 },
  };
  const waiting = new Set<Waiting>();
  const faults = new Set<string>();
  const below = (limit: number) => Math.floor(random() * limit);
  const change = () => (1 + below(10)) * (random() < 0.5 ? -1 : 1);
  let isOpen = true;
  let endsAt = Number.POSITIVE_INFINITY;

  async function post(path: string, budgetMs: number, body?: object, key: string = randomUUID()) {
    const asked: Asked = {
      url: lane.edgeUrl + path,
      ...{ method: "POST", token, key, budgetMs },
      ...(body === undefined ? { ifMatch: "*" } : { body }),
    };
    const one: Waiting = { path, sinceMs: performance.now(), tries: 0, last: "nothing yet" };
    waiting.add(one);
    const fault = (text: string) => void faults.add(text);
    const isTooLate = () => performance.now() > endsAt;
    const { answer, isReplay } = await insist({ asked, random, waiting: one, fault, isTooLate });
    waiting.delete(one);
    acknowledged.writes++;
    acknowledged.sent += one.tries;
    if (isReplay) acknowledged.replays++;
    return answer;
  }

  async function makeProduct(): Promise<string> {
    const sku = randomUUID();
    const price = { amountMinor: 1_000, currency: "USD" };
    const { id } = await post("/v1/products", contract.createProduct.budgetMs, {
      sku,
      name: "A lamp",
      price,
    });
    acknowledged.products.set(sku, id);
    return id;
  }

  async function adjust(productId: string, change: number): Promise<void> {
    const reason = randomUUID();
    const path = `/v1/products/${productId}/stock/main/adjustments`;
    await post(path, contract.adjustStock.budgetMs, { change, reason });
    acknowledged.adjustments.set(reason, { productId, change });
  }

  async function order(sold: readonly string[]): Promise<void> {
    const reference = randomUUID();
    const chosen = new Set(Array.from({ length: 1 + below(3) }, () => sold[below(sold.length)] ?? ""));
    const lines = [...chosen].map((productId) => ({ productId, quantity: 1 + below(5) }));
    const body = { currency: "USD", lines, reference, ttlSeconds: TTL_SECONDS };
    const { id } = await post("/v1/orders", contract.createOrder.budgetMs, body, reference);
    const placed: PlacedOrder = { id, lines, state: "pending" };
    acknowledged.orders.set(reference, placed);
    for (const verb of [[], ["cancel"], ["pay"], ["pay", "fulfil"], ["pay", "cancel"]][below(5)] ?? []) {
      placed.state = (await post(`/v1/orders/${id}/${verb}`, contract.payOrder.budgetMs)).state;
    }
  }

  const sold = await Promise.all(Array.from({ length: PRODUCTS }, makeProduct));
  await Promise.all(sold.map((id) => adjust(id, STOCK)));

  async function serve(): Promise<void> {
    while (isOpen) {
      const what = random();
      if (what < 0.45) await adjust(sold[below(sold.length)] ?? "", change());
      else if (what < 0.85) await order(sold);
      else await makeProduct();
    }
  }

  // A client that gives up leaves a write behind of which nobody was told.
  const serving = Array.from({ length: CLIENTS }, () =>
    serve().catch((error: unknown) => void faults.add(String(error))),
  );
  return {
    ...{ acknowledged, waiting, faults },
    async close(patienceMs) {
      isOpen = false;
      endsAt = performance.now() + patienceMs;
      await Promise.all(serving);
    },
  };
}
