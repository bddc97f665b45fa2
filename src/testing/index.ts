/**
 * What users need to test their own protocols.
 *
 * @since 0.1.0
 */
export * as TestPeer from "./TestPeer.ts"
