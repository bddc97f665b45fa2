/**
 * What is agreed for one connection of hx/interop.
 *
 * @since 0.1.0
 */
import type { HxLimits } from "../framing/HxReader.ts"
import type * as ContentType from "../payload/ContentType.ts"
import type { HxMethod } from "./HxInteropMapping.ts"

/** What a reader is told of its connection. */
export interface Terms {
  readonly says: ReadonlyArray<HxMethod>
  readonly answers: ReadonlyArray<HxMethod>
  readonly types: ContentType.ContentTypes
  readonly accepts: boolean
  readonly idPrefix: string
  readonly limits: HxLimits
}
