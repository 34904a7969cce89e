import { coresFor, costPerMillion } from "./cost.ts";
import { attemptsPerCall, dayOf, type Hour, SEASONAL_PEAK, seasonalPeak } from "./day.ts";
import { type Load, loadOf } from "./load.ts";
import { SCENARIOS, type Scenario, trafficOf } from "./scenarios.ts";

/** What the simulator found, as Markdown tables. */

export function allTables(): string {
  const found = SCENARIOS.map((scenario) => ({
    scenario,
    average: loadOf(trafficOf(scenario), scenario.deployment),
    day: dayOf(scenario),
    peak: seasonalPeak(scenario),
  }));
  return [
    title("What reaches what, on average", table(LOAD_COLUMNS, found.map(loadRow))),
    title("What it costs: US dollars for a million requests", table(COST_COLUMNS, found.map(costRow))),
    title(
      "When it is busy: reads and writes a second at the origin",
      table(BUSY_COLUMNS, found.map(busyRow)),
    ),
    title("What the hit ratio depends on", table(WHAT_IF_COLUMNS, whatIfs())),
    title(
      "A storm of retries: attempts that reach a failing origin for each call",
      table(STORM_COLUMNS, storms()),
    ),
  ].join("\n\n");
}

type Found = { scenario: Scenario; average: Load; day: readonly Hour[]; peak: Load };

const LOAD_COLUMNS = [
  "requests",
  "edge",
  "hit ratio",
  "of the location itself",
  "origin reads/s",
  "writes/s",
  "Redis commands/s",
  "for a million requests",
];

function loadRow({ scenario, average }: Found): string[] {
  return [
    scenario.name,
    scenario.deployment.name,
    average.hitRatio.toFixed(2),
    average.nearHitRatio.toFixed(2),
    count(average.originReads),
    count(average.writes),
    count(average.redisCommands),
    count((average.redisCommands / average.requests) * 1e6),
  ];
}

const COST_COLUMNS = [
  "requests",
  "edge",
  "Worker",
  "Analytics Engine",
  "Redis",
  "origin",
  "Postgres",
  "together",
  "cores: origin, Postgres",
];

function costRow({ scenario, average, day }: Found): string[] {
  const busiest = busiestOf(day);
  const cost = costPerMillion(average, busiest);
  const cores = coresFor(busiest);
  const isHosted = scenario.deployment.upper !== null;
  const [edge, analytics] = isHosted ? [cost.edge, cost.analytics] : [0, 0];
  const all = edge + analytics + cost.redis + cost.origin + cost.database;
  return [
    scenario.name,
    scenario.deployment.name,
    isHosted ? dollars(edge) : "own machines",
    isHosted ? dollars(analytics) : "-",
    dollars(cost.redis),
    dollars(cost.origin),
    dollars(cost.database),
    dollars(all),
    `${count(cores.origin)}, ${count(cores.database)}`,
  ];
}

const BUSY_COLUMNS = [
  "requests",
  "edge",
  "average",
  "busiest hour",
  "import at night",
  `year's peak (x${SEASONAL_PEAK})`,
  "1 s after all caches were emptied",
];

function busyRow({ scenario, average, day, peak }: Found): string[] {
  const night = day.find(({ event }) => event === "import") ?? average;
  const loads = [average, busiestOf(day), night, peak];
  return [
    scenario.name,
    scenario.deployment.name,
    ...loads.map(({ originReads, writes }) => `${count(originReads)} + ${count(writes)}`),
    count(average.originReadsWhenEmptied),
  ];
}

function busiestOf(day: readonly Hour[]): Load {
  return day.reduce((most, hour) => (hour.originReads > most.originReads ? hour : most));
}

const WHAT_IF_COLUMNS = ["1 million a minute, but", "hit ratio", "origin reads/s", "Redis commands/s"];

function whatIfs(): string[][] {
  const scenario = SCENARIOS.find(({ requestsPerMinute }) => requestsPerMinute === 1_000_000);
  if (scenario === undefined) throw new Error("there is no scenario of a million requests a minute");
  const { traffic, deployment } = scenario;
  const { upper } = deployment;
  const cases: [string, Scenario][] = [
    ["as above", scenario],
    ["one tenant", { ...scenario, traffic: { ...traffic, tenants: 1 } }],
    ["2,000 tenants", { ...scenario, traffic: { ...traffic, tenants: 2_000 } }],
    ["5% writes", { ...scenario, traffic: { ...traffic, writeShare: 0.05 } }],
    ["no lists", { ...scenario, traffic: { ...traffic, listShare: 0 } }],
    ["half of the reads are lists", { ...scenario, traffic: { ...traffic, listShare: 0.5 } }],
    ["all keys alike popular", { ...scenario, traffic: { ...traffic, productExponent: 0 } }],
    ["30 locations", { ...scenario, deployment: { ...deployment, locations: 30 } }],
    ["no upper tier", { ...scenario, deployment: { ...deployment, upper: null } }],
    [
      "one upper tier for the world",
      { ...scenario, deployment: { ...deployment, upper: upper && { ...upper, caches: 1 } } },
    ],
    [
      "fresh for an hour instead of 5 minutes",
      {
        ...scenario,
        deployment: {
          ...deployment,
          cache: { ...deployment.cache, freshSeconds: 3_600 },
          upper: upper && { ...upper, cache: { ...upper.cache, freshSeconds: 3_600 } },
        },
      },
    ],
  ];
  return cases.map(([name, one]) => {
    const load = loadOf(trafficOf(one), one.deployment);
    return [name, load.hitRatio.toFixed(2), count(load.originReads), count(load.redisCommands)];
  });
}

const STORM_COLUMNS = ["attempts that fail", "3 retries, no budget", "as the edge does: a budget of 10%"];

function storms(): string[][] {
  return [0.1, 0.5, 1].map((failing) => [
    `${failing * 100}%`,
    attemptsPerCall(failing, 3, null).toFixed(2),
    attemptsPerCall(failing, 3, 0.1).toFixed(2),
  ]);
}

function title(text: string, body: string): string {
  return `### ${text}\n\n${body}`;
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Three digits are more than such a figure is worth. */
function count(value: number): string {
  return Number(value.toPrecision(value < 100 ? 2 : 3)).toLocaleString("en");
}

function dollars(value: number): string {
  return value.toFixed(value < 0.1 ? 3 : 2);
}
