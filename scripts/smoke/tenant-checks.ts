import { headers as names } from "#shared/headers.ts";
import type { Check, Story } from "./check.ts";
import { type Fault, firstOf, isHit, missThenHitFault, statusFault } from "./judge.ts";
import type { Probe, Seen } from "./probe.ts";

/** Right after a write an edge passes by its cache until it knows of the write; no longer than 2 s. */
const READS = 40;
const BETWEEN_READS_MS = 250;

const noteWrite = (story: Story, { headers }: Seen): void => {
  story.consistency = headers.get(names.consistency) ?? story.consistency;
};

/** A read that must show the last write, whichever edge answers it. */
const readBack = (probe: Probe, { productId, consistency }: Story): Promise<Seen> =>
  probe(`/v1/products/${productId}`, { headers: { [names.consistency]: consistency } });

/** With a token for `catalog:read` and `catalog:write`, in this order; what is made is deleted at the end. */
export const TENANT_CHECKS: readonly Check[] = [
  {
    title: "a write happens once, however often it is sent",
    async ask(probe, story) {
      const write = {
        method: "POST",
        headers: { [names.idempotencyKey]: story.mark },
        body: { sku: story.mark, name: "Smoke", status: "draft" },
      };
      const seen = [await probe("/v1/products", write), await probe("/v1/products", write)];
      story.productId = seen[0]?.json?.id ?? "";
      if (seen[0] !== undefined) noteWrite(story, seen[0]);
      return seen;
    },
    judge: ([made, again]) => (made && again ? replayFault(made, again) : "was not asked"),
  },
  {
    title: "a read is a miss, then a hit",
    async ask(probe, { productId }) {
      const reads: Seen[] = [];
      while (reads.length < READS) {
        const read = await probe(`/v1/products/${productId}`);
        reads.push(read);
        if (isHit(read)) break;
        await new Promise((resolve) => setTimeout(resolve, BETWEEN_READS_MS));
      }
      return reads;
    },
    judge: missThenHitFault,
  },
  {
    title: "a client reads what it has written",
    async ask(probe, story) {
      const changed = await probe(`/v1/products/${story.productId}`, {
        method: "PATCH",
        headers: { "content-type": "application/merge-patch+json", "if-match": "*" },
        body: { name: `Changed ${story.mark}` },
      });
      noteWrite(story, changed);
      return [changed, await readBack(probe, story)];
    },
    judge: ([changed, read], { mark }) =>
      changed === undefined || read === undefined
        ? "was not asked"
        : firstOf(
            statusFault(changed, 200),
            changed.headers.has(names.consistency) ? null : "got no consistency token",
            statusFault(read, 200),
            read.json?.name === `Changed ${mark}` ? null : `read the name ${read.json?.name}`,
          ),
  },
  {
    title: "what was made can be deleted, and is gone",
    async ask(probe, story) {
      const deleted = await probe(`/v1/products/${story.productId}`, { method: "DELETE" });
      noteWrite(story, deleted);
      return [deleted, await readBack(probe, story)];
    },
    judge: ([deleted, read]) =>
      deleted && read ? firstOf(statusFault(deleted, 204), statusFault(read, 404)) : "was not asked",
  },
];

function replayFault(made: Seen, again: Seen): Fault {
  return firstOf(
    statusFault(made, 201),
    statusFault(again, 201),
    again.headers.get(names.idempotencyReplayed) === "true" ? null : "was not answered from its first time",
    made.json?.id === again.json?.id ? null : "was done twice",
  );
}
