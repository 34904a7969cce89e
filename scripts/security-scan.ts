import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { readCommandLine } from "./local/command-line.ts";
import { counted } from "./local/table.ts";
import { faultsOf, knownAdvisories, readAllowList } from "./security/advisories.ts";
import { licenceFaults } from "./security/licences.ts";
import { componentsOf, readBom } from "./security/sbom.ts";
import { secretFaults } from "./security/secret-faults.ts";

const USAGE = `npm run security-scan [-- --offline]

Looks for secrets in the files, for licences that may not be used and for known vulnerabilities of what is
installed, and writes what the origin's image holds to dist/sbom.json (CycloneDX).
Ends with 1 when something was found, and with 2 when the registry cannot be asked for vulnerabilities.
--offline does not ask it.`;

const ALLOW_LIST = new URL("./security/allowed-advisories.json", import.meta.url);

const { values } = readCommandLine(USAGE, { options: { offline: { type: "boolean", default: false } } });

const production = readBom(["--omit=dev"]);
mkdirSync("dist", { recursive: true });
writeFileSync("dist/sbom.json", production);
const shipped = componentsOf(production);
const all = componentsOf(readBom());
const shippedNames = new Set(shipped.map(({ name, version }) => `${name}@${version}`));
const secrets = secretFaults();

say("secrets", secrets.faults, `none in ${secrets.files} files`);
say("licences", licenceFaults(all, shippedNames), `all of ${all.length} packages may be used`);
say("sbom", [], `${shipped.length} packages of the origin, in dist/sbom.json`);
if (values.offline) say("advisories", [], "not asked (--offline)");
else sayAdvisories();

function sayAdvisories(): void {
  const allowed = readAllowList(readFileSync(ALLOW_LIST, "utf8"));
  const advisories = knownAdvisories();
  const today = new Date().toISOString().slice(0, 10);
  if (advisories === null) {
    console.error("advisories: the registry cannot be asked (npm audit); --offline leaves it out");
    process.exitCode ??= 2;
    return;
  }
  say("advisories", faultsOf(advisories, allowed, today), `${advisories.length} known, none that counts`);
}

function say(what: string, faults: readonly string[], looked: string): void {
  for (const fault of faults) console.error(`${what}: ${fault}`);
  console.log(`${what}: ${faults.length === 0 ? looked : counted(faults.length, "fault")}`);
  if (faults.length > 0) process.exitCode = 1;
}
