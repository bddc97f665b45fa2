/** How far the extras go, in powers of ten. */

/** Calls in flight on one connection. */
export const flights = [10, 100, 1000, 10_000] as const

/** Connections, with a thousand calls in flight spread over them. */
export const links = [1, 10, 100, 1000] as const
