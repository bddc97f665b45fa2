/** The server of the suite. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as References from "effect/References"
import * as Handlers from "../../src/peer/Handlers.ts"
import type { PeerOptions } from "../../src/peer/Options.ts"
import * as RpcServer from "../../src/peer/RpcServer.ts"
import type { Listener } from "../../src/transport/Transport.ts"
import { Journal, Lab } from "./Lab.ts"
import { staff } from "./staff.ts"

/** Handlers of the suite die when they are told to, which need not be logged. */
export const quiet = Effect.provideService(References.MinimumLogLevel, "None")

/** Serves until the listener ends or a client says `Quit`. */
export const serve = (options: PeerOptions = {}): Effect.Effect<void, unknown, Listener> =>
  Effect.gen(function* () {
    const quit = yield* Deferred.make<void>()
    const handlers = Handlers.layer(Lab)(staff(new Journal(), Effect.asVoid(Deferred.succeed(quit, undefined))))
    yield* Effect.raceFirst(Effect.provide(RpcServer.run(Lab, options), handlers), Deferred.await(quit))
  }).pipe(quiet)
