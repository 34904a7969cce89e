/**
 * Goes on with a value that is there at once, or with one that has to be waited for. A cache hit waits for
 * nothing, and promises that nobody needs would be a tenth of what it costs (docs/decisions/0014-stages.md).
 */
export function andThen<T, U>(value: T | Promise<T>, use: (value: T) => U | Promise<U>): U | Promise<U> {
  return value instanceof Promise ? value.then(use) : use(value);
}
