/**
 * How two sides show each other that they know a secret, and do not say it.
 *
 * Each Hello carries a nonce. The side that dialled proves first, the one that accepted answers with a proof of its own:
 * who only dials learns nothing that a guess could be checked by.
 *
 * Law 1: a proof is of one role, one protocol and both nonces, so it is worth nothing on another connection, nor sent
 * back to its maker.
 * Law 2: until both have proved, nothing is said but Hello, Proof and Bye, and who says anything else is refused.
 *
 * @since 0.1.0
 */
import type { Hello, Message, Refusal } from "./Message.ts"
import type { Outbox } from "./Outbox.ts"

/**
 * Makes nonces and proofs. It does not throw.
 *
 * @category models
 * @since 0.1.0
 */
export interface Prover {
  /** Makes 128 random bits or more, in 22 to 128 letters, digits and `+ / = - _`; never the same twice. */
  nonce(): string
  /** Answers what only who knows the secret can make of a text, in at most 256 ASCII characters. */
  of(secret: string, text: string): string
}

/** What one side proves, and by which means. */
export interface Terms {
  readonly role: "dialer" | "acceptor"
  readonly secret: string
  readonly prover: Prover
}

export class Proving {
  readonly #terms: Terms
  readonly #outbox: Outbox
  readonly #accept: (hello: Hello) => void
  readonly #local: Hello
  #remote: Hello | undefined

  /** @param accept hears the peer's Hello once the peer has proved. */
  constructor(terms: Terms, hello: Hello, outbox: Outbox, accept: (hello: Hello) => void) {
    this.#terms = terms
    this.#outbox = outbox
    this.#accept = accept
    this.#local = { ...hello, nonce: terms.prover.nonce() }
  }

  /** Says Hello, with the nonce of this connection. */
  open(): void {
    this.#outbox.send({ _tag: "Hello", hello: this.#local })
  }

  /** Takes the peer's Hello, which may be talked to if it proves. */
  greeted(hello: Hello): void {
    if (this.#remote !== undefined) return this.refuseEarly("a second Hello")
    this.#remote = hello
    if (this.#terms.role === "dialer") this.#prove(hello)
  }

  /** Takes what came before the peer has proved: its proof, or what it must not say. */
  early(message: Message): void {
    const remote = this.#remote
    if (message._tag !== "Proof" || remote === undefined) return this.refuseEarly(message._tag)
    const other = this.#terms.role === "dialer" ? "acceptor" : "dialer"
    if (!sameText(this.#proofBy(other, remote), message.proof)) return this.#outbox.close(wrongSecret)
    if (this.#terms.role === "acceptor") this.#prove(remote)
    this.#accept(remote)
  }

  refuseEarly(what: string): void {
    this.#outbox.close(unauthorized(`${what} came before the secret was proved`))
  }

  #prove(remote: Hello): void {
    this.#outbox.send({ _tag: "Proof", proof: this.#proofBy(this.#terms.role, remote) })
  }

  #proofBy(prover: Terms["role"], remote: Hello): string {
    const { role, secret } = this.#terms
    const [dialer, acceptor] = role === "dialer" ? [this.#local, remote] : [remote, this.#local]
    const { protocol } = this.#local
    return this.#terms.prover.of(secret, `effect-ipc/1 ${prover} ${dialer.nonce} ${acceptor.nonce} ${protocol}`)
  }
}

/** Why the nonce of a peer's Hello is refused by a side that proves, or does not. */
export const judgeNonce = (proves: boolean, nonce: string | undefined): Refusal | undefined => {
  if (proves !== (nonce !== undefined)) return unauthorized("only one side has a secret to prove; both need the same")
  if (nonce === undefined || isNonce.test(nonce)) return undefined
  return { _tag: "Malformed", detail: "Hello: expected a nonce of 22 to 128 letters, digits and + / = - _" }
}

/** No blank, which parts the words of what is proved; and no more than what is worth keeping. */
const isNonce = /^[\w+/=-]{22,128}$/

const unauthorized = (detail: string): Refusal => ({ _tag: "Unauthorized", detail })

export const wrongSecret = unauthorized("the secret is wrong; both sides need the same")

/** Compares in a time that depends on the length of `given` only, so that a guess learns nothing from it. */
export const sameText = (text: string, given: string): boolean => {
  let difference = text.length ^ given.length
  for (let index = 0; index < given.length; index++) {
    difference |= given.charCodeAt(index) ^ text.charCodeAt(index % Math.max(1, text.length))
  }
  return difference === 0
}
