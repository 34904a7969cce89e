/** What wrangler.toml binds, and what the main module exports, for the platform's own types. */
declare namespace Cloudflare {
  interface Env {
    /** Absent where the platform has none. */
    readonly SHIELD?: RateLimit;
    /** Absent where nobody reads it. */
    readonly ANALYTICS?: AnalyticsEngineDataset;
    /** Absent where there are no versions. */
    readonly CF_VERSION_METADATA?: WorkerVersionMetadata;
  }
  interface GlobalProps {
    mainModule: typeof import("./worker.ts");
  }
}
