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

/** What a file in `contestants/` exports. */
export type Contestant = {
  readonly start: () => Promise<Serving>;
  /** Whole HTTP requests, good for a minute from now. */
  readonly requests: () => Promise<readonly string[]>;
};

export type GroupName = "edge" | "origin";

export type Group = {
  readonly name: GroupName;
  readonly title: string;
  /** Files of `contestants/`; the last one is what the others are compared with. */
  readonly contestants: readonly { readonly file: string; readonly name: string }[];
};

export const groups: readonly Group[] = [
  {
    name: "edge",
    title: "A cached read at the edge, 1 KB",
    contestants: [
      { file: "edge-hit", name: "gatehouse edge, hit" },
      { file: "hard-wired-worker", name: "hard-wired worker" },
      { file: "bare-worker", name: "bare worker" },
    ],
  },
  {
    name: "origin",
    title: "A product by id at the origin",
    contestants: [
      { file: "origin-read", name: "gatehouse origin" },
      { file: "bare-fastify", name: "bare Fastify + postgres.js" },
    ],
  },
];

/** A GET request as it goes over the wire. */
export function get(target: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join("")}\r\n`;
}
