import { misused, parseArguments } from "#scripts/local/command-line.ts";

export type MetricsArguments = {
  /** Default: the edge of the running `npm run dev`. */
  readonly url: string | null;
  /** Where to listen for a Prometheus; null: the figures are printed once. */
  readonly port: number | null;
};

export const USAGE = `npm run edge-metrics -- [--url URL] [--serve PORT]

Prints what the isolate that answers has counted, in Prometheus' text format: of the edge of this machine's
\`npm run dev\`, or of the one at --url, where ASSERTION_SECRETS has to be set as it is there. With --serve it
listens on 127.0.0.1 for a Prometheus, which cannot sign what it asks, and signs for it. An edge at Cloudflare
does not show them: there Analytics Engine has the figures of all isolates.`;

const OPTIONS = {
  options: {
    url: { type: "string" },
    serve: { type: "string" },
  },
} as const;

const refused = (what: string) => misused(what, USAGE);

/** @throws StartError when something cannot be meant; null when help was asked for */
export function readArguments(args: readonly string[]): MetricsArguments | null {
  const parsed = parseArguments(args, USAGE, OPTIONS);
  if (parsed === null) return null;
  const { url = null, serve = null } = parsed.values;
  if (url !== null && !/^https?:\/\//.test(url)) {
    throw refused("--url takes a URL such as http://127.0.0.1:8787.");
  }
  if (serve !== null && !(/^\d{1,5}$/.test(serve) && Number(serve) < 65_536)) {
    throw refused("--serve takes a port.");
  }
  return { url: url?.replace(/\/$/, "") ?? null, port: serve === null ? null : Number(serve) };
}
