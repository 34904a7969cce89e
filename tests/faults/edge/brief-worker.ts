// The Worker as it is, with answers that go stale while a test watches. The contract is changed before anything reads it.
import "./brief-answers.ts";

export { CachedOrigin, default, TenantSnapshot } from "#edge/worker.ts";
