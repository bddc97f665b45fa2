/**
 * The CRC-32 of zlib and PNG, over a part of some bytes.
 *
 * Short parts are summed here: to call native code for them takes longer than the sum (0.7 us of a call over stdio).
 *
 * @since 0.1.0
 */

/**
 * Computes the CRC-32 of `bytes`, continued from `seed`, as Node's `zlib.crc32` does.
 *
 * @category models
 * @since 0.1.0
 */
export type Checksum = (bytes: Uint8Array, seed?: number) => number

/** Computes the CRC-32 of the bytes between two offsets, continued from `seed`. */
export type Sum = (bytes: Uint8Array, start: number, end: number, seed?: number) => number

const shortBytes = 128

/** Sums by `checksum`, but what is short. */
export const sumBy =
  (checksum: Checksum): Sum =>
  (bytes, start, end, seed = 0) =>
    end - start <= shortBytes ? short(bytes, start, end, seed) : checksum(bytes.subarray(start, end), seed) >>> 0

const polynomial = 0xedb88320

/** What a byte does to the sum, and after it what it does one, two and three bytes later. */
const makeTables = (): Int32Array => {
  const tables = new Int32Array(4 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte
    for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 1 ? (sum >>> 1) ^ polynomial : sum >>> 1
    tables[byte] = sum
  }
  for (let at = 256; at < tables.length; at++) {
    const sum = tables[at - 256]!
    tables[at] = (sum >>> 8) ^ tables[sum & 0xff]!
  }
  return tables
}

let tables: Int32Array | undefined

const short: Sum = (bytes, start, end, seed = 0) => {
  const table = (tables ??= makeTables())
  let sum = ~seed
  let at = start
  for (; at + 4 <= end; at += 4) {
    sum ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    sum =
      table[768 + (sum & 0xff)]! ^
      table[512 + ((sum >>> 8) & 0xff)]! ^
      table[256 + ((sum >>> 16) & 0xff)]! ^
      table[sum >>> 24]!
  }
  for (; at < end; at++) sum = table[(sum ^ bytes[at]!) & 0xff]! ^ (sum >>> 8)
  return ~sum >>> 0
}
