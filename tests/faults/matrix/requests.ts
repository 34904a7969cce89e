import { randomUUID } from "node:crypto";
import { contract } from "#shared/contract.ts";
import { type Asked, type Exchange, type Outcome, outcomeOf } from "./exchange.ts";
import type { Lane } from "./lane.ts";
import { readOf, type Scene } from "./scene.ts";

/** One kind of request: a column of the tables. */
export type RequestClass = {
  readonly title: string;
  /** What the title means. */
  readonly about: string;
  /** In the cache, on a route that fails open, with keys that are known: answered whatever happens. */
  readonly isAlwaysAnswered: boolean;
  /** What it shows; left out: what any request does. */
  readonly outcomeOf?: (exchange: Exchange) => Outcome;
  readonly asked: (lane: Lane, scene: Scene, nth: number) => Asked | Promise<Asked>;
};

const cachedWith = (lane: Lane, { cached }: Scene, token: string) => readOf(lane, cached[0] ?? "", token);

/** A write that happens once if it has a key, however often it is sent. Its reason names it in the ledger. */
export function adjustmentOf(lane: Lane, scene: Scene, productId: string, hasKey: boolean): Asked {
  const reason = randomUUID();
  return {
    url: `${lane.edgeUrl}/v1/products/${productId}/stock/main/adjustments`,
    method: "POST",
    token: scene.knownToken,
    key: hasKey ? reason : null,
    body: { change: 1, reason },
    budgetMs: contract.adjustStock.budgetMs,
  };
}

/** Where the answer comes from is another column's. */
const acceptance = (exchange: Exchange): Outcome =>
  exchange.status === 200 ? "accepted" : outcomeOf(exchange);

export const requests = {
  cached: {
    title: "cached",
    about: "what the cache has, and nothing has changed since",
    isAlwaysAnswered: true,
    asked: (lane, { cached, knownToken }, nth) => readOf(lane, cached[nth] ?? "", knownToken),
  },
  changed: {
    title: "changed since",
    about: "what the cache has, and was changed just before the outage",
    isAlwaysAnswered: true,
    asked: (lane, { changed, knownToken }, nth) => readOf(lane, changed[nth] ?? "", knownToken),
  },
  unknown: {
    title: "not cached",
    about: "a read of what nobody has asked for",
    isAlwaysAnswered: false,
    asked: (lane, { unknown, knownToken }, nth) => readOf(lane, unknown[nth] ?? "", knownToken),
  },
  keyed: {
    title: "write with a key",
    about: "a write with an `Idempotency-Key`",
    isAlwaysAnswered: false,
    asked: (lane, scene, nth) => adjustmentOf(lane, scene, scene.written[nth] ?? "", true),
  },
  plain: {
    title: "write without",
    about: "the same write without one",
    isAlwaysAnswered: false,
    asked: (lane, scene, nth) => adjustmentOf(lane, scene, scene.written[scene.size + nth] ?? "", false),
  },
  closed: {
    title: "fail-closed route",
    about: "a read on a route that declares `whenUnavailable: closed`, by a client that holds no lease",
    isAlwaysAnswered: false,
    asked: async (lane) => ({
      url: `${lane.edgeUrl}/v1/me`,
      token: await lane.newToken(randomUUID()),
      budgetMs: contract.getMe.budgetMs,
    }),
  },
  newToken: {
    title: "new token",
    about: "what the cache has, with a token that this edge has not seen, by a key that it knows",
    isAlwaysAnswered: true,
    outcomeOf: acceptance,
    asked: async (lane, scene) => cachedWith(lane, scene, await lane.newToken("known")),
  },
  newKey: {
    title: "new key",
    about: "what the cache has, with a token of an issuer whose keys this edge has not fetched yet",
    isAlwaysAnswered: false,
    outcomeOf: acceptance,
    asked: (lane, scene) => cachedWith(lane, scene, scene.strangersToken),
  },
} satisfies Record<string, RequestClass>;

export type RequestId = keyof typeof requests;
export const requestIds = Object.keys(requests) as readonly RequestId[];
export const requestClass = (id: RequestId): RequestClass => requests[id];
