import { runMain } from "./local/command-line.ts";
import { dataFolder, findSession } from "./local/data-folder.ts";
import { developmentToken } from "./local/development-token.ts";
import { StartError } from "./local/start-error.ts";
import { readArguments, type SmokeArguments, USAGE } from "./smoke/options.ts";
import { type Result, type SmokeTarget, smoke } from "./smoke/run.ts";

/** `npm run smoke`: whether a running Gatehouse does what it is there for. */

await runMain(USAGE, (args) => readArguments(args, process.env), run);

async function run(wanted: SmokeArguments): Promise<number> {
  const target = await targetOf(wanted);
  const results = await smoke(target, (result) => console.log(lineOf(result)));
  const failed = results.filter(({ fault }) => fault !== null).length;
  if (target.token === null) console.log("left out, for want of SMOKE_TOKEN: writes and the cache");
  console.log(failed === 0 ? `all ${results.length} checks passed` : `${failed} of ${results.length} failed`);
  return failed === 0 ? 0 : 1;
}

function lineOf({ title, fault, tookMs }: Result): string {
  const verdict = fault === null ? "ok    " : "FAILED";
  return `${verdict} ${String(tookMs).padStart(6)} ms  ${title}${fault === null ? "" : `\n        ${fault}`}`;
}

async function targetOf({ url, opsUrls, token }: SmokeArguments): Promise<SmokeTarget> {
  if (url !== null) return { url, opsUrls, token };
  const folder = dataFolder();
  const session = findSession(folder);
  if (session === null) throw new StartError("`npm run dev` is not running: start it, or give a --url.");
  const request = {
    tenant: "demo",
    scopes: ["catalog:read", "catalog:write"],
    subject: "smoke",
    clientId: "demo-smoke",
    lifetimeSeconds: 600,
  };
  const minted = token ?? (await developmentToken(folder, request, process.env["ENVIRONMENT"]));
  return { url: session.edgeUrl, opsUrls, token: minted };
}
