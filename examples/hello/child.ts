/**
 * The child: answers over its stdin and stdout, and ends when its input does.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { Handlers, RpcServer } from "effect-ipc"
import { Stdio } from "effect-ipc/node"
import { Greeter } from "./protocol.ts"

const handlers = Handlers.layer(Greeter)({
  SayHello: ({ name }) =>
    // Stdout carries the protocol, so what is printed goes to stderr.
    Effect.as(Console.log(`(the child was asked by ${name})`), `Hello, ${name}!`)
})

RpcServer.run(Greeter).pipe(Effect.provide(handlers), Effect.provide(Stdio.layerListener()), NodeRuntime.runMain)
