import type { GateEdge, Part } from "../part.ts";
import { type Client, newClient, newTenant } from "../stack.ts";

/** From the moment a revocation is sent to the moment the last of four edges refuses what it revokes. */

const EDGES = 4;
const BAR_SECONDS = 5;
const EVERY_MS = 20;
const PATIENCE_MS = 30_000;
/** One answer that is cached, and one that never is. */
const TARGETS = ["/v1/products?pageSize=1", "/v1/me"];
const KINDS = ["client", "subject"] as const;

export const revocation: Part = {
  name: "d",
  title: `Revocation: from its request to the last refusal by ${EDGES} edges`,
  async run({ settings, progress, stack }) {
    const gate = await stack();
    const tenantId = await newTenant(gate);
    // Sent through another edge: those that are watched hear of it by Redis only.
    const [writer] = gate.edges.slice(EDGES);
    if (writer === undefined) throw new Error("there are too few edges");
    const watched = gate.edges.slice(0, EDGES);
    const admin = await newClient(gate, "open", ["access:admin"], tenantId);
    const delaysMs: number[] = [];
    for (let round = 0; round < settings.revocations; round++) {
      progress(`${round + 1}/${settings.revocations}`);
      const client = await newClient(gate, "open", ["catalog:read"], tenantId);
      for (const edge of watched) for (const target of TARGETS) await expect200(edge, target, client);
      const sentAt = performance.now();
      const kind = KINDS[round % KINDS.length];
      await revoke(writer, admin, { kind, id: client.clientId });
      const refusals = watched.flatMap((edge) => TARGETS.map((target) => refusedAt(edge, target, client)));
      delaysMs.push(Math.max(...(await Promise.all(refusals))) - sentAt);
    }
    const sorted = delaysMs.toSorted((a, b) => a - b);
    const seconds = (ms = Number.NaN) => ms / 1_000;
    return {
      checks: [
        {
          what: "longest",
          figure: seconds(sorted.at(-1)),
          unit: "s",
          bar: { kind: "at most", value: BAR_SECONDS },
          note: `${sorted.length} revocations, tokens remembered and answers cached at all edges`,
        },
        {
          what: "median",
          figure: seconds(sorted[sorted.length >> 1]),
          unit: "s",
          bar: { kind: "none" },
          note: "",
        },
      ],
      details: { delaysMs },
    };
  },
};

async function revoke({ url }: GateEdge, { token }: Client, body: unknown): Promise<void> {
  const answer = await fetch(`${url}/v1/revocations`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.status !== 200) throw new Error(`the revocation was answered with ${await answer.text()}`);
}

async function expect200(edge: GateEdge, target: string, client: Client): Promise<void> {
  const status = await statusOf(edge, target, client);
  if (status !== 200) throw new Error(`${target} was answered with ${status}`);
}

/** When an edge's first refusal arrived. */
async function refusedAt(edge: GateEdge, target: string, client: Client): Promise<number> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
    if ((await statusOf(edge, target, client)) === 401) return performance.now();
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  return Number.POSITIVE_INFINITY;
}

async function statusOf({ url }: GateEdge, target: string, { token }: Client): Promise<number> {
  const answer = await fetch(url + target, { headers: { authorization: `Bearer ${token}` } });
  await answer.arrayBuffer();
  return answer.status;
}
