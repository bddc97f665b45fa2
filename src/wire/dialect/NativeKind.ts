/**
 * The numbers of Native: kinds of frames and bits of flags. `docs/wire/native.md` has them too.
 *
 * @since 0.1.0
 */
export const Kind = {
  Hello: 1,
  Request: 2,
  Input: 3,
  InputEnd: 4,
  Cancel: 5,
  Chunk: 6,
  Progress: 7,
  Success: 8,
  Failure: 9,
  Defect: 10,
  Event: 11,
  Credit: 12,
  Ping: 13,
  Pong: 14,
  Drain: 15,
  Bye: 16,
  Proof: 17
} as const

/** The first bit belongs to the framing. */
export const Flag = { crc: 1, raw: 2, deadline: 4, headers: 8, binary: 16 } as const

/**
 * The largest body that may be sent before the peer has said what it reads, and that each side reads at the least: a
 * constant of wire version 1.
 */
export const bodyBytesBeforeHello = 64 * 1024
