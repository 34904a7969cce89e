import { misused, parseArguments } from "#scripts/local/command-line.ts";

export type SmokeArguments = {
  /** Default: the edge of the running `npm run dev`. */
  readonly url: string | null;
  readonly opsUrls: readonly string[];
  readonly token: string | null;
};

export const USAGE = `npm run smoke -- [--url URL] [--ops URL ...]

Checks a running Gatehouse from outside: health, refusals, the cache, a write that is repeated and read back,
and with --ops the probes and metrics of origins. With SMOKE_TOKEN, an access token for catalog:read and
catalog:write, it makes one product and deletes it; without, it checks only what anybody may see. Without
--url it uses this machine's \`npm run dev\`, and a token for its tenant demo. Ends with 1 when a check fails.`;

const OPTIONS = {
  options: {
    url: { type: "string" },
    ops: { type: "string", multiple: true },
  },
} as const;

const refused = (what: string) => misused(what, USAGE);

/** @throws StartError when something cannot be meant; null when help was asked for */
export function readArguments(
  args: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): SmokeArguments | null {
  const parsed = parseArguments(args, USAGE, OPTIONS);
  if (parsed === null) return null;
  const { url = null, ops: opsUrls = [] } = parsed.values;
  const odd = [...(url === null ? [] : [url]), ...opsUrls].find((text) => !/^https?:\/\//.test(text));
  if (odd !== undefined) throw refused(`${odd} is no URL such as https://api.example.com.`);
  return { url, opsUrls, token: variables["SMOKE_TOKEN"] || null };
}
