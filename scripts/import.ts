import { readArguments, USAGE } from "./import/options.ts";
import { runImport } from "./import/run.ts";
import { explain } from "./local/start-error.ts";

/** `npm run import`: the products of an NDJSON file, through the API. */

try {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted === null) console.log(USAGE);
  else process.exitCode = await runImport(wanted, process.stdout);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
