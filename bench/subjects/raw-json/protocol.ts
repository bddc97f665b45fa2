/** The frames of raw-json. `i` is the caller's number of its call. */
export type ToServer =
  | { readonly i: number; readonly m: string; readonly p: unknown }
  /** An item of an input stream, and its end. */
  | { readonly i: number; readonly v: unknown }
  | { readonly i: number; readonly end: true }

export type ToClient =
  | { readonly i: number; readonly r: unknown }
  | { readonly i: number; readonly v: unknown }
  | { readonly i: number; readonly error: string }
