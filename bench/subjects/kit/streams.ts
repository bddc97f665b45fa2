/** The streams of the Effect subjects. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { item, Tally, type Item, type Streamed } from "../../workload.ts"

/** Items in the arrays that Stream makes by itself. */
export const itemStream = (count: number): Stream.Stream<Item> => Stream.map(Stream.range(0, count - 1), item)

/** Items as a source gives them that has one at a time. */
export const singleItems = (count: number): Stream.Stream<Item> => Stream.rechunk(itemStream(count), 1)

/** Takes every item by itself. */
export const tallied = <E, R>(items: Stream.Stream<Item, E, R>): Effect.Effect<Streamed, E, R> =>
  Effect.suspend(() => {
    const tally = new Tally()
    return Stream.runFold(
      items,
      () => tally,
      (tally, item) => {
        tally.take(item)
        return tally
      }
    )
  })
