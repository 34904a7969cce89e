import { readOptions, USAGE } from "./dev/options.ts";
import { run } from "./dev/run.ts";
import { ROOT } from "./local/data-folder.ts";
import { explain } from "./local/start-error.ts";

/** `npm run dev`: the whole system on this machine, with sample data. */

process.chdir(ROOT);
try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options.help) console.log(USAGE);
  else process.exitCode = await run(options);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
process.exit();
