/** `--plot`. */
export const plot = (_files: ReadonlyArray<string>): void => {}
