/**
 * Typed inter-process communication for Effect.
 *
 * @since 0.1.0
 */
export * as Event from "./protocol/Event.ts"
export * as Protocol from "./protocol/Protocol.ts"
export * as Request from "./protocol/Request.ts"
export * as Client from "./peer/Client.ts"
export * as Fold from "./peer/Fold.ts"
export * as Handlers from "./peer/Handlers.ts"
export * as IpcError from "./peer/IpcError.ts"
export * as Metrics from "./peer/Metrics.ts"
export * as Middleware from "./peer/Middleware.ts"
export * as Resolver from "./peer/Resolver.ts"
export * as RpcClient from "./peer/RpcClient.ts"
export * as RpcServer from "./peer/RpcServer.ts"
export * as Link from "./transport/Link.ts"
export * as Memory from "./transport/Memory.ts"
export * as Transport from "./transport/Transport.ts"
export * as TransportError from "./transport/TransportError.ts"
export * as Message from "./session/Message.ts"
export * as HxInterop from "./wire/dialect/HxInterop.ts"
export * as Innmind from "./wire/dialect/Innmind.ts"
export * as Native from "./wire/dialect/Native.ts"
export * as StreamIpc from "./wire/dialect/StreamIpc.ts"
export * as Wire from "./wire/Wire.ts"
export * as WriteBuffer from "./wire/WriteBuffer.ts"
