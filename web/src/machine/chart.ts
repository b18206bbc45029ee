import uPlot from 'uplot'

export type Points = { seconds: number[]; values: number[] }
type Look = { max: number; format: (value: number) => string }

const HEIGHT = 132

/** A colour or font of tokens.css as it is now. */
const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** Draws one line over time into `target`, as wide as it is. The colours are those of the theme at this moment. */
export function drawChart(target: HTMLElement, { max, format }: Look, points: Points): uPlot {
  const [line, area, text, grid] = ['--accent', '--accent-soft', '--muted', '--line'].map(token)
  const font = `11px ${token('--font')}`
  const axis = { stroke: text ?? '', font, ticks: { show: false } }
  return new uPlot(
    {
      width: target.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 8, 0, 0],
      scales: { y: { range: [0, max] } },
      axes: [
        { ...axis, size: 22, gap: 4, space: 70, grid: { show: false }, values: (_, times) => times.map(hourAndMinute) },
        {
          ...axis,
          size: 62,
          splits: [0, max / 2, max],
          grid: { stroke: grid ?? '', width: 1 },
          values: (_, values) => values.map((it) => (it === 0 ? '0' : format(it))),
        },
      ],
      series: [{}, { stroke: line ?? '', fill: area ?? '', width: 1.5, points: { show: false } }],
    },
    [points.seconds, points.values],
    target,
  )
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const hourAndMinute = (seconds: number) => clock.format(seconds * 1000)

/** Keeps the chart as wide as its place. Answers the function that ends it. */
export function followWidth(target: HTMLElement, chart: uPlot): () => void {
  const observer = new ResizeObserver(() => chart.setSize({ width: target.clientWidth, height: HEIGHT }))
  observer.observe(target)
  return () => observer.disconnect()
}
