/** Payloads as users have them, and the checks that they come back as they went. */
import { makeText } from "../workload.ts"

export interface Text {
  readonly id: number
  readonly text: string
}

const text = makeText().slice(0, 64 * 1024)

export const textOf = (n: number): Text => ({ id: n & 0xfffffff, text })

export const checkText = (sent: Text, received: Text): void => {
  if (sent.id !== received.id || sent.text !== received.text) throw new Error(`text ${sent.id} came back as another`)
}

export interface Line {
  readonly sku: string
  readonly count: number
  readonly price: number
}

export type Payment =
  | { readonly _tag: "Card"; readonly lastFour: string; readonly expires: string }
  | { readonly _tag: "Transfer"; readonly iban: string; readonly reference: string }

/** Twenty fields. */
export interface Order {
  readonly id: number
  readonly version: number
  readonly total: number
  readonly discount: number
  readonly createdAt: number
  readonly number: string
  readonly customer: string
  readonly email: string
  readonly note: string
  readonly paid: boolean
  readonly gift: boolean
  readonly comment: string | null
  readonly rating: number | null
  readonly status: "draft" | "open" | "shipped" | "closed"
  readonly priority: "low" | "normal" | "high"
  readonly tags: ReadonlyArray<string>
  readonly lines: ReadonlyArray<Line>
  readonly address: {
    readonly street: string
    readonly city: string
    readonly code: string
    readonly position: { readonly latitude: number; readonly longitude: number }
  }
  readonly owner: { readonly id: number; readonly name: string }
  readonly payment: Payment
}

const order = (n: number): Order => ({
  id: n,
  version: 3,
  total: 1234.5 + n,
  discount: 0.15,
  createdAt: 1_790_000_000 + n,
  number: `2026-${String(n).padStart(6, "0")}`,
  customer: "Ada Lovelace",
  email: "ada@example.org",
  note: "Please ring twice, the dog is deaf.",
  paid: n % 2 === 0,
  gift: n % 3 === 0,
  comment: n % 2 === 0 ? null : "second floor",
  rating: n % 3 === 0 ? null : 4.5,
  status: (["draft", "open", "shipped", "closed"] as const)[n % 4]!,
  priority: (["low", "normal", "high"] as const)[n % 3]!,
  tags: ["books", "express"],
  lines: [0, 1, 2].map((line) => ({ sku: `SKU-${n}-${line}`, count: line + 1, price: 19.99 })),
  address: {
    street: "12 St James's Square",
    city: "London",
    code: "SW1Y 4JH",
    position: { latitude: 51.507, longitude: -0.134 }
  },
  owner: { id: n + 1, name: "Charles" },
  payment:
    n % 2 === 0
      ? { _tag: "Card", lastFour: "4242", expires: "2029-07" }
      : { _tag: "Transfer", iban: "GB33BUKB20201555555555", reference: `R${n}` }
})

const orders = Array.from({ length: 64 }, (_, n) => order(n))

export const orderOf = (n: number): Order => orders[n % orders.length]!

const same = (one: unknown, other: unknown): boolean => {
  if (typeof one !== "object" || one === null) return one === other
  if (typeof other !== "object" || other === null) return false
  for (const name in one) if (!same(one[name as never], other[name as never])) return false
  return true
}

export const checkOrder = (sent: Order, received: Order): void => {
  if (!same(sent, received)) throw new Error(`order ${JSON.stringify(sent)} came back as ${JSON.stringify(received)}`)
}
