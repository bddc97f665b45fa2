/** The q-quantile, between its neighbours where it falls between. */
export const quantile = (values: ReadonlyArray<number>, q: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)]!
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at))
}

export const median = (values: ReadonlyArray<number>): number => quantile(values, 0.5)

/** Half the distance between the quartiles. */
export const spread = (values: ReadonlyArray<number>): number => (quantile(values, 0.75) - quantile(values, 0.25)) / 2
