import { readArguments, USAGE } from "./edge-query/options.ts";
import { sqlOf } from "./edge-query/queries.ts";
import { runMain } from "./local/command-line.ts";

/** `npm run edge-query`: prints what to ask Analytics Engine for. */

await runMain(USAGE, readArguments, ({ query, dataSet, hours }) => {
  console.log(sqlOf(query, dataSet, hours));
  return 0;
});
