import { spawnSync } from "node:child_process";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";

/** Known vulnerabilities of what is installed, as the registry knows them (`npm audit`), less what was allowed for a time. */

const AllowedAdvisory = Type.Object({
  /** As GitHub names it: `GHSA-...`. */
  id: Type.String({ pattern: "^GHSA(-[0-9a-z]{4}){3}$" }),
  /** Why it does no harm here. */
  reason: Type.String({ minLength: 10 }),
  /** The last day, `YYYY-MM-DD`, on which it is passed over. */
  expires: Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$" }),
});
export type AllowedAdvisory = Static<typeof AllowedAdvisory>;

/** The least severity that fails the scan. */
const SEVERE = ["moderate", "high", "critical"];

const Via = Type.Object({ url: Type.String(), title: Type.String(), severity: Type.String() });
const Report = Type.Object({
  vulnerabilities: Type.Record(
    Type.String(),
    Type.Object({ via: Type.Array(Type.Union([Via, Type.String()])) }),
  ),
});

export type Advisory = {
  readonly id: string;
  readonly package: string;
  readonly title: string;
  readonly severity: string;
};

const isReport = Compile(Report);
const isAllowList = Compile(Type.Array(AllowedAdvisory));

/**
 * Asks the registry that npm is configured for.
 * @param args of npm besides
 * @returns null when it cannot be asked
 */
export function knownAdvisories(args: readonly string[] = []): Advisory[] | null {
  // It ends with 1 when it has found something, too.
  const { stdout } = spawnSync("npm", ["audit", "--json", ...args], { encoding: "utf8", maxBuffer: 2 ** 26 });
  return advisoriesIn(stdout);
}

export function advisoriesIn(auditJson: string): Advisory[] | null {
  const report = parsed(auditJson);
  if (!isReport.Check(report)) return null;
  return Object.entries(report.vulnerabilities).flatMap(([name, { via }]) =>
    // A string names a package that brings the advisory along: it is listed there.
    via
      .filter((one) => typeof one !== "string")
      .map(({ url, title, severity }) => ({
        id: url.split("/").at(-1) ?? url,
        package: name,
        title,
        severity,
      })),
  );
}

/** @throws Error when the list is not one, so that a slip does not allow anything */
export function readAllowList(json: string): AllowedAdvisory[] {
  const list = parsed(json);
  if (!isAllowList.Check(list)) throw new Error("the list of allowed advisories cannot be read");
  return list;
}

/**
 * What is wrong: severe advisories that are not allowed, and allowances that have run out.
 * @param today `YYYY-MM-DD`
 */
export function faultsOf(
  advisories: readonly Advisory[],
  allowed: readonly AllowedAdvisory[],
  today: string,
): string[] {
  const valid = new Set(allowed.filter(({ expires }) => expires >= today).map(({ id }) => id));
  const severe = advisories.filter(({ id, severity }) => SEVERE.includes(severity) && !valid.has(id));
  const expired = allowed.filter(({ expires }) => expires < today);
  return [
    ...severe.map((one) => `${one.package}: ${one.title} (${one.id}, ${one.severity})`),
    ...expired.map(
      ({ id, expires }) => `${id} was allowed until ${expires}: decide anew, or take it off the list`,
    ),
  ];
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
