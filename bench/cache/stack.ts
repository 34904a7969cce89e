import type { BenchStack } from "./part.ts";

const COUNT = /^gatehouse_origin_requests_total\{[^}]*operation="getProduct"[^}]*\} (\d+)/gm;

/** How many reads of a product have reached the origin so far. */
export async function originReads({ opsUrl }: BenchStack): Promise<number> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text();
  return [...text.matchAll(COUNT)].reduce((sum, [, count]) => sum + Number(count), 0);
}
