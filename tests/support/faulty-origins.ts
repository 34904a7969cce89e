import { type EdgeUnderTest, startEdgeUnderTest } from "./edge.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { type RecordingOrigin, startRecordingOrigin } from "./recording-origin.ts";

/** An edge whose origins record what reaches them, each behind a proxy that can fail. */
export type FaultyOrigins = {
  readonly edge: EdgeUnderTest;
  readonly origins: readonly RecordingOrigin[];
  readonly proxies: readonly FaultProxy[];
  /** What the edge has logged, parsed. */
  readonly lines: Record<string, unknown>[];
  /** How many requests have reached each origin. */
  readonly seen: () => readonly number[];
  /** Lets every origin work again and forget what it has seen. */
  readonly mend: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export async function startFaultyOrigins(
  count: number,
  variables: Readonly<Record<string, string>> = {},
  main?: string,
): Promise<FaultyOrigins> {
  const origins = await Promise.all(Array.from({ length: count }, startRecordingOrigin));
  const proxies = await Promise.all(
    origins.map(({ url }) => {
      const { hostname, port } = new URL(url);
      return startFaultProxy({ upstream: { host: hostname, port: Number(port) } });
    }),
  );
  const lines: Record<string, unknown>[] = [];
  const edge = await startEdgeUnderTest(
    {
      variables: { ORIGIN_URLS: proxies.map(({ url }) => url).join(","), ...variables },
      onLog: (line) => lines.push(parsed(line)),
    },
    main,
  );
  for (const origin of origins) origin.keys = edge.origin.keys;
  async function mend(): Promise<void> {
    for (const [i, proxy] of proxies.entries()) {
      await proxy.set({ kind: "pass" });
      proxy.sever();
      const origin = origins[i];
      if (origin === undefined) continue;
      origin.answer = () => ({});
      origin.requests.length = 0;
    }
  }
  return {
    ...{ edge, origins, proxies, lines, mend },
    seen: () => origins.map(({ requests }) => requests.length),
    async stop() {
      await mend();
      await edge.stop();
      for (const part of [...proxies, ...origins]) await part.stop();
    },
  };
}

/** The platform logs lines of its own, which are no JSON. */
function parsed(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line);
  } catch {
    return { line };
  }
}
