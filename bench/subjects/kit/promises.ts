import type { Operation } from "../../subject.ts"

/** Callers that are async functions. */
export const byPromise =
  <I, O>(call: (input: I) => Promise<O>): Operation<I, O> =>
  async (callers, load) => {
    const caller = async (): Promise<void> => {
      for (let input = load.next(); input !== undefined; input = load.next()) load.done(input, await call(input))
    }
    await Promise.all(Array.from({ length: callers }, caller))
  }
