import { misused, parseArguments } from "#scripts/local/command-line.ts";
import { QUERIES, type Query } from "./queries.ts";

export type QueryArguments = { readonly query: Query; readonly dataSet: string; readonly hours: number };

export const USAGE = `npm run edge-query --silent -- NAME [--dataset NAME] [--hours N]

Prints a query for Analytics Engine, which holds what the edge writes at Cloudflare; nothing is asked.

${Object.entries(QUERIES)
  .map(([name, { about }]) => `  ${name.padEnd(16)}${about}`)
  .join("\n")}

  --dataset NAME  as in wrangler.toml (default: gatehouse_edge, production's)
  --hours N       how far back (default: 1; three months at most are kept)`;

const OPTIONS = {
  allowPositionals: true,
  options: {
    dataset: { type: "string", default: "gatehouse_edge" },
    hours: { type: "string", default: "1" },
  },
} as const;

const refused = (what: string) => misused(what, USAGE);

/** @throws StartError when something cannot be meant; null when help was asked for */
export function readArguments(args: readonly string[]): QueryArguments | null {
  const parsed = parseArguments(args, USAGE, OPTIONS);
  if (parsed === null) return null;
  const { values, positionals } = parsed;
  const [name = ""] = positionals;
  const query = Object.hasOwn(QUERIES, name) ? QUERIES[name] : undefined;
  if (query === undefined || positionals.length > 1) throw refused("Say which query.");
  if (!/^[A-Za-z_]\w{0,63}$/.test(values.dataset)) throw refused(`${values.dataset} names no data set.`);
  if (!/^[1-9]\d{0,3}$/.test(values.hours)) throw refused("--hours takes a whole number.");
  return { query, dataSet: values.dataset, hours: Number(values.hours) };
}
