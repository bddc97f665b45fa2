/**
 * The level of messages, for systems that others wrote: channels and what goes with them.
 *
 * @since 0.1.0
 */
export * as Channel from "./Channel.ts"
export * as Dispatch from "./Dispatch.ts"
export * as Fanout from "./Fanout.ts"
export * as Hub from "./Hub.ts"
export * as Intercept from "./Intercept.ts"
export * as Pipe from "./Pipe.ts"
export * as HxClient from "./hx/HxClient.ts"
export * as HxContentTypes from "./hx/HxContentTypes.ts"
export * as HxFormat from "./hx/HxFormat.ts"
export * as HxHttp from "./hx/HxHttp.ts"
export * as HxLogger from "./hx/HxLogger.ts"
export * as HxMessage from "./hx/HxMessage.ts"
export * as HxServer from "./hx/HxServer.ts"
export * as HxXml from "./hx/HxXml.ts"
export * as InnmindMessage from "./innmind/InnmindMessage.ts"
export * as InnmindProcess from "./innmind/InnmindProcess.ts"
export * as InnmindServer from "./innmind/InnmindServer.ts"
export * as Php from "./streamIpc/Php.ts"
export * as PhpClass from "./streamIpc/PhpClass.ts"
export * as StreamIpcMessage from "./streamIpc/StreamIpcMessage.ts"
export * as StreamIpcSession from "./streamIpc/StreamIpcSession.ts"
export * as StreamIpcSessions from "./streamIpc/StreamIpcSessions.ts"
