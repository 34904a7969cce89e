import { dataFolder } from "./local/data-folder.ts";
import { developmentToken } from "./local/development-token.ts";
import { explain } from "./local/start-error.ts";
import { readArguments, USAGE } from "./token/options.ts";

/** `npm run token`: an access token for the system on this machine, on standard output. */

try {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted === null) console.log(USAGE);
  else console.log(await developmentToken(dataFolder(), wanted, process.env["ENVIRONMENT"]));
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
