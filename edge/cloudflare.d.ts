/** What wrangler.toml binds, and what the main module exports, for the platform's own types. */
declare namespace Cloudflare {
  interface Env {
    /** Absent where the platform has none. */
    readonly SHIELD?: RateLimit;
  }
  interface GlobalProps {
    mainModule: typeof import("./worker.ts");
  }
}
