import type { Connections } from "#origin/db/client.ts";

/** What `EXPLAIN (ANALYZE, FORMAT JSON)` says of one node of a plan. */
type PlanNode = {
  readonly "Node Type": string;
  readonly "Index Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Index Recheck"?: number;
  readonly Plans?: readonly PlanNode[];
};

export type Examined = {
  /** Rows that were read from tables, those that a filter then dropped among them. */
  readonly rows: number;
  readonly indexes: readonly string[];
  /** Kinds of nodes, to see that none reads a whole table. */
  readonly nodes: readonly string[];
};

/**
 * Connections whose reads are also explained: each statement as it is, prepared and executed once more with its very
 * parameters by the very role, on a connection of the kind that it runs on: for any values, or for these.
 * @param connections whose pools have one connection each
 */
export function explaining(connections: Connections, seen: (examined: Examined) => void): Connections {
  return {
    ...connections,
    async rows(text, parameters, isShort) {
      const run = (utility: string) => connections.rows(utility, [], isShort);
      await run(`prepare explained as ${text}`);
      const explained = await run(
        `explain (analyze, format json) execute explained(${parameters.map(literal).join()})`,
      );
      await run("deallocate explained");
      seen(examinedBy(rootOf(explained)));
      return connections.rows(text, parameters, isShort);
    },
  };
}

function literal(value: unknown): string {
  return value === null ? "null" : `'${String(value).replaceAll("'", "''")}'`;
}

function rootOf(explained: unknown[][]): PlanNode {
  const [[answer] = []] = explained;
  const [{ Plan }] = typeof answer === "string" ? JSON.parse(answer) : answer;
  return Plan;
}

function examinedBy(root: PlanNode): Examined {
  const nodes = allOf(root);
  const scans = nodes.filter((node) =>
    /^(Index|Seq|Bitmap Heap|Index Only) (Only )?Scan$/.test(node["Node Type"]),
  );
  return {
    rows: scans.map(rowsOf).reduce((sum, rows) => sum + rows, 0),
    indexes: nodes.flatMap((node) => node["Index Name"] ?? []),
    nodes: nodes.map((node) => node["Node Type"]),
  };
}

function allOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(allOf)];
}

function rowsOf(node: PlanNode): number {
  const dropped = (node["Rows Removed by Filter"] ?? 0) + (node["Rows Removed by Index Recheck"] ?? 0);
  return (node["Actual Rows"] + dropped) * node["Actual Loops"];
}
