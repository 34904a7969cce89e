/**
 * Whether an id belongs to the share of ids that is looked at. Each id always does or never does, so both tiers
 * and all isolates log, or trace, the same requests.
 * @param permille thousandths of all ids
 */
export function isSampled(id: string, permille: number): boolean {
  if (permille >= 1000) return true;
  if (permille <= 0) return false;
  // FNV-1a, 32 bits.
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % 1000 < permille;
}
