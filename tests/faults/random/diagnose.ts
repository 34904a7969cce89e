import { ask } from "../matrix/exchange.ts";
import type { Lane } from "../matrix/lane.ts";

/** What the parts say of themselves when a write is stuck: who holds what, and who waits for whom. */
export async function diagnose({ sql, opsUrls }: Lane): Promise<readonly string[]> {
  const backends = await sql<{ line: string }[]>`
    select concat_ws(' | ', application_name, pid, pg_blocking_pids(pid), state, wait_event_type, wait_event,
      age(clock_timestamp(), xact_start), left(query, 120)) as line
    from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`.catch((error) => [
    { line: `Postgres does not answer: ${error}` },
  ]);
  const origins = await Promise.all(
    opsUrls.map(async (url) => {
      const [ready, metrics] = await Promise.all(
        ["/ready", "/metrics"].map((path) => ask({ url: url + path, token: "", budgetMs: 2_000 })),
      );
      const figures = metrics?.text?.match(/^gatehouse_(?:database|circuit|outbox|relay)_.*$/gm) ?? [];
      return [`${url}: ${ready?.text}`, ...figures.filter((line) => !line.includes("_bucket"))];
    }),
  );
  return [...backends.map(({ line }) => line), ...origins.flat()];
}
