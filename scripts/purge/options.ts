import { misused, parseArguments } from "#scripts/local/command-line.ts";
import { MAX_TAGS } from "#shared/operator.ts";

export type PurgeArguments = {
  /** Empty: everything, or everything of `tenant`. */
  readonly tags: readonly string[];
  /** A slug or an id. */
  readonly tenant: string | null;
  /** Default: the edge of the running `npm run dev`. */
  readonly url: string | null;
};

export const USAGE = `npm run purge -- --tag TAG [--tag TAG ...] | --everything [--tenant SLUG|ID]
  [--url URL]

Removes answers from the edge's response cache. Tags are route:OPERATION, tenant:ID, collection:NAME,
item:NAME:ID and version:ID; an answer goes when it has any of those named, at most ${MAX_TAGS} at once. Without --url it is the
edge of this machine's \`npm run dev\`; with it, ASSERTION_SECRETS has to be set as it is there.`;

const TAG = /^[\x21-\x2b\x2d-\x7e]{1,256}$/;

const OPTIONS = {
  options: {
    tag: { type: "string", multiple: true },
    everything: { type: "boolean" },
    tenant: { type: "string" },
    url: { type: "string" },
  },
} as const;

const refused = (what: string) => misused(what, USAGE);

/** @throws StartError when something is missing or cannot be meant; null when help was asked for */
export function readArguments(args: readonly string[]): PurgeArguments | null {
  const parsed = parseArguments(args, USAGE, OPTIONS);
  if (parsed === null) return null;
  const { tag: tags = [], everything = false, tenant = null, url = null } = parsed.values;
  if (everything === tags.length > 0) throw refused("Give --tag or --everything.");
  if (tenant !== null && !everything) throw refused("--tenant goes with --everything.");
  if (tags.length > MAX_TAGS) throw refused(`At most ${MAX_TAGS} tags go at once.`);
  const odd = tags.find((name) => !TAG.test(name));
  if (odd !== undefined)
    throw refused(`${JSON.stringify(odd)} is no tag: printable ASCII without spaces or commas.`);
  if (url !== null && !/^https?:\/\//.test(url)) {
    throw refused("--url takes a URL such as https://api.example.com.");
  }
  return { tags: [...new Set(tags)], tenant, url: url?.replace(/\/$/, "") ?? null };
}
