/**
 * Bold headings and a moving bar in a terminal; plain lines elsewhere.
 */
const colours = process.stdout.isTTY && process.env.NO_COLOR === undefined
const style = (code: number, text: string): string => (colours ? `\x1b[${code}m${text}\x1b[0m` : text)

export const dim = (text: string): string => style(2, text)

export const heading = (text: string): void => console.log(`\n${style(1, text)}`)

const barWidth = 30

/** Draws the bar over itself in a terminal; prints a line for each step elsewhere. */
export const progressBar = (percent: number): void => {
  const full = Math.round((percent / 100) * barWidth)
  const bar = `[${"#".repeat(full)}${".".repeat(barWidth - full)}] ${String(percent).padStart(3)} %`
  if (!process.stdout.isTTY) console.log(bar)
  else process.stdout.write(`\r${style(32, bar)}${percent === 100 ? "\n" : ""}`)
}

export const done = (): void => console.log(`\n${style(32, "The child has ended. That is all.")}`)
