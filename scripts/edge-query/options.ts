import { parseArgs } from "node:util";
import { StartError } from "#scripts/local/start-error.ts";
import { QUERIES, type Query } from "./queries.ts";

export type QueryArguments = { readonly query: Query; readonly dataSet: string; readonly hours: number };

export const USAGE = `npm run edge-query --silent -- NAME [--dataset NAME] [--hours N]

Prints a query for Analytics Engine, which holds what the edge writes at Cloudflare; nothing is asked.

${Object.entries(QUERIES)
  .map(([name, { about }]) => `  ${name.padEnd(16)}${about}`)
  .join("\n")}

  --dataset NAME  as in wrangler.toml (default: gatehouse_edge, production's)
  --hours N       how far back (default: 1; three months at most are kept)`;

/** @throws StartError when something cannot be meant; null when help was asked for */
export function readArguments(args: readonly string[]): QueryArguments | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  const [name = ""] = positionals;
  const query = Object.hasOwn(QUERIES, name) ? QUERIES[name] : undefined;
  if (query === undefined || positionals.length > 1) throw refused("Say which query.");
  if (!/^[A-Za-z_]\w{0,63}$/.test(values.dataset)) throw refused(`${values.dataset} names no data set.`);
  if (!/^[1-9]\d{0,3}$/.test(values.hours)) throw refused("--hours takes a whole number.");
  return { query, dataSet: values.dataset, hours: Number(values.hours) };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        dataset: { type: "string", default: "gatehouse_edge" },
        hours: { type: "string", default: "1" },
      },
    });
  } catch (error) {
    throw refused(error instanceof Error ? error.message : String(error));
  }
}

function refused(what: string): StartError {
  return new StartError(`${what}\n\n${USAGE}`);
}
