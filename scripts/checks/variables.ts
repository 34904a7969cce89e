/** Environment variables: what a tier reads is in its example file, explained, and nothing else is. */

export type Tier = {
  readonly exampleFile: string;
  /** `# why` lines above each `NAME=value` or `# NAME=value`. */
  readonly example: string;
  /** The text of the files that read the environment with a `VariableReader`. */
  readonly config: string;
  /** The text of everything that may read a variable of the example file. */
  readonly sources: string;
};

const READ =
  /(?:\.(?:text|oneOf|integer|url|urls|secret|secretList|secrets|fault)|perMinute)\(\s*"([A-Z][A-Z0-9_]*)"/g;

/** One line for each variable that is undocumented, unexplained or no longer read. */
export function variableFaults({ exampleFile, example, config, sources }: Tier): string[] {
  const { documented, unexplained } = readExample(example);
  const read = new Set([...config.matchAll(READ)].map(([, name = ""]) => name));
  const unread = [...documented].filter((name) => !new RegExp(`\\b${name}\\b`).test(sources));
  return [
    ...[...read]
      .filter((name) => !documented.has(name))
      .map((name) => `${name} is read but not in ${exampleFile}`),
    ...unread.map((name) => `${exampleFile} has ${name}, which nothing reads`),
    ...unexplained.map((name) => `${exampleFile} does not say what ${name} is for`),
  ];
}

function readExample(example: string) {
  const documented = new Set<string>();
  const unexplained: string[] = [];
  let explained = false;
  for (const line of example.split("\n")) {
    const name = /^(?:# ?)?([A-Z][A-Z0-9_]*)=/.exec(line)?.[1];
    if (name !== undefined) {
      documented.add(name);
      if (!explained) unexplained.push(name);
    } else {
      explained = line.startsWith("#");
    }
  }
  return { documented, unexplained };
}
