/**
 * The fingerprint of a protocol: a short text that tells whether both sides declare the same messages.
 *
 * @since 0.1.0
 */
interface Sides {
  readonly server: ReadonlyArray<{ readonly tag: string; readonly kind: string }>
  readonly client: ReadonlyArray<{ readonly tag: string; readonly kind: string }>
}

/** Computes the fingerprint: 16 hex digits. */
export const of = (protocol: Sides): string => {
  const lines = (["server", "client"] as const).flatMap((side) =>
    protocol[side].map((member) => `${side} ${member.kind} ${JSON.stringify(member.tag)}`)
  )
  return hash(lines.sort().join("\n"))
}

/** Hashes text to 64 bits, as 16 hex digits: two lanes of 32 bits that stir each other at the end (cyrb53, unshortened). */
const hash = (text: string): string => {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return (b >>> 0).toString(16).padStart(8, "0") + (a >>> 0).toString(16).padStart(8, "0")
}
