import { readFileSync } from "node:fs";
import { parse } from "yaml";

export const RULES_FILE = "deploy/prometheus/rules.yaml";

export type Rule = {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
};

const file: { readonly groups: readonly { readonly rules: readonly Rule[] }[] } = parse(
  readFileSync(RULES_FILE, "utf8"),
);

export const rules: readonly Rule[] = file.groups.flatMap((group) => group.rules);

export const alerts = rules.flatMap(({ alert, ...rule }) =>
  alert === undefined ? [] : [{ alert, ...rule }],
);

export const recorded: ReadonlySet<string> = new Set(rules.flatMap(({ record }) => record ?? []));
