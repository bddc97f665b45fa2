/**
 * What users need to test their own protocols.
 *
 * @since 0.1.0
 */
export * as Faults from "./Faults.ts"
export * as TestPeer from "./TestPeer.ts"
export * as Values from "./Values.ts"
