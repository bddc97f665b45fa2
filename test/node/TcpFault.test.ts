import { assert, describe, it } from "@effect/vitest"
import * as TcpFault from "../../src/node/TcpFault.ts"

const error = (code: string) => Object.assign(new Error(`${code} of the system`), { code })

describe("what the system says", () => {
  it.each([
    ["ECONNRESET", /closed the connection at once/],
    ["ETIMEDOUT", /does not answer; check the address/],
    ["EHOSTUNREACH", /no way leads to this host/],
    ["ENETUNREACH", /no way leads to this host/],
    ["EACCES", /does not allow this connection/],
    ["EAI_AGAIN", /could not be looked up/],
    ["EOTHER", /the system says EOTHER/]
  ] as const)("of dialling, %s, is told with what to do", (code, says) => {
    assert.match(TcpFault.ofDialling(error(code)), says)
  })

  it.each([
    ["EACCES", /choose one from 1024 on, or 0 for a free one/],
    ["EAFNOSUPPORT", /does not speak this kind of address/],
    ["ENOTFOUND", /no host has this name/],
    ["EOTHER", /the system says EOTHER/]
  ] as const)("of binding, %s, is told with what to do", (code, says) => {
    assert.match(TcpFault.ofBinding(error(code)), says)
  })
})
