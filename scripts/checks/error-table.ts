type Definition = { readonly status: number; readonly title: string; readonly when: string };

/** How the table in docs/errors.md differs from the problems: one line a difference. */
export function errorTableFaults(markdown: string, problems: Readonly<Record<string, Definition>>): string[] {
  const rows = markdown.split("\n").filter((line) => line.startsWith("| `"));
  const expected = Object.entries(problems).map(
    ([code, { status, title, when }]) => `| \`${code}\` | ${status} | ${title} | ${when} |`,
  );
  return [
    ...expected.filter((row) => !rows.includes(row)).map((row) => `docs/errors.md lacks the row ${row}`),
    ...rows
      .filter((row) => !expected.includes(row))
      .map((row) => `docs/errors.md has a row of its own: ${row}`),
  ];
}
