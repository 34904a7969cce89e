import type { Contestant, Serving } from "./contestant.ts";

/**
 * Runs one contestant in a process of its own: `node serve.ts <file> <told>`. Says when it serves, answers
 * `requests` with fresh ones, and ends with the harness.
 */

export type FromServer =
  | { readonly kind: "serving"; readonly serving: Serving }
  | { readonly kind: "requests"; readonly requests: readonly string[] };

const [file = "", told = ""] = process.argv.slice(2);
const contestant: Contestant = await import(`./contestants/${file}.ts`);

function tell(message: FromServer): void {
  process.send?.(message);
}

process.on("message", async () => tell({ kind: "requests", requests: await contestant.requests(told) }));
process.on("disconnect", () => process.exit(0));
tell({ kind: "serving", serving: await contestant.start(told) });
