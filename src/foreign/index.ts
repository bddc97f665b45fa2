/**
 * The level of messages, for systems that others wrote.
 *
 * @since 0.1.0
 */
export * as HxXml from "./hx/HxXml.ts"
