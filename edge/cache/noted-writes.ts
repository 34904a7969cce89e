import { setBounded } from "../bounded-map.ts";
import { bothOf, contains, type Horizon, type Place } from "./place.ts";

const MAX_TENANTS = 10_000;
/** More fields of one tenant are not told apart. */
const MAX_FIELDS = 500;
/** The field of a write of which is not known what it changed. */
const ANY = "*";

/** What was written to one field: where all of it is in sight, and the name of the last write here. */
type Noted = { readonly place: Place; readonly mark: string };

/**
 * The writes that this isolate passed on and that its snapshots may not contain yet. Until they do, a mark
 * in the key of what they changed keeps answers from before each write out of reach here: transactions do
 * not commit in the order of their ids, so it is the last write's own name.
 */
export class NotedWrites {
  readonly #tenants = new Map<string, Map<string, Noted>>();

  /** @param fields what it changed (shared/freshness.ts); null: not known */
  note(tenantId: string, place: Place, fields: ReadonlySet<string> | null): void {
    const noted = this.#tenants.get(tenantId) ?? new Map<string, Noted>();
    const mark = `+${place.transactionId}.${place.history}`;
    const isTooMuch = fields === null || noted.size + fields.size > MAX_FIELDS;
    for (const field of isTooMuch ? [ANY] : fields) {
      const earlier = noted.get(field);
      noted.set(field, { mark, place: earlier === undefined ? place : bothOf(earlier.place, place) });
    }
    if (noted.size > 0) setBounded(this.#tenants, MAX_TENANTS, tenantId, noted);
  }

  /** The marks of a field's writes that are not in sight; nothing when all are, or there are none. */
  marksOf(tenantId: string, field: string | null, sight: Horizon | null): string {
    const noted = this.#tenants.get(tenantId);
    if (noted === undefined || field === null) return "";
    return markOf(noted.get(field), sight) + markOf(noted.get(ANY), sight);
  }

  /** Forgets what is in sight. */
  forget(tenantId: string, sight: Horizon): void {
    const noted = this.#tenants.get(tenantId);
    if (noted === undefined) return;
    for (const [field, { place }] of noted) if (contains(sight, place)) noted.delete(field);
    if (noted.size === 0) this.#tenants.delete(tenantId);
  }
}

function markOf(noted: Noted | undefined, sight: Horizon | null): string {
  if (noted === undefined || (sight !== null && contains(sight, noted.place))) return "";
  return noted.mark;
}
