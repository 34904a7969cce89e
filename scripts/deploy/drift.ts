/** Where production is not what the repository says. Pure: what was found in, faults out. */

export type AppliedMigration = { readonly name: string; readonly checksum: string };

export type Expected = {
  /** Of the last deploy that went well. */
  readonly commit: string;
  /** Of that commit. */
  readonly migrations: readonly AppliedMigration[];
};

export type Found = {
  /** The tag of the edge's version that has all traffic; null: several share it, or it has none. */
  readonly edgeTag: string | null;
  /** The origin's image with its tag. */
  readonly image: string;
  /** What `kubectl diff` shows between the cluster and the repository; empty: nothing. */
  readonly configuration: string;
  readonly migrations: readonly AppliedMigration[];
};

export function driftOf({ commit, migrations }: Expected, found: Found): string[] {
  return [
    ...(found.edgeTag?.endsWith(`-${commit}`) === true
      ? []
      : [`the edge serves ${found.edgeTag ?? "no single version"}, the last deploy was ${commit}`]),
    ...(found.image.endsWith(`:${commit}`)
      ? []
      : [`the origin runs ${found.image}, the last deploy was ${commit}`]),
    ...(found.configuration === ""
      ? []
      : [`the cluster is not configured as deploy/k8s says:\n${found.configuration}`]),
    ...migrationDrift(migrations, found.migrations),
  ];
}

function migrationDrift(
  expected: readonly AppliedMigration[],
  applied: readonly AppliedMigration[],
): string[] {
  const checksums = new Map(applied.map(({ name, checksum }) => [name, checksum]));
  const known = new Set(expected.map(({ name }) => name));
  return [
    ...expected.flatMap(({ name, checksum }) => {
      const found = checksums.get(name);
      if (found === undefined) return [`the database lacks the migration ${name}`];
      return found === checksum ? [] : [`the database has another ${name} than the repository`];
    }),
    ...applied
      .filter(({ name }) => !known.has(name))
      .map(({ name }) => `the database has the migration ${name}, which the deployed commit does not know`),
  ];
}
