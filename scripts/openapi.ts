import { mkdirSync, writeFileSync } from "node:fs";
import { contract } from "#shared/contract.ts";
import { openApi } from "#shared/openapi.ts";
import { readCommandLine } from "./local/command-line.ts";

/** `npm run openapi`: writes the document that the origin serves at /openapi.json. */

const FILE = "dist/openapi.json";

readCommandLine(`npm run openapi\n\nWrites the description of the API to ${FILE}.`, {});
mkdirSync("dist", { recursive: true });
writeFileSync(FILE, `${JSON.stringify(openApi(contract), null, 2)}\n`);
console.log(FILE);
