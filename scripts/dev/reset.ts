import { rmSync } from "node:fs";
import { join } from "node:path";

/** What dev puts into its folder. Nothing else is deleted, wherever GATEHOUSE_DATA_DIR points. */
const KEPT = ["postgres", "secrets.json", "development-key.json", "session.json"];

export function resetData(folder: string): void {
  for (const name of KEPT) rmSync(join(folder, name), { recursive: true, force: true });
}
