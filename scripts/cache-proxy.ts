import { readOptions, USAGE } from "./cache-proxy/options.ts";
import { ROOT } from "./local/data-folder.ts";
import { explain } from "./local/start-error.ts";

/** `npm run cache-proxy`: the embedded cache alone, in workerd, in front of any HTTP server. */

process.chdir(ROOT);
try {
  const options = readOptions(process.argv.slice(2));
  if (options === null) console.log(USAGE);
  else {
    const { startCacheProxy } = await import("./cache-proxy/start.ts");
    const running = await startCacheProxy(options);
    console.log(`${running.url} caches ${options.upstream}. Stop it with Ctrl-C.`);
    const stopped = Promise.withResolvers<void>();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.resolve());
    await stopped.promise;
    await running.stop();
  }
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}
process.exit();
