/**
 * The level of messages, for systems that others wrote: channels and what goes with them.
 *
 * @since 0.1.0
 */
export * as HxXml from "./hx/HxXml.ts"
export * as InnmindMessage from "./innmind/InnmindMessage.ts"
export * as InnmindProcess from "./innmind/InnmindProcess.ts"
export * as InnmindServer from "./innmind/InnmindServer.ts"
