/** One page of a list: `{ data, meta: { nextCursor, pageSize } }`. */
export type Page<T> = {
  readonly data: T[];
  readonly meta: { readonly nextCursor: string | null; readonly pageSize: number };
};

/**
 * Makes a page of rows.
 * @param rows up to `pageSize + 1` of them: the one too many tells that there is a next page
 * @param seal makes the cursor of an id
 */
export function pageOf<T extends { readonly id: string }>(
  rows: readonly T[],
  pageSize: number,
  seal: (id: string) => string,
): Page<T> {
  const data = rows.slice(0, pageSize);
  const last = data.at(-1);
  const nextCursor = rows.length > pageSize && last !== undefined ? seal(last.id) : null;
  return { data, meta: { nextCursor, pageSize } };
}
