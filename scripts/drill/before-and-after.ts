import { setTimeout as sleep } from "node:timers/promises";
import type { Service } from "./service.ts";

/** What has to be the same after a rollback as it was before the deploy. */
export type Seen = {
  readonly status: number;
  readonly body: string;
  readonly etag: string | null;
  /** Whether the cache answered, as `Cache-Status` has it. */
  readonly isHit: boolean;
  /** Reads of a product that the origin has answered so far. */
  readonly originReads: number;
};

/** Long enough for a write to have reached the edge, so that its version changes no more. */
const SETTLED_MS = 2_000;

/** Reads the product until the cache has it. */
export async function warm(service: Service): Promise<Seen> {
  await sleep(SETTLED_MS);
  for (let tries = 0; tries < 10; tries++) {
    const seen = await look(service);
    if (seen.isHit) return seen;
  }
  throw new Error("the cache does not take the drill's product");
}

export async function look({ edges, path, token, running }: Service): Promise<Seen> {
  const response = await fetch(edges.url + path, { headers: { authorization: `Bearer ${token}` } });
  return {
    status: response.status,
    body: await response.text(),
    etag: response.headers.get("etag"),
    isHit: /\bhit\b/.test(response.headers.get("cache-status") ?? ""),
    originReads: await originReads(running.stack.opsUrl),
  };
}

/** What is not as before, in words. */
export function differences(before: Seen, after: Seen): string[] {
  return [
    after.status === before.status ? "" : `answered ${after.status} instead of ${before.status}`,
    after.body === before.body && after.etag === before.etag ? "" : "another representation",
    after.isHit ? "" : "the cache has lost it",
    after.originReads === before.originReads ? "" : "the origin was asked for it again",
  ].filter((difference) => difference !== "");
}

const READS = /^gatehouse_origin_requests_total\{[^}]*operation="getProduct"[^}]*\} (\d+)/gm;

async function originReads(opsUrl: string): Promise<number> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text();
  return [...text.matchAll(READS)].reduce((sum, [, count]) => sum + Number(count), 0);
}
