/**
 * The victim of the abuse test, a process of its own so that a crash is seen as one:
 * `node abuse-child.ts <driver module> <database url> <seconds>`. Prints one line of JSON.
 *
 * Every transaction has a marker, set in its session and passed with each of its statements. A row
 * where the two differ was written by a statement that ran in another transaction.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Sql, TransactionSql } from "postgres";
import type { AbuseReport } from "./abuse.ts";

const [driver = "postgres", url = "", seconds = "10"] = process.argv.slice(2);
const { default: postgres }: { default: typeof import("postgres") } = await import(driver);

const POOL = 8;
const TRANSACTION_WORKERS = 24;
const RESERVING_WORKERS = 4;
const READING_WORKERS = 4;
const ROWS = 4;
const KILL_EVERY_MS = 15;
const HANG_MS = 15_000;

const sql = postgres(url, {
  max: POOL,
  connection: { application_name: "abused" },
  backoff: () => 0.01,
  onnotice: () => {},
});
const admin = postgres(url, { max: 1, onnotice: () => {} });

const report: AbuseReport = {
  killed: 0,
  transactions: 0,
  committed: 0,
  misplaced: 0,
  torn: 0,
  lost: 0,
  wrongAnswers: 0,
  stuck: [],
};
const seenCommitted: number[] = [];
let nextMarker = 1;
let abusing = true;

await admin`create table if not exists abuse (seen text, intended int, xid xid8 default pg_current_xact_id())`;
await admin`truncate abuse`;

async function expectEcho(client: Sql | TransactionSql): Promise<void> {
  const sent = nextMarker++;
  const [row] = await client<{ echo: number }[]>`select ${sent}::int as echo`;
  if (row?.echo !== sent) report.wrongAnswers++;
}

function write(tx: TransactionSql, marker: number): Promise<unknown> {
  return tx`insert into abuse (seen, intended) values (current_setting('test.marker', true), ${marker})`;
}

/** Goes on after an error, as code with a forgotten `await` or its own `catch` does. */
async function transact(marker: number): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`select set_config('test.marker', ${String(marker)}, true)`;
    await write(tx, marker);
    await Promise.all([write(tx, marker), expectEcho(tx)]).catch(() => {});
    await sleep(Math.random() * 4);
    await tx.savepoint((nested) => write(nested, marker)).catch(() => {});
    await write(tx, marker);
  });
}

async function whileAbusing(once: () => Promise<void>): Promise<void> {
  while (abusing) await once().catch(() => sleep(1));
}

async function transactionWorker(): Promise<void> {
  await whileAbusing(async () => {
    const marker = nextMarker++;
    report.transactions++;
    await transact(marker);
    report.committed++;
    seenCommitted.push(marker);
  });
}

async function reserveOnce(): Promise<void> {
  const held = await sql.reserve();
  try {
    await expectEcho(held);
    await sleep(Math.random() * 4);
    await Promise.all([expectEcho(held), expectEcho(held)]);
  } finally {
    held.release();
  }
}

async function killer(): Promise<void> {
  while (abusing) {
    const killed = await admin`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'abused' and datname = current_database() order by random() limit 1`;
    report.killed += killed.length;
    await sleep(KILL_EVERY_MS);
  }
}

/** Every connection of the pool inside a transaction at the same time, then reserved at the same time. */
async function usePoolWhole(): Promise<void> {
  const everyoneIn = barrier(POOL);
  await Promise.all(
    Array.from({ length: POOL }, () =>
      sql.begin(async (tx) => {
        await expectEcho(tx);
        await everyoneIn();
      }),
    ),
  );
  const held = await Promise.all(Array.from({ length: POOL }, () => sql.reserve()));
  await Promise.all(held.map(expectEcho));
  for (const one of held) one.release();
  await Promise.all(Array.from({ length: 200 }, () => expectEcho(sql)));
}

function barrier(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let arrived = 0;
  return () => {
    if (++arrived === count) resolve();
    return promise;
  };
}

async function within(what: string, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const hang = sleep(HANG_MS, "hangs" as const, { signal: timer.signal }).catch(() => "ended" as const);
  const outcome = await Promise.race([work.then(() => "ended" as const), hang]);
  timer.abort();
  if (outcome === "hangs") report.stuck.push(what);
}

const workers = [
  ...Array.from({ length: TRANSACTION_WORKERS }, transactionWorker),
  ...Array.from({ length: RESERVING_WORKERS }, () => whileAbusing(reserveOnce)),
  ...Array.from({ length: READING_WORKERS }, () => whileAbusing(() => expectEcho(sql))),
];
const killing = killer();
await sleep(Number(seconds) * 1000);
abusing = false;
await killing;
await within("workers", Promise.all(workers));
await within("pool", usePoolWhole());

const [counts] = await admin<{ misplaced: number; torn: number; lost: number }[]>`
  with written as (
    select intended, count(*) as rows, count(distinct xid) as transactions from abuse group by intended
  )
  select
    (select count(*)::int from abuse where seen is distinct from intended::text) as misplaced,
    (select count(*)::int from written where rows <> ${ROWS} or transactions <> 1) as torn,
    (select count(*)::int from unnest(${seenCommitted}::int[]) as marker
      where not exists (select from written where intended = marker)) as lost`;
Object.assign(report, counts);
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit(0);
