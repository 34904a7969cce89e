import { pointerTo } from "#shared/coerce.ts";
import type { NamedSecret } from "#shared/environment.ts";
import { headers as names } from "#shared/headers.ts";
import { Problem } from "#shared/problems.ts";
import { hmac, verifierOf } from "../sign.ts";
import type { Place } from "./place.ts";

/**
 * What a write returns, and a read may send back, so as to see that write: its place in the order of
 * commits, `<transaction id>.<seconds since the epoch>.<history>.<mac>`. Bound to the tenant, and signed,
 * since a made-up one could send every read past the cache.
 */
export type ConsistencyTokens = {
  readonly seal: (place: Place, tenantId: string) => Promise<string>;
  /**
   * The write that the reader must see; null for one so old that every edge shows it.
   * @throws Problem `invalid-request` when it was not made here for this tenant
   */
  readonly open: (token: string, tenantId: string) => Promise<Place | null>;
};

/** Longer than any edge can lag behind. */
const LIFETIME_SECONDS = 600;
const TOKEN = /^(\d{1,20})\.(\d{1,12})\.([a-z0-9]{1,16})\.([A-Za-z0-9_-]{43})$/;

/** @param secrets the first one signs, all are accepted */
export function consistencyTokens(
  secrets: readonly [NamedSecret, ...NamedSecret[]],
  now: () => number,
): ConsistencyTokens {
  const { sign } = hmac(secrets[0].secret);
  const verify = verifierOf(secrets);
  // The prefix keeps these MACs apart from those of assertions, which have the same key.
  const signed = (tenantId: string, place: string) => `consistency ${tenantId} ${place}`;

  return {
    async seal({ transactionId, history, at }, tenantId) {
      const place = `${transactionId}.${Math.floor(at / 1000)}.${history}`;
      return `${place}.${await sign(signed(tenantId, place))}`;
    },

    async open(token, tenantId) {
      const [, transactionId = "", issuedAt = "", history = "", mac = ""] = TOKEN.exec(token) ?? [];
      const place = `${transactionId}.${issuedAt}.${history}`;
      if (mac === "" || !(await verify(mac, signed(tenantId, place)))) throw forged();
      if (Number(issuedAt) < now() / 1000 - LIFETIME_SECONDS) return null;
      return { transactionId: Number(transactionId), history, at: Number(issuedAt) * 1000 };
    },
  };
}

function forged(): Problem {
  const pointer = pointerTo(names.consistency);
  const detail = "must be the value that a write of this tenant returned";
  return new Problem("invalid-request", { errors: [{ in: "header", pointer, rule: "consistency", detail }] });
}
