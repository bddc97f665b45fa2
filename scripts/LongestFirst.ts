import { BaseSequencer, type TestSpecification } from "vitest/node"

/** Files that take long begin first, so that none of them runs alone at the end. */
const longest = ["test/examples.test.ts", "test/docs.test.ts", "test/peer/suite.test.ts", "test/e2e/"]

export default class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((path) => moduleId.includes(path))
      return at < 0 ? longest.length : at
    }
    return [...(await super.sort(files))].sort((a, b) => rank(a) - rank(b))
  }
}
