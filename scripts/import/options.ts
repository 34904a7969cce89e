import { isUuid } from "#origin/uuid.ts";
import { misused, parseArguments } from "#scripts/local/command-line.ts";

export type ImportArguments = {
  readonly file: string;
  /** Default: the edge of the running `npm run dev`. */
  readonly url: string | null;
  /** Default: one minted for `tenant`. */
  readonly token: string | null;
  readonly tenant: string;
  /** An import of this file that was interrupted; null: a new one. */
  readonly resume: string | null;
};

export const USAGE = `npm run import -- FILE.ndjson [--url URL] [--token TOKEN] [--tenant demo] [--resume IMPORT]

Sends the products of a file through the API, one JSON object a line, matched by SKU: what is there is
updated. Without --url and --token it uses this machine's \`npm run dev\`, for tenant demo or the one
given. Lines that are refused are reported as FILE:LINE; the others are stored. An import that was
interrupted goes on with --resume and the id that it began with.`;

const DEFAULT_TENANT = "demo";

const OPTIONS = {
  allowPositionals: true,
  options: {
    url: { type: "string" },
    token: { type: "string" },
    tenant: { type: "string" },
    resume: { type: "string" },
  },
} as const;

const refused = (what: string) => misused(what, USAGE);

/** @throws StartError when something cannot be meant; null when help was asked for */
export function readArguments(args: readonly string[]): ImportArguments | null {
  const parsed = parseArguments(args, USAGE, OPTIONS);
  if (parsed === null) return null;
  const { values, positionals } = parsed;
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw refused("Give one file.");
  const { url = null, token = null, tenant, resume = null } = values;
  if (url !== null && !/^https?:\/\//.test(url))
    throw refused("--url takes a URL such as https://api.example.com.");
  if (url !== null && token === null) throw refused("--url needs a --token that is good there.");
  if (token !== null && tenant !== undefined)
    throw refused("A --token says for which tenant; leave out --tenant.");
  if (resume !== null && !isUuid(resume)) throw refused("--resume takes the id of an import.");
  return { file, url, token, tenant: tenant ?? DEFAULT_TENANT, resume };
}
