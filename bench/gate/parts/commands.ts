import type { Check } from "../../bars/part.ts";
import { get } from "../../contestant.ts";
import { measure } from "../../process.ts";
import type { Part } from "../part.ts";
import { commandsOf, newClient } from "../stack.ts";

/** What one client's requests cost at Redis, at three rates, all at once on one edge. */

const RATES: readonly (readonly [perSecond: number, bar: number])[] = [
  [1, 1_000],
  [10, 200],
  [1_000, 20],
];
/** A cached answer of a tenant without data. */
const TARGET = "/v1/products?pageSize=1";

export const commands: Part = {
  name: "b",
  title: "Redis commands for 1,000 requests of one client",
  async run({ settings, progress, stack }) {
    const gate = await stack();
    const [edge] = gate.edges;
    if (edge === undefined) throw new Error("there is no edge");
    progress(`${RATES.map(([rate]) => rate).join(", ")} requests/s for ${settings.countedSeconds} s`);
    const rows = await Promise.all(
      RATES.map(async ([rate, bar]) => {
        const client = await newClient(gate, "open");
        const { requests, failures } = await measure(
          {
            port: edge.port,
            requests: [get(TARGET, { authorization: `Bearer ${client.token}` })],
            connections: Math.min(16, rate),
            // From the very first: the pace is still to be learned.
            warmUp: 0,
            seconds: settings.countedSeconds,
            rate,
          },
          edge,
        );
        return { rate, bar, requests, failures, commands: await commandsOf(gate, client) };
      }),
    );
    return { checks: rows.flatMap(checksOf), details: { rows } };
  },
};

type Row = {
  readonly rate: number;
  readonly bar: number;
  readonly requests: number;
  readonly failures: number;
  readonly commands: { readonly quota: number; readonly others: number };
};

function checksOf({ rate, bar, requests, failures, commands }: Row): Check[] {
  const per1000 = (count: number) => (count / requests) * 1_000;
  return [
    {
      what: `quota, at ${rate}/s`,
      figure: per1000(commands.quota),
      unit: "",
      bar: { kind: "at most", value: bar },
      note: `${commands.quota} for ${requests} requests, from the first one`,
      ...(failures > 0 && { void: `${failures} requests failed` }),
    },
    {
      what: `snapshots of versions and revocations, at ${rate}/s`,
      figure: per1000(commands.others),
      unit: "",
      bar: { kind: "none" },
      note: "for all clients of a tenant together: two a second at most",
    },
  ];
}
