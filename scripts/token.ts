import { runMain } from "./local/command-line.ts";
import { dataFolder } from "./local/data-folder.ts";
import { developmentToken } from "./local/development-token.ts";
import { readArguments, USAGE } from "./token/options.ts";

/** `npm run token`: an access token for the system on this machine, on standard output. */

await runMain(USAGE, readArguments, async (wanted) => {
  console.log(await developmentToken(dataFolder(), wanted, process.env["ENVIRONMENT"]));
  return 0;
});
