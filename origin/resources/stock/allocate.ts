/** Where demand is taken from. Pure: levels are given as they are locked. */

export type Level = {
  readonly productId: string;
  readonly location: string;
  readonly onHand: number;
  readonly reserved: number;
  /** 0: not yet filled for the first time. */
  readonly version: number;
};

export type Allocation = {
  readonly productId: string;
  readonly location: string;
  readonly quantity: number;
};

export type Allocated =
  | { readonly kind: "allocated"; readonly allocations: readonly Allocation[] }
  /** Products of which there is less than was wanted, with what there is. */
  | { readonly kind: "short"; readonly available: ReadonlyMap<string, number> };

/**
 * Takes what is wanted of each product from its levels in the order given; all of it or nothing.
 * @param demand quantities by product id
 */
export function allocate(demand: ReadonlyMap<string, number>, levels: readonly Level[]): Allocated {
  const allocations: Allocation[] = [];
  const short = new Map<string, number>();
  for (const [productId, wanted] of demand) {
    let missing = wanted;
    for (const level of levels) {
      if (level.productId !== productId) continue;
      const quantity = Math.min(missing, availableOf(level));
      if (quantity > 0) allocations.push({ productId, location: level.location, quantity });
      missing -= quantity;
    }
    if (missing > 0) short.set(productId, wanted - missing);
  }
  return short.size > 0 ? { kind: "short", available: short } : { kind: "allocated", allocations };
}

export function availableOf({ onHand, reserved }: Pick<Level, "onHand" | "reserved">): number {
  return onHand - reserved;
}

type Change = Pick<Level, "productId" | "location"> & {
  readonly onHandChange: number;
  readonly reservedChange: number;
};

/**
 * Products that changes may make available, or unavailable, or that get stock for the first time.
 * @param levels all of theirs, before the changes
 */
export function crossing(levels: readonly Level[], changes: readonly Change[]): string[] {
  const products = new Set(changes.map(({ productId }) => productId));
  return [...products].filter((productId) => {
    const own = levels.filter((level) => level.productId === productId);
    if (own.some(({ version }) => version === 0)) return true;
    const after = own.map((level) => {
      const change = changes.find((one) => one.productId === productId && one.location === level.location);
      return availableOf(level) + (change?.onHandChange ?? 0) - (change?.reservedChange ?? 0);
    });
    return own.some((level) => availableOf(level) > 0) !== after.some((available) => available > 0);
  });
}
