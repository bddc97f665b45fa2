/**
 * What every subject is asked to do, and the checks that its answers are right.
 *
 * A wrong answer throws: the bench measures nothing that does not work.
 */

export interface Add {
  readonly a: number
  readonly b: number
  readonly note: string
}

export interface Sum {
  readonly sum: number
  readonly note: string
}

export interface Item {
  readonly index: number
  readonly note: string
}

/** What the receiver of a stream saw. */
export interface Streamed {
  readonly count: number
  readonly total: number
}

export const itemsPerStream = 500

export const mebibyte = 1 << 20

const noteCount = 64
/** 64 notes of 32 characters. */
const notes = Array.from({ length: noteCount }, (_, n) =>
  `note ${String(n).padStart(2, "0")} of a call from here to there`.slice(0, 32)
)

/** The n-th request; sums stay below 2^31. */
export const request = (n: number): Add => ({ a: n & 0xfffffff, b: (n * 7) & 0xfffffff, note: notes[n % noteCount]! })

export const answer = ({ a, b, note }: Add): Sum => ({ sum: a + b, note })

export const checkSum = ({ a, b, note }: Add, sum: Sum): void => {
  if (sum.sum !== a + b || sum.note !== note) {
    throw new Error(`wrong answer ${JSON.stringify(sum)} to ${JSON.stringify({ a, b, note })}`)
  }
}

export const item = (index: number): Item => ({ index, note: notes[index % noteCount]! })

/** Takes the items of a stream in order. */
export class Tally implements Streamed {
  count = 0
  total = 0

  take({ index, note }: Item): void {
    if (index !== this.count || note !== notes[index % noteCount]) {
      throw new Error(`wrong item number ${this.count}: ${JSON.stringify({ index, note })}`)
    }
    this.count += 1
    this.total += index
  }
}

export const checkStreamed = (asked: number, { count, total }: Streamed): void => {
  if (count !== asked || total !== (asked * (asked - 1)) / 2) {
    throw new Error(`a stream of ${asked} items gave ${count}, their total ${total}`)
  }
}

/** 1 MiB of plain text in lines of 64 characters. */
export const makeText = (): string => {
  const line = "The quick brown fox jumps over the lazy dog, and a line is over.\n".slice(-64)
  return line.repeat(mebibyte / line.length)
}

/** 1 MiB in which every byte value occurs, and no two neighbourhoods are alike. */
export const makeBytes = (): Uint8Array => {
  const bytes = new Uint8Array(mebibyte)
  for (let at = 0, seed = 1; at < bytes.length; at++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
    bytes[at] = seed >>> 24
  }
  return bytes
}

export const checkText = (sent: string, received: string): void => {
  if (sent !== received) throw new Error(`an echo of ${sent.length} characters gave ${received.length} others`)
}

export const checkBytes = (sent: Uint8Array, received: Uint8Array): void => {
  if (Buffer.compare(sent, received) !== 0) {
    throw new Error(`an echo of ${sent.length} bytes gave ${received.length} others`)
  }
}
