import { fetchMetrics } from "./edge-metrics/fetch.ts";
import { type MetricsArguments, readArguments, USAGE } from "./edge-metrics/options.ts";
import { serveMetrics } from "./edge-metrics/serve.ts";
import { operatedEdge } from "./local/operator.ts";
import { explain } from "./local/start-error.ts";

/** `npm run edge-metrics`: shows what an isolate of the edge has counted. */

try {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted === null) console.log(USAGE);
  else await show(wanted);
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

async function show({ url, port }: MetricsArguments): Promise<void> {
  const edge = operatedEdge(url, process.env);
  const metrics = () => fetchMetrics(edge, Date.now());
  if (port === null) {
    process.stdout.write(await metrics());
    return;
  }
  const served = await serveMetrics(port, metrics);
  console.log(`Serves the figures of ${edge.url} at ${served.url}. Ctrl-C ends it.`);
}
