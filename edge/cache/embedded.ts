import type { Contract } from "#shared/route.ts";
import { andThen } from "../and-then.ts";
import { HttpCache } from "../http-cache/cache.ts";
import type { Sent, Upstream } from "../http-cache/exchange.ts";
import { fieldValue } from "../http-cache/fields.ts";
import type { Reply } from "../http-cache/reply.ts";
import { perObject } from "../per-object.ts";
import type { AskForAll } from "./fill.ts";
import type { Fill, LocalCache, Served } from "./serve.ts";
import { storedHeaders } from "./stored.ts";

/** What it may take of an isolate's 128 MB by default; the rest is code, tokens and requests in flight. */
export const EMBEDDED_CACHE_BYTES = 64 * 1024 * 1024;

/**
 * The embedded cache, where the platform has none: the same key as Workers Cache would have, and the
 * same answer of the entrypoint behind it.
 * @param maxBytes what it may hold
 */
export function embeddedCache(
  contract: Contract,
  askForAll: AskForAll,
  maxBytes: number,
  now: () => number,
): LocalCache {
  const cache = new HttpCache({ maxBytes, now });

  async function load(fill: Fill, { set }: Sent): Promise<Upstream> {
    const answer = await askForAll({ ...fill, ifNoneMatch: fieldValue(set, "if-none-match") });
    const fields = Object.entries(storedHeaders(contract, fill, answer));
    return { status: answer.status, reason: "", fields, body: answer.body };
  }

  return {
    serve(fill) {
      const { partition, version, target, waitUntil } = fill;
      const request = {
        method: "GET",
        partition: `${partition.tenantId ?? ""} ${partition.subject ?? ""}`,
        key: version + target,
        path: target,
        // Nothing of the caller's reaches a shared answer.
        header: () => null,
      };
      return andThen(
        cache.answer(request, (sent) => load(fill, sent), waitUntil),
        servedFrom,
      );
    },
    figures: () => ({ bytes: cache.bytes, entries: cache.size, evictions: cache.evictions }),
    purge: async (options) => ({ ...cache.purge(options), reach: "isolate" }),
  };
}

const servedFrom = perObject(({ status, fields, body, how }: Reply): Served => {
  if (!(body instanceof ArrayBuffer)) throw new Error("an answer that was collected came as a stream");
  return { status, headers: Object.fromEntries(fields), body, word: how.word };
});
