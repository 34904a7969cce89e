import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import postgres from "postgres";
import { v7 as uuidv7 } from "uuid";
import { ensureTenants } from "#scripts/local/tenants.ts";
import { type ProductImportReport, productImport } from "#shared/resources/product-import.ts";
import type { Check } from "../../bars/part.ts";
import { assertionFor } from "../../contestants/origin-server.ts";
import { startServer } from "../../process.ts";
import { spreadOf } from "../../report/statistics.ts";
import { show } from "../../report/table.ts";
import { watchResident } from "../../resident.ts";
import { COPIED_COLUMNS, lineOf, makeProducts, rowOf } from "../lines.ts";
import type { Part } from "../part.ts";

/** An import beside a COPY of the same rows into the same table, with its indexes and triggers. */

const BAR = 0.15;
const GOAL = 0.3;
const MEGABYTE = 1024 * 1024;
const MEMORY_BAR_MB = 200;
/** Below the most that one body may have. */
const PART_LINES = 50_000;
const LINES_A_CHUNK = 100;

type Round = { readonly imported: number; readonly copied: number };

export const imports: Part = {
  name: "d",
  title: `An import, against COPY into the same table (goal ${GOAL})`,
  async run({ settings: { rounds, lines }, progress, catalogue }) {
    const where = await catalogue();
    const server = await startServer("origin-read", JSON.stringify(where));
    const url = `http://127.0.0.1:${server.serving.port}`;
    const sql = postgres(where.ownerUrl, { max: 1, onnotice: () => {} });
    try {
      const resident = watchResident(server.serving.pids);
      const measured: Round[] = [];
      for (let round = 0; round < rounds; round++) {
        progress(`round ${round + 1}/${rounds}: COPY of ${lines} rows`);
        const products = makeProducts(lines, round + 1);
        const [one, other] = [await newTenant(sql), await newTenant(sql)];
        const copied = await rate(lines, async () => {
          const target = await sql.unsafe(`copy products (${COPIED_COLUMNS}) from stdin`).writable();
          await pipeline(Readable.from(inChunks(products.map((product) => rowOf(one, product)))), target);
        });
        progress(`round ${round + 1}/${rounds}: import of ${lines} lines`);
        const feed = products.map(lineOf);
        const imported = await rate(lines, () => importAll(url, other, feed));
        measured.push({ imported, copied });
      }
      const { baseBytes, grownBytes } = resident.stop();
      return { checks: checksOf(measured, baseBytes, grownBytes), details: { rounds: measured } };
    } finally {
      await sql.end();
      server.stop();
    }
  },
};

function checksOf(rounds: readonly Round[], baseBytes: number, grownBytes: number): Check[] {
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
    {
      what: "resident memory of the origin",
      figure: Number(((baseBytes + grownBytes) / MEGABYTE).toFixed(1)),
      unit: "MB",
      bar: { kind: "at most", value: MEMORY_BAR_MB },
      note: `${(baseBytes / MEGABYTE).toFixed(1)} MB before the first import`,
    },
  ];
}

async function rate(count: number, work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return count / ((performance.now() - begun) / 1000);
}

async function newTenant(sql: postgres.Sql): Promise<string> {
  const id = uuidv7();
  await ensureTenants(sql, [{ id, slug: `bench-${id}`, name: "Bench" }]);
  return id;
}

/** @throws Error unless every line made a product */
async function importAll(url: string, tenant: string, lines: readonly string[]): Promise<void> {
  const { path } = productImport.importProducts;
  for (let from = 0; from < lines.length; from += PART_LINES) {
    const part = lines.slice(from, from + PART_LINES);
    const response = await fetch(url + path, {
      method: "POST",
      headers: {
        ...assertionFor(`POST ${path}`, ["catalog:write"], tenant),
        "content-type": "application/x-ndjson",
      },
      body: Readable.toWeb(Readable.from(inChunks(part))) as ReadableStream<Uint8Array>,
      duplex: "half",
    } as RequestInit);
    const { created } = (await response.json()) as ProductImportReport;
    if (created !== part.length) throw new Error(`${created} of ${part.length} lines made a product`);
  }
}

function* inChunks(lines: readonly string[]): Generator<Buffer> {
  for (let from = 0; from < lines.length; from += LINES_A_CHUNK) {
    yield Buffer.from(lines.slice(from, from + LINES_A_CHUNK).join(""));
  }
}
