/** What a deploy is told by its environment variables. */
export type DeployVariables = {
  /** The edge, as clients reach it. */
  readonly edgeUrl: string;
  /** Of a tenant made for it: reads and one product that is made and deleted; null: what anybody may see. */
  readonly smokeToken: string | null;
  /** Null: the origin's own figures hold nobody up. */
  readonly prometheusUrl: string | null;
  /** The origin's image without its tag. */
  readonly image: string;
};

/** Shown where a dry run has nothing to ask. */
const UNSET = { EDGE_URL: "https://edge.invalid", ORIGIN_IMAGE: "gatehouse-origin" } as const;

/** @throws Error that names what is missing */
export function readVariables(
  variables: Readonly<Record<string, string | undefined>>,
  isDryRun: boolean,
): DeployVariables {
  const required = (name: keyof typeof UNSET) => {
    const value = variables[name] || (isDryRun ? UNSET[name] : undefined);
    if (value === undefined) throw new Error(`${name} is not set: see docs/deploying.md`);
    return value;
  };
  return {
    edgeUrl: required("EDGE_URL").replace(/\/$/, ""),
    image: required("ORIGIN_IMAGE"),
    smokeToken: variables["SMOKE_TOKEN"] || null,
    prometheusUrl: variables["PROMETHEUS_URL"] || null,
  };
}
