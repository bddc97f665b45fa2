/**
 * The bytes of JSON as those of PHP's `serialize`, and back, without values between: what most payloads hold.
 *
 * Law: what is answered is what the values would have been read or written as. What is rare is not done so, and -1 is
 * answered: escapes, integers of more than 15 digits, objects within objects, bytes that are no UTF-8, deep nesting.
 *
 * @since 0.1.0
 */
const zero = 0x30

/** Deeper values go the general way. */
export const maxDepth = 32
/** Integers of more digits go the general way. */
export const exactDigits = 15

/** Whether a byte is a digit. */
export const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= zero && byte <= zero + 9

/** Writes a number's digits, and answers the offset after them. */
export const putCount = (bytes: Uint8Array, at: number, count: number): number => {
  if (count < 10) {
    bytes[at] = zero + count
    return at + 1
  }
  let digits = 2
  for (let most = 100; most <= count; most *= 10) digits++
  let left = count
  for (let to = at + digits - 1; to >= at; to--) {
    bytes[to] = zero + (left % 10)
    left = Math.floor(left / 10)
  }
  return at + digits
}

/** Both directions read at `at`, and write at `to`, up to `end` and `room`; `at` is -1 once they have given up. */
export abstract class Transcoder {
  from: Uint8Array = new Uint8Array(0)
  at = 0
  end = 0
  into: Uint8Array = new Uint8Array(0)
  to = 0
  room = 0

  /** Begins with these bytes, and this room. */
  begin(from: Uint8Array, at: number, end: number, into: Uint8Array, to: number, room: number): void {
    this.from = from
    this.at = at
    this.end = end
    this.into = into
    this.to = to
    this.room = room
  }

  protected fail(): void {
    this.at = -1
  }

  /** Copies what is between two offsets. */
  protected copy(start: number, end: number): void {
    const length = end - start
    if (this.to + length > this.room) return this.fail()
    if (length > 32) {
      this.into.set(this.from.subarray(start, end), this.to)
      this.to += length
    } else {
      for (let at = start; at < end; at++) this.into[this.to++] = this.from[at]!
    }
  }
}
