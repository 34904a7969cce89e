import { pointerTo } from "#shared/coerce.ts";
import type { NamedSecret } from "#shared/environment.ts";
import { headers as names } from "#shared/headers.ts";
import { Problem } from "#shared/problems.ts";
import { hmac, verifierOf } from "../sign.ts";

/**
 * What a write returns, and a read may send back, so as to see that write: its place in the order of
 * commits, `<transaction id>.<seconds since the epoch>.<mac>`. Bound to the tenant, and signed, since a
 * made-up one could send every read past the cache.
 */
export type ConsistencyTokens = {
  readonly seal: (transactionId: string, tenantId: string) => Promise<string>;
  /**
   * The transaction that the reader must see. 0: none, or one so old that every edge shows it.
   * @throws Problem `invalid-request` when it was not made here for this tenant
   */
  readonly open: (token: string, tenantId: string) => Promise<number>;
};

/** Longer than any edge can lag behind. */
const LIFETIME_SECONDS = 600;
const TOKEN = /^(\d{1,20})\.(\d{1,12})\.([A-Za-z0-9_-]{43})$/;

/** @param secrets the first one signs, all are accepted */
export function consistencyTokens(
  secrets: readonly [NamedSecret, ...NamedSecret[]],
  now: () => number,
): ConsistencyTokens {
  const signer = hmac(secrets[0].secret);
  const verify = verifierOf(secrets);
  // The prefix keeps these MACs apart from those of assertions, which have the same key.
  const signed = (transactionId: string, issuedAt: string, tenantId: string) =>
    `consistency ${tenantId} ${transactionId} ${issuedAt}`;

  return {
    async seal(transactionId, tenantId) {
      const issuedAt = String(Math.floor(now() / 1000));
      const mac = await signer.sign(signed(transactionId, issuedAt, tenantId));
      return `${transactionId}.${issuedAt}.${mac}`;
    },

    async open(token, tenantId) {
      const [, transactionId = "", issuedAt = "", mac = ""] = TOKEN.exec(token) ?? [];
      const text = signed(transactionId, issuedAt, tenantId);
      if (!(await verify(mac, text))) throw forged();
      return Number(issuedAt) < now() / 1000 - LIFETIME_SECONDS ? 0 : Number(transactionId);
    },
  };
}

function forged(): Problem {
  const pointer = pointerTo(names.consistency);
  const detail = "must be the value that a write of this tenant returned";
  return new Problem("invalid-request", { errors: [{ in: "header", pointer, rule: "consistency", detail }] });
}
