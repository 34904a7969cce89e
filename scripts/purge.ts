import type { PurgeOrder } from "#shared/operator.ts";
import { runMain } from "./local/command-line.ts";
import { dataFolder, findSession } from "./local/data-folder.ts";
import { tenantIdOf } from "./local/development-token.ts";
import { operatedEdge } from "./local/operator.ts";
import { type PurgeArguments, readArguments, USAGE } from "./purge/options.ts";
import { reportOf, sendOrder } from "./purge/send.ts";

/** `npm run purge`: removes answers from the response cache of an edge. */

await runMain(USAGE, readArguments, purge);

async function purge({ tags, tenant, url }: PurgeArguments): Promise<number> {
  const edge = operatedEdge(url, process.env);
  const order = await orderOf(tags, tenant, findSession(dataFolder())?.ownerUrl ?? null);
  const outcome = await sendOrder(edge.url, edge.secret, order, Date.now());
  console.log(reportOf(order, outcome));
  return outcome.success ? 0 : 1;
}

async function orderOf(
  tags: readonly string[],
  tenant: string | null,
  ownerUrl: string | null,
): Promise<PurgeOrder> {
  if (tenant !== null) return { tags: [`tenant:${await tenantIdOf(tenant, ownerUrl)}`] };
  return tags.length > 0 ? { tags } : { purgeEverything: true };
}
