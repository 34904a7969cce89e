import { table } from "#scripts/local/table.ts";
import { type Probe, probeOf, type Seen } from "#scripts/smoke/probe.ts";

/** One line of the table. */
export type Row = {
  readonly where: string;
  readonly what: string;
  readonly ok: boolean;
  /** Null: nobody has measured it. */
  readonly latencyMs: number | null;
  readonly note: string;
};

/** Asks the edge and each origin. Whoever cannot be asked is a row that says so. */
export async function healthRows(edgeUrl: string, opsUrls: readonly string[]): Promise<readonly Row[]> {
  const asked = [askEdge(edgeUrl), ...opsUrls.map(askOrigin)];
  return (await Promise.all(asked)).flat();
}

async function askEdge(url: string): Promise<readonly Row[]> {
  const { seen, latencyMs, note } = await ask(probeOf(url, null), "/health");
  const where = `edge ${url}`;
  const status = String(seen?.json?.status ?? note);
  const own = { where, what: "edge", ok: seen?.status === 200 && status === "ok", latencyMs, note: status };
  const checks = Object.entries<boolean>(seen?.json?.checks ?? {});
  return [own, ...checks.map(([what, ok]) => ({ where, what, ok, latencyMs: null, note: "" }))];
}

type OwnCheck = {
  readonly name: string;
  readonly required: boolean;
  readonly ok: boolean;
  latency_ms: number;
};

async function askOrigin(url: string): Promise<readonly Row[]> {
  const { seen, latencyMs, note } = await ask(probeOf(url, null), "/ready");
  const where = `origin ${url}`;
  const status = String(seen?.json?.status ?? note);
  const own = { where, what: "origin", ok: seen?.status === 200, latencyMs, note: status };
  const checks: readonly OwnCheck[] = seen?.json?.checks ?? [];
  return [
    own,
    ...checks.map(({ name, required, ok, latency_ms: tookMs }) => {
      const use = required ? "" : "answers without it, but not as fresh";
      return { where, what: name, ok, latencyMs: tookMs, note: use };
    }),
  ];
}

type Asked = { readonly seen: Seen | null; readonly latencyMs: number | null; readonly note: string };

async function ask(probe: Probe, path: string): Promise<Asked> {
  const startedAt = performance.now();
  try {
    const seen = await probe(path);
    return { seen, latencyMs: performance.now() - startedAt, note: `status ${seen.status}` };
  } catch {
    return { seen: null, latencyMs: null, note: "cannot be reached" };
  }
}

/** The rows as text, under what they say. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ where, what, ok, latencyMs, note }) => [
    ok ? "ok" : "AWAY",
    what,
    latencyMs === null ? "-" : `${latencyMs.toFixed(1)} ms`,
    where,
    note,
  ]);
  return table([["state", "what", "latency", "where", "note"], ...cells]);
}
