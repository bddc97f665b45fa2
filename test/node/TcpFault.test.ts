import { assert, describe, it } from "@effect/vitest"
import * as TcpFault from "../../src/node/TcpFault.ts"
import * as TlsClient from "../../src/node/TlsClient.ts"

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

describe("what is wrong with TLS", () => {
  it.each([
    ["CERT_HAS_EXPIRED", /out of date .* renew it, and check this machine's clock/],
    ["SELF_SIGNED_CERT_IN_CHAIN", /is not trusted .* `tls: \{ ca \}`/],
    ["ERR_SSL_SOMETHING", /TLS failed \(ERR_SSL_SOMETHING of the system\); check the TLS options of both sides/]
  ] as const)("as %s is told with what to do", (code, says) => {
    assert.match(TlsClient.fault(error(code))!, says)
  })

  it("is nothing where the system names what it was doing, or each address of a name said something", () => {
    assert.isUndefined(TlsClient.fault(Object.assign(error("ECONNREFUSED"), { syscall: "connect" })))
    const each = [error("ECONNREFUSED"), error("ECONNREFUSED")]
    assert.isUndefined(TlsClient.fault(Object.assign(new AggregateError(each), { code: "ECONNREFUSED" })))
  })
})
