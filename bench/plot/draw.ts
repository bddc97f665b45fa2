/** Draws a chart as SVG, without a browser. */
import * as echarts from "echarts"

export type Chart = echarts.EChartsOption

export const draw = (chart: Chart, size: { readonly width: number; readonly height: number }): string => {
  const instance = echarts.init(null, null, { renderer: "svg", ssr: true, ...size })
  try {
    // Pages may be dark: the chart brings its own white.
    instance.setOption({
      backgroundColor: "#ffffff",
      textStyle: { fontFamily: "sans-serif" },
      ...chart,
      animation: false
    })
    return instance.renderToSVGString()
  } finally {
    // Until then it has timers, and the process does not end.
    instance.dispose()
  }
}
