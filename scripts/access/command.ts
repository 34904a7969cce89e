import type { ParseArgsOptionsConfig } from "node:util";
import { CannotStart } from "#origin/cannot-start.ts";
import { misused, parseArguments } from "#scripts/local/command-line.ts";
import { explain } from "#scripts/local/start-error.ts";
import { Problem } from "#shared/problems.ts";
import { type Office, withOffice } from "./office.ts";

/** What a command was asked for: `npm run client -- create --tenant demo`. */
export type Wanted<A extends string> = {
  readonly action: A;
  /** @throws StartError when the option is missing */
  readonly need: (option: string) => string;
  readonly option: (option: string) => string | undefined;
  readonly flag: (option: string) => boolean;
  readonly list: (option: string) => readonly string[];
};

type Grammar<A extends string> = {
  readonly usage: string;
  readonly actions: readonly A[];
  readonly options: ParseArgsOptionsConfig;
};

/** @throws StartError when it cannot be meant; null when help was asked for */
export function readCommand<A extends string>(
  args: readonly string[],
  grammar: Grammar<A>,
): Wanted<A> | null {
  const { usage, options } = grammar;
  const refused = (what: string) => misused(what, usage);
  const parsed = parseArguments(args, usage, { allowPositionals: true, options });
  if (parsed === null) return null;
  const values = new Map<string, unknown>(Object.entries(parsed.values));
  const [first, ...more] = parsed.positionals;
  const action = grammar.actions.find((name) => name === first);
  if (action === undefined || more.length > 0) throw refused(`Say one of: ${grammar.actions.join(", ")}.`);
  const option = (name: string) => {
    const value = values.get(name);
    return typeof value === "string" ? value : undefined;
  };
  return {
    action,
    option,
    need(name) {
      const value = option(name);
      if (!value) throw refused(`--${name} is missing.`);
      return value;
    },
    flag: (name) => values.get(name) === true,
    list(name) {
      const value = values.get(name);
      return Array.isArray(value) ? value.map(String) : [];
    },
  };
}

/** Runs a command's main: prints what it answers, or in a sentence why it could not. */
export async function runCommand<A extends string>(
  grammar: Grammar<A>,
  act: (wanted: Wanted<A>, office: Office) => Promise<string>,
): Promise<void> {
  try {
    const wanted = readCommand(process.argv.slice(2), grammar);
    console.log(
      wanted === null ? grammar.usage : await withOffice(process.env, (office) => act(wanted, office)),
    );
  } catch (error) {
    console.error(said(error));
    process.exitCode = 1;
  }
}

function said(error: unknown): string {
  if (error instanceof Problem) return sentenceOf(error);
  return error instanceof CannotStart ? error.message : explain(error);
}

function sentenceOf({ message, members }: Problem): string {
  const places = members.errors?.map(({ pointer, detail }) => `${pointer} ${detail}`) ?? [];
  return [message, ...places].join("\n");
}
