/**
 * Base64 as PHP writes it, and reads it when it is strict: the common alphabet, padded, nothing else in between.
 *
 * @since 0.1.0
 */
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
const codes = Uint8Array.from(alphabet, (character) => character.charCodeAt(0))
const pad = 0x3d
const none = 0xff

/** The six bits that a character stands for. */
const bits = new Uint8Array(256).fill(none)
codes.forEach((code, value) => (bits[code] = value))

/** How many characters so many bytes take. */
export const encodedBytes = (bytes: number): number => Math.ceil(bytes / 3) * 4

/** Writes the first `length` bytes of `from` as Base64 into `into`, from `start` on. */
export const write = (from: Uint8Array, length: number, into: Uint8Array, start: number): void => {
  let to = start
  for (let at = 0; at < length; at += 3) {
    const left = length - at
    const three = (from[at]! << 16) | ((left > 1 ? from[at + 1]! : 0) << 8) | (left > 2 ? from[at + 2]! : 0)
    into[to++] = codes[three >>> 18]!
    into[to++] = codes[(three >>> 12) & 63]!
    into[to++] = left > 1 ? codes[(three >>> 6) & 63]! : pad
    into[to++] = left > 2 ? codes[three & 63]! : pad
  }
}

/** Reads the bytes that are between two offsets, or answers undefined. */
export const read = (bytes: Uint8Array, start: number, end: number): Uint8Array | undefined => {
  let last = end
  while (last > start && end - last < 2 && bytes[last - 1] === pad) last--
  const characters = last - start
  // Padding may be missing, but is right where it is there.
  if (characters % 4 === 1 || (last < end && (end - start) % 4 !== 0)) return undefined
  const decoded = new Uint8Array(Math.floor((characters * 3) / 4))
  let held = 0
  let heldBits = 0
  let to = 0
  for (let at = start; at < last; at++) {
    const six = bits[bytes[at]!]!
    if (six === none) return undefined
    held = ((held << 6) | six) & 0xffff
    heldBits += 6
    if (heldBits >= 8) {
      heldBits -= 8
      decoded[to++] = held >>> heldBits
    }
  }
  return decoded
}
