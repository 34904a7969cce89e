import { type OperatedEdge, signatureOf } from "#scripts/local/operator.ts";
import { StartError } from "#scripts/local/start-error.ts";
import { headers as names } from "#shared/headers.ts";
import { METRICS_PATH, METRICS_TARGET } from "#shared/operator.ts";

const TIMEOUT_MS = 10_000;

/**
 * The figures of the isolate that answers, in Prometheus' text format.
 * @param now milliseconds since the epoch
 * @throws StartError when the edge cannot be reached or does not show them
 */
export async function fetchMetrics({ url, secret }: OperatedEdge, now: number): Promise<string> {
  const response = await fetch(url + METRICS_PATH, {
    headers: { [names.operator]: signatureOf(secret, METRICS_TARGET, "", now) },
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new StartError(
      `${url} cannot be reached: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  const text = await response.text();
  if (response.status === 200) return text;
  const why =
    response.status === 404
      ? "it has another secret, or another time, or runs at Cloudflare"
      : `it answered ${response.status}`;
  throw new StartError(`${url} does not show its figures: ${why}.`);
}
