import { readCommandLine } from "#scripts/local/command-line.ts";
import { startRedis } from "#scripts/local/redis.ts";
import { countOf, partsNamed } from "../bars/command-line.ts";
import { runParts } from "../bars/run.ts";
import { startedOnce } from "../bars/started-once.ts";
import { type RunningCatalogue, startCatalogue } from "../contestants/catalogue.ts";
import { SECRET } from "../contestants/origin-server.ts";
import { progress } from "../report/progress.ts";
import type { Part, Settings } from "./part.ts";
import { imports } from "./parts/imports.ts";
import { orders } from "./parts/orders.ts";
import { listPage, readById } from "./parts/reads.ts";

const USAGE = `npm run bench:origin [-- <part>...] [--quick] [--products <n>]

Measures the origin beside its bars, in four parts, a to d (bench/README.md says what each is).
  --quick         a look, with 50,000 products
  --products <n>  in the catalogue (default: 1,000,000)`;

const PARTS: readonly Part[] = [readById, listPage, orders, imports];
const FULL: Settings = { products: 1_000_000, rounds: 5, seconds: 3, lines: 50_000 };
const QUICK: Settings = { products: 50_000, rounds: 3, seconds: 2, lines: 10_000 };

function readArguments(): { settings: Settings; parts: readonly Part[] } {
  const { values, positionals } = readCommandLine(USAGE, {
    allowPositionals: true,
    options: { quick: { type: "boolean", default: false }, products: { type: "string" } },
  });
  const settings = values.quick ? QUICK : FULL;
  return {
    settings:
      values.products === undefined
        ? settings
        : { ...settings, products: countOf("products", values.products, USAGE) },
    parts: partsNamed(PARTS, positionals, USAGE),
  };
}

const { settings, parts } = readArguments();

async function start(): Promise<RunningCatalogue> {
  progress(`starting Postgres and making ${settings.products} products`);
  const redis = await startRedis({ token: SECRET, kind: "in process" });
  const { catalogue, stop } = await startCatalogue(settings.products);
  return {
    catalogue: { ...catalogue, redisUrl: redis.url },
    stop: async () => {
      await stop();
      await redis.stop();
    },
  };
}

const shared = startedOnce(start);
const catalogue = async () => (await shared.get()).catalogue;

try {
  await runParts({
    name: "origin-bars",
    title: "Bars of the origin",
    parts,
    allParts: PARTS.length,
    settings,
    contextFor: (progress) => ({ settings, progress, catalogue }),
  });
} finally {
  await shared.stop();
}
