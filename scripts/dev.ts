import { readOptions, USAGE } from "./dev/options.ts";
import { ROOT } from "./local/data-folder.ts";
import { explain } from "./local/start-error.ts";

/** `npm run dev`: the whole system on this machine, with sample data. */

process.chdir(ROOT);
try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === null) console.log(USAGE);
  else {
    console.log("Starting Gatehouse");
    // Loading wrangler and its like takes a second or two; it should not be a silent one.
    const { run } = await import("./dev/run.ts");
    process.exitCode = await run(options);
  }
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
process.exit();
