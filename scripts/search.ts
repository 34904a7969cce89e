import { retrying } from "#origin/db/retry.ts";
import { type Reindexed, reindexBatch } from "#origin/resources/products/search/reindex.ts";
import { runCommand } from "./access/command.ts";
import { counted } from "./local/table.ts";

/** `npm run search -- reindex`: for products that are older than the search, or than the words it goes by. */

const USAGE = `npm run search -- reindex --tenant SLUG

Makes every product of the tenant found by what it says, some hundreds at a time, while the API runs. It can
be stopped and run again at any time. Works on DATABASE_URL, or on this machine's \`npm run dev\`.`;

const GRAMMAR = { usage: USAGE, actions: ["reindex"], options: { tenant: { type: "string" } } } as const;

/** Products between two lines of progress. */
const PROGRESS_EVERY = 10_000;

await runCommand(GRAMMAR, async ({ need }, { forTenant }) => {
  const slug = need("tenant");
  let [seen, changed] = [0, 0];
  let last: string | null = null;
  do {
    const after: string | null = last;
    const batch: Reindexed = await retrying(() => forTenant(slug, (tx, id) => reindexBatch(tx, id, after)));
    if (Math.floor((seen + batch.seen) / PROGRESS_EVERY) > Math.floor(seen / PROGRESS_EVERY)) {
      console.error(`${seen + batch.seen} products so far ...`);
    }
    seen += batch.seen;
    changed += batch.changed;
    last = batch.last;
  } while (last !== null);
  return `${counted(seen, "product")}; not found by what they say until now: ${changed}.`;
});
