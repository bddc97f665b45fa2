/** The two kinds of charts: bars relative to a yardstick, and lines over powers of ten. */
import type { Chart } from "./draw.ts"

const ink = "#1f2937"
const faint = "#e5e7eb"

/** Told apart by colour-blind readers as well. */
const colours: Readonly<Record<string, string>> = {
  "effect-ipc": "#0072b2",
  birpc: "#e69f00",
  "effect-rpc-notrace": "#cc79a7",
  "effect-rpc": "#d55e00",
  "raw-json": "#6b7280"
}

interface Heading {
  readonly title: string
  /** Which way is better, and under it where and when it was measured. */
  readonly subtitle: string
}

/** What all charts have in common: the heading at the top, the legend under it. */
const frame = ({ subtitle, title }: Heading) => ({
  title: {
    text: title,
    subtext: subtitle,
    left: "center" as const,
    top: 12,
    textStyle: { color: ink, fontSize: 18 },
    subtextStyle: { color: "#4b5563", fontSize: 12, lineHeight: 17 }
  },
  legend: { selectedMode: false, top: 82, itemGap: 40, textStyle: { color: ink, fontSize: 12 } },
  grid: { left: 70, right: 90, top: 128, bottom: 56 }
})

const axis = {
  axisLabel: { color: ink, fontSize: 12 },
  nameTextStyle: { color: ink, fontSize: 12 },
  axisLine: { lineStyle: { color: ink } },
  splitLine: { lineStyle: { color: faint } }
}

export interface Bars extends Heading {
  readonly yardstick: string
  readonly groups: ReadonlyArray<string>
  /** A value per group; undefined where the subject does not offer it. */
  readonly series: ReadonlyArray<{ readonly subject: string; readonly values: ReadonlyArray<number | undefined> }>
}

/** Grouped bars with their values, and a line where the yardstick is. */
export const bars = (given: Bars): Chart => ({
  ...frame(given),
  xAxis: { type: "category", data: [...given.groups], ...axis, axisTick: { show: false } },
  yAxis: {
    type: "value",
    name: `times ${given.yardstick}`,
    nameLocation: "middle",
    nameGap: 44,
    ...axis,
    axisLine: { show: false }
  },
  series: given.series.map(({ subject, values }, at) => ({
    type: "bar",
    silent: true,
    name: subject,
    color: colours[subject]!,
    data: values.map((value) => value ?? null),
    barCategoryGap: "20%",
    barGap: "8%",
    label: {
      show: true,
      position: "top",
      color: ink,
      fontSize: 10,
      backgroundColor: "#ffffff",
      padding: [1, 1, 0, 1],
      formatter: ({ value }) => (typeof value === "number" ? value.toFixed(value < 10 ? 2 : 1) : "")
    },
    ...(at > 0 ? {} : { markLine: yardstickLine(given.yardstick) })
  }))
})

const yardstickLine = (yardstick: string) => ({
  symbol: "none" as const,
  silent: true,
  // Under the bars, so that it crosses no number.
  z: 1,
  lineStyle: { color: ink, type: "dashed" as const, width: 1.5 },
  label: { formatter: `${yardstick}\n= 1`, color: ink, fontSize: 12, position: "end" as const },
  data: [{ yAxis: 1 }]
})

export interface Lines extends Heading {
  readonly xName: string
  readonly yName: string
  readonly series: ReadonlyArray<{
    readonly subject: string
    readonly name: string
    readonly dashed: boolean
    readonly points: ReadonlyArray<readonly [x: number, y: number]>
  }>
}

export const lines = (given: Lines): Chart => ({
  ...frame(given),
  xAxis: {
    type: "log",
    min: 1,
    name: given.xName,
    nameLocation: "middle",
    nameGap: 32,
    ...axis,
    axisLabel: { ...axis.axisLabel, formatter: (value: number) => value.toLocaleString("en-US") }
  },
  yAxis: {
    type: "value",
    min: 0,
    name: given.yName,
    nameLocation: "middle",
    nameGap: 44,
    ...axis,
    axisLine: { show: false }
  },
  series: given.series.map(({ dashed, name, points, subject }) => ({
    type: "line",
    silent: true,
    name,
    color: colours[subject]!,
    symbol: dashed ? "emptyCircle" : "circle",
    symbolSize: 8,
    lineStyle: { width: 2.5, type: dashed ? "dashed" : "solid" },
    data: points.map((point) => [...point])
  }))
})
