export type StoredOutcome = { readonly kind: string };
