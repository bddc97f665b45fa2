/**
 * Whether two sides may talk: the judgement of a peer's Hello.
 *
 * @since 0.1.0
 */
import type { Hello, Refusal } from "./Message.ts"
import * as Proving from "./Proving.ts"

/**
 * The version of the wire that this package speaks.
 *
 * @category constants
 * @since 0.1.0
 */
export const wireVersion = 1

/** What a side asks of the other's Hello. */
export interface Terms {
  /** What this side says of itself. */
  readonly hello: Hello
  /** Tells whether this side can talk to that version of the protocol. */
  readonly accepts: (version: string) => boolean
  /** The secret that the other must say in its Hello; undefined asks for none. */
  readonly secret: string | undefined
  /** Has both sides prove the secret instead, and none of them say it; undefined where the wire has no way to. */
  readonly proof: Proving.Terms | undefined
}

/** Why `remote` is refused, or undefined when it is welcome. */
export const judge = (terms: Terms, remote: Hello): Refusal | undefined => {
  const { hello } = terms
  if (remote.wireVersion !== hello.wireVersion) {
    return incompatible(`wire version ${hello.wireVersion}`, `wire version ${remote.wireVersion}`)
  }
  if (remote.protocol !== hello.protocol || !terms.accepts(remote.version)) {
    return incompatible(`${hello.protocol} ${hello.version}`, `${remote.protocol} ${remote.version}`)
  }
  if (terms.secret === undefined) return Proving.judgeNonce(terms.proof !== undefined, remote.nonce)
  if (remote.secret === undefined)
    return { _tag: "Unauthorized", detail: "no secret was sent; both sides need the same" }
  return Proving.sameText(terms.secret, remote.secret) ? undefined : Proving.wrongSecret
}

const incompatible = (local: string, remote: string): Refusal => ({ _tag: "Incompatible", local, remote })
