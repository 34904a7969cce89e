import { readArguments, USAGE } from "./import/options.ts";
import { runImport } from "./import/run.ts";
import { runMain } from "./local/command-line.ts";

/** `npm run import`: the products of an NDJSON file, through the API. */

await runMain(USAGE, readArguments, (wanted) => runImport(wanted, process.stdout));
