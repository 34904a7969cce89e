import { readArguments, USAGE } from "./edge-query/options.ts";
import { sqlOf } from "./edge-query/queries.ts";
import { explain } from "./local/start-error.ts";

/** `npm run edge-query`: prints what to ask Analytics Engine for. */

try {
  const wanted = readArguments(process.argv.slice(2));
  console.log(wanted === null ? USAGE : sqlOf(wanted.query, wanted.dataSet, wanted.hours));
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
