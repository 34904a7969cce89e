import { fetchMetrics } from "./edge-metrics/fetch.ts";
import { type MetricsArguments, readArguments, USAGE } from "./edge-metrics/options.ts";
import { serveMetrics } from "./edge-metrics/serve.ts";
import { runMain } from "./local/command-line.ts";
import { operatedEdge } from "./local/operator.ts";

/** `npm run edge-metrics`: shows what an isolate of the edge has counted. */

await runMain(USAGE, readArguments, show);

async function show({ url, port }: MetricsArguments): Promise<number> {
  const edge = operatedEdge(url, process.env);
  const metrics = () => fetchMetrics(edge, Date.now());
  if (port === null) {
    process.stdout.write(await metrics());
    return 0;
  }
  const served = await serveMetrics(port, metrics);
  console.log(`Serves the figures of ${edge.url} at ${served.url}. Ctrl-C ends it.`);
  return 0;
}
