import { healthRows, type Row, tableOf } from "./health/rows.ts";
import { readCommandLine } from "./local/command-line.ts";
import { DEFAULT_EDGE_URL, dataFolder, findSession } from "./local/data-folder.ts";

/** `npm run health`: what the edge and its origins say of themselves, as a table. */

const USAGE = `npm run health -- [--url URL] [--ops URL ...]

Asks an edge, and with --ops the ports for probes of origins, how they are. Without --url it asks the
\`npm run dev\` of this machine. Ends with 1 unless all is well.`;

const { values } = readCommandLine(USAGE, {
  options: { url: { type: "string" }, ops: { type: "string", multiple: true } },
});
const url = values.url ?? findSession(dataFolder())?.edgeUrl ?? DEFAULT_EDGE_URL;
const rows: readonly Row[] = await healthRows(url, values.ops ?? []);
console.log(tableOf(rows));
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;
