import { setBounded } from "../bounded-map.ts";
import { contains, type Horizon, laterOf, type Place } from "./place.ts";

const MAX_TENANTS = 10_000;
/** More fields of one tenant are not told apart. */
const MAX_FIELDS = 500;
/** The field of a write of which is not known what it changed. */
const ANY = "*";
const NOTHING: readonly Place[] = [];

/** The writes that this isolate passed on and that its snapshots may not contain yet. */
export class NotedWrites {
  readonly #tenants = new Map<string, Map<string, Place>>();

  /** @param fields what it changed (shared/freshness.ts); null: not known */
  note(tenantId: string, place: Place, fields: ReadonlySet<string> | null): void {
    const noted = this.#tenants.get(tenantId) ?? new Map<string, Place>();
    const isTooMuch = fields === null || noted.size + fields.size > MAX_FIELDS;
    for (const field of isTooMuch ? [ANY] : fields) {
      const earlier = noted.get(field);
      noted.set(field, earlier === undefined ? place : laterOf(earlier, place));
    }
    if (noted.size > 0) setBounded(this.#tenants, MAX_TENANTS, tenantId, noted);
  }

  /** The writes that whoever is shown this field must see. */
  of(tenantId: string, field: string | null): readonly Place[] {
    const noted = this.#tenants.get(tenantId);
    if (noted === undefined || field === null) return NOTHING;
    return [noted.get(field), noted.get(ANY)].filter((place) => place !== undefined);
  }

  /** Forgets what a snapshot contains. */
  forget(tenantId: string, seen: Horizon): void {
    const noted = this.#tenants.get(tenantId);
    if (noted === undefined) return;
    for (const [field, place] of noted) if (contains(seen, place)) noted.delete(field);
    if (noted.size === 0) this.#tenants.delete(tenantId);
  }
}
