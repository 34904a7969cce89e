import { originFlags } from "#scripts/local/start-command.ts";

/** One contestant's server, as the process that runs it describes it to the harness. */
export type Serving = {
  readonly port: number;
  /** The processes whose CPU the answers cost. */
  readonly pids: readonly number[];
  /** What the answer to the first request has to be. */
  readonly expected: {
    readonly body: string;
    /** By lower-case name, a regular expression. */
    readonly headers: Readonly<Record<string, string>>;
  };
};

/** What a file in `contestants/` exports. Both are told what the group is. */
export type Contestant = {
  readonly start: (told: string) => Promise<Serving>;
  /** Whole HTTP requests, good for a minute from now. */
  readonly requests: (told: string) => Promise<readonly string[]>;
};

export type GroupName = "edge" | "origin" | "list";

export type Group = {
  readonly name: GroupName;
  readonly title: string;
  /** Files of `contestants/`; the last one is what the others are compared with. */
  readonly contestants: readonly {
    readonly file: string;
    readonly name: string;
    /** Of its process; left out: none. */
    readonly v8Flags?: readonly string[];
  }[];
  /** What they are told; left out when they need to know nothing. */
  readonly told?: string;
};

export const groups: readonly Group[] = [
  {
    name: "edge",
    title: "A cached read at the edge, 1 KB",
    contestants: [
      { file: "edge-hit", name: "gatehouse edge, hit" },
      { file: "hard-wired-worker", name: "hard-wired worker" },
      { file: "bare-worker-with-token", name: "bare worker, sent the token too" },
      { file: "bare-worker", name: "bare worker" },
    ],
  },
  {
    name: "origin",
    title: "A product by id at the origin",
    contestants: [
      { file: "origin-read", name: "gatehouse origin", v8Flags: originFlags() },
      { file: "bare-read", name: "bare Fastify + postgres.js", v8Flags: originFlags() },
    ],
  },
  {
    name: "list",
    title: "A page of 20 products at the origin",
    contestants: [
      { file: "origin-list", name: "gatehouse origin", v8Flags: originFlags() },
      { file: "bare-list", name: "bare Fastify + postgres.js", v8Flags: originFlags() },
    ],
  },
];

/** @throws Error when there is none of that name */
export function groupNamed(name: GroupName): Group {
  const group = groups.find((one) => one.name === name);
  if (group === undefined) throw new Error(`there is no group ${name}`);
  return group;
}

type Headers = Readonly<Record<string, string>>;

/** A GET request as it goes over the wire. */
export function get(target: string, headers: Headers = {}): string {
  return `${headOf("GET", target, headers)}\r\n`;
}

/** A POST request of JSON, in ASCII, as it goes over the wire. */
export function post(target: string, body: unknown, headers: Headers): string {
  const text = JSON.stringify(body);
  const own = { "content-type": "application/json", "content-length": String(text.length) };
  return `${headOf("POST", target, { ...own, ...headers })}\r\n${text}`;
}

function headOf(method: string, target: string, headers: Headers): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join("")}`;
}
