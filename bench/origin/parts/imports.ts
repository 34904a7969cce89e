import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import postgres, { type Sql } from "postgres";
import { v7 as uuidv7 } from "uuid";
import { ensureTenants } from "#scripts/local/tenants.ts";
import type { Import } from "#shared/resources/import-schemas.ts";
import { productExport } from "#shared/resources/product-export.ts";
import { type OriginProcess, startOriginProcess } from "#tests/support/origin-process.ts";
import type { Check } from "../../bars/part.ts";
import { assertionFor, originVariables } from "../../contestants/origin-server.ts";
import { spreadOf } from "../../report/statistics.ts";
import { show } from "../../report/table.ts";
import { type Resident, watchResident } from "../../resident.ts";
import { COPIED_COLUMNS, lineOf, makeProducts, rowOf } from "../lines.ts";
import type { Part } from "../part.ts";

/** An import beside a COPY of the same rows into the same table, with its indexes and triggers; an export. */

const BAR = 0.15;
const GOAL = 0.3;
const MEGABYTE = 1024 * 1024;
const MEMORY_BAR_MB = 200;
/** Below the most that one body may have. */
const PART_LINES = 50_000;
const LINES_A_CHUNK = 100;
const NEWLINE = 10;

type Body = string | ReadableStream<Uint8Array>;
type Round = { readonly imported: number; readonly copied: number };

export const imports: Part = {
  name: "d",
  title: `An import, against COPY into the same table (goal ${GOAL})`,
  async run({ settings: { rounds, lines }, progress, catalogue }) {
    const where = await catalogue();
    const sql = postgres(where.ownerUrl, { max: 1, onnotice: () => {} });
    // The process that is deployed, and nothing of the harness in it.
    const origin = await startOriginProcess(await originVariables(where));
    try {
      const importing = watchResident([origin.pid]);
      let tenant = "";
      const measured: Round[] = [];
      for (let round = 0; round < rounds; round++) {
        progress(`round ${round + 1}/${rounds}: COPY of ${lines} rows`);
        const products = makeProducts(lines, round + 1);
        const copied = await rate(lines, () => copyAll(sql, products));
        progress(`round ${round + 1}/${rounds}: import of ${lines} lines`);
        const feed = products.map(lineOf);
        const imported = await rate(lines, async () => {
          tenant = await importAll(sql, origin, feed);
        });
        measured.push({ imported, copied });
      }
      const imported = importing.stop();
      progress(`export of ${lines} products`);
      const exporting = watchResident([origin.pid]);
      await exportAll(origin, tenant, lines);
      const memory = { imported, exported: exporting.stop() };
      return { checks: checksOf(measured, memory), details: { rounds: measured, memory } };
    } finally {
      await sql.end();
      origin.kill();
    }
  },
};

type Memory = { readonly imported: Resident; readonly exported: Resident };

function checksOf(rounds: readonly Round[], memory: Memory): Check[] {
  const ratio = spreadOf(rounds.map(({ imported, copied }) => imported / copied));
  const imported = spreadOf(rounds.map((round) => round.imported));
  const copied = spreadOf(rounds.map((round) => round.copied));
  const none = { kind: "none" } as const;
  return [
    {
      what: "rows a second",
      figure: ratio.median,
      unit: "of COPY",
      bar: { kind: "at least", value: BAR },
      note: `rounds ${show(ratio, 2)}`,
    },
    { what: "import", figure: imported.median, unit: "rows/s", bar: none, note: show(imported, 0) },
    { what: "COPY", figure: copied.median, unit: "rows/s", bar: none, note: show(copied, 0) },
    memoryCheck("import", memory.imported),
    memoryCheck("export", memory.exported),
  ];
}

function memoryCheck(what: string, { baseBytes, grownBytes }: Resident): Check {
  const megabytes = (bytes: number) => Number((bytes / MEGABYTE).toFixed(1));
  return {
    what: `resident: ${what}`,
    figure: megabytes(baseBytes + grownBytes),
    unit: "MB",
    bar: { kind: "at most", value: MEMORY_BAR_MB },
    note: `${megabytes(baseBytes)} MB before`,
  };
}

/** Into the table itself, as its owner, for a tenant of its own. */
async function copyAll(sql: Sql, products: ReturnType<typeof makeProducts>): Promise<void> {
  const tenant = await newTenant(sql);
  const target = await sql.unsafe(`copy products (${COPIED_COLUMNS}) from stdin`).writable();
  await pipeline(Readable.from(inChunks(products.map((product) => rowOf(tenant, product)))), target);
}

async function rate(count: number, work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return count / ((performance.now() - begun) / 1000);
}

async function newTenant(sql: Sql): Promise<string> {
  const id = uuidv7();
  await ensureTenants(sql, [{ id, slug: `bench-${id}`, name: "Bench" }]);
  return id;
}

/** @returns the tenant, which has nothing else. @throws Error unless every line made a product */
async function importAll(sql: Sql, origin: OriginProcess, lines: readonly string[]): Promise<string> {
  const tenant = await newTenant(sql);
  const send = <T>(path: string, mediaType: string, body: Body) =>
    posted<T>(origin, tenant, path, mediaType, body);
  const { id } = await send<Import>("/v1/imports", "application/json", "{}");
  let number = 0;
  for (let from = 0; from < lines.length; from += PART_LINES) {
    const part = Readable.toWeb(Readable.from(inChunks(lines.slice(from, from + PART_LINES))));
    number++;
    await send(`/v1/imports/${id}/parts/${number}`, "application/x-ndjson", part as Body);
  }
  const ended = JSON.stringify({ parts: number });
  const { created } = await send<Import>(`/v1/imports/${id}/complete`, "application/json", ended);
  if (created !== lines.length) throw new Error(`${created} of ${lines.length} lines made a product`);
  return tenant;
}

async function posted<T>(
  { url }: OriginProcess,
  tenant: string,
  path: string,
  mediaType: string,
  body: Body,
): Promise<T> {
  const assertion = assertionFor(`POST ${path}`, ["catalog:write"], tenant);
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { ...assertion, "content-type": mediaType },
    body,
    // Node takes a stream as a body only with this member, which the types lack.
    duplex: "half",
  } as RequestInit);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** @throws Error unless there are so many lines */
async function exportAll({ url }: OriginProcess, tenant: string, lines: number): Promise<void> {
  const { path } = productExport.exportProducts;
  const headers = assertionFor(`GET ${path}`, ["catalog:read"], tenant);
  const response = await fetch(`${url}${path}`, { headers });
  let seen = 0;
  for await (const chunk of response.body ?? []) for (const byte of chunk) if (byte === NEWLINE) seen++;
  if (seen !== lines) throw new Error(`${seen} of ${lines} products were exported`);
}

function* inChunks(lines: readonly string[]): Generator<Buffer> {
  for (let from = 0; from < lines.length; from += LINES_A_CHUNK) {
    yield Buffer.from(lines.slice(from, from + LINES_A_CHUNK).join(""));
  }
}
