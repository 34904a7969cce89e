/** The bytes that one range asks for, both ends included. */
export type ByteRange = { readonly first: number; readonly last: number };

/**
 * Reads `Range` against a complete body (RFC 9110 §14.1.2, §14.2).
 * @returns null when the whole body should be sent: another unit, several ranges (a server may
 * ignore them), or nonsense
 */
export function rangeOf(range: string | null, length: number): ByteRange | "unsatisfiable" | null {
  if (range === null) return null;
  const match = /^bytes=(\d*)-(\d*)$/i.exec(range.trim());
  const [, from = "", to = ""] = match ?? [];
  if (match === null || (from === "" && to === "")) return null;
  if (from === "") {
    const wanted = Number(to);
    if (wanted === 0 || length === 0) return "unsatisfiable";
    return { first: Math.max(0, length - wanted), last: length - 1 };
  }
  const first = Number(from);
  const last = to === "" ? length - 1 : Number(to);
  if (to !== "" && last < first) return null;
  return first >= length ? "unsatisfiable" : { first, last: Math.min(last, length - 1) };
}
