import { misused, parseArguments } from "#scripts/local/command-line.ts";
import { contract, scopesOf } from "#shared/contract.ts";

export type TokenArguments = {
  /** A slug or an id. */
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly lifetimeSeconds: number;
  readonly subject: string;
  readonly clientId: string;
};

export const USAGE = `npm run token -- --tenant SLUG|ID --scope "SCOPE SCOPE ..." [--scope SCOPE ...]
  [--ttl 1h] [--subject NAME] [--client NAME]

Prints an access token that this machine's \`npm run dev\` trusts. Scopes: ${scopesOf(contract).join(", ")}.
The time to live is a number with s, m, h or d (default 1h, at most 366d).`;

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
/** The edge believes no token that lasts longer. */
const MAX_LIFETIME_SECONDS = 366 * 86_400;

const OPTIONS = {
  tokens: true,
  options: {
    tenant: { type: "string" },
    scope: { type: "string", multiple: true },
    ttl: { type: "string" },
    subject: { type: "string" },
    client: { type: "string" },
  },
} as const;

const refused = (what: string) => misused(what, USAGE);

/** @throws StartError when something is missing or cannot be meant; null when help was asked for */
export function readArguments(args: readonly string[]): TokenArguments | null {
  const parsed = parseArguments(args, USAGE, OPTIONS);
  if (parsed === null) return null;
  const { values, tokens } = parsed;
  const given = tokens.flatMap((token) => (token.kind === "option" ? [token.name] : []));
  // Of two, the last would count, and nobody would know.
  const repeated = given.find((name, index) => name !== "scope" && given.indexOf(name) !== index);
  if (repeated !== undefined) throw refused(`--${repeated} is given twice.`);
  const { tenant, ttl = "1h", subject = "developer", client } = values;
  // Several at a time are separated as in a token itself (RFC 6749 §3.3).
  const scope = (values.scope ?? []).flatMap((list) => list.split(" ")).filter((name) => name !== "");
  if (!tenant) throw refused("--tenant is missing.");
  if (scope.length === 0) throw refused("--scope is missing.");
  const known: readonly string[] = scopesOf(contract);
  const unknown = scope.find((name) => !known.includes(name));
  if (unknown !== undefined) throw refused(`There is no scope ${unknown}.`);
  return {
    tenant,
    scopes: [...new Set(scope)],
    lifetimeSeconds: readLifetime(ttl),
    subject,
    clientId: client ?? `${tenant}-cli`,
  };
}

function readLifetime(text: string): number {
  const [, amount = "", unit = ""] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * (UNIT_SECONDS[unit] ?? Number.NaN);
  if (seconds >= 1 && seconds <= MAX_LIFETIME_SECONDS) return seconds;
  throw refused("--ttl takes a number with s, m, h or d, such as 15m, up to 366d.");
}
