import { once } from "node:events";
import type { FromParts } from "../parts-process.ts";
import { receive, start } from "../process.ts";
import type { BenchStack } from "./part.ts";

export type RunningStack = { readonly stack: BenchStack; readonly stop: () => Promise<void> };

/** Starts the parts in a process of their own; takes some ten seconds. */
export async function startBenchStack(): Promise<RunningStack> {
  const child = start("./cache/stack-process.ts", []);
  const stack = await receive(child, (message: FromParts<BenchStack>) => message.stack);
  return {
    stack,
    async stop() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

const COUNT = /^gatehouse_origin_requests_total\{[^}]*operation="getProduct"[^}]*\} (\d+)/gm;

/** How many reads of a product have reached the origin so far. */
export async function originReads({ opsUrl }: BenchStack): Promise<number> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text();
  return [...text.matchAll(COUNT)].reduce((sum, [, count]) => sum + Number(count), 0);
}
