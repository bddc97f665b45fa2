/**
 * Floats as PHP writes them: the fewest digits that mean the same number, and an exponent from 1.0E+17 on.
 *
 * @since 0.1.0
 */

/** How many digits PHP writes without an exponent. */
const mostDigits = 17
const leastPoint = -3

/** Answers the text of a finite float; `letter` begins its exponent: "E" in `serialize`, "e" in JSON. */
export const write = (value: number, letter: "E" | "e"): string => {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0"
  const [mantissa, exponent] = Math.abs(value).toExponential().split("e") as [string, string]
  const digits = mantissa.replace(".", "")
  const sign = value < 0 ? "-" : ""
  const point = Number(exponent) + 1
  if (point > mostDigits || point < leastPoint) {
    const text = `${digits[0]}.${digits.length > 1 ? digits.slice(1) : "0"}`
    return `${sign}${text}${letter}${point > 0 ? "+" : "-"}${Math.abs(point - 1)}`
  }
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`
  if (digits.length <= point) return sign + digits.padEnd(point, "0")
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

const numeric = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/
const words: Readonly<Record<string, number>> = { INF: Infinity, "-INF": -Infinity, NAN: NaN }

/** Reads a float as `unserialize` does, or answers undefined. */
export const read = (text: string): number | undefined => (numeric.test(text) ? Number(text) : words[text])
