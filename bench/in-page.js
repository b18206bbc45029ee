/** What bench/logs.ts runs inside Chromium; plain JavaScript, because the server's types know no document. */

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))

async function until(fits) {
  while (!fits()) await nextFrame()
  return performance.now()
}

globalThis.logBench = {
  /** Opens the page by a link, waits for the last line and a scroll bar for all, then for words that say they are there. */
  async open({ address, last, said }) {
    const link = document.createElement('a')
    link.href = address
    document.body.append(link)
    const began = performance.now()
    link.click()
    const first = await until(() => {
      const list = document.querySelector('[role=log]')
      return list?.querySelector(`[data-seq="${last}"]`) && list.scrollHeight >= last * 20
    })
    const whole = await until(() => [...document.querySelectorAll('span')].some((it) => it.textContent.includes(said)))
    link.remove()
    return { firstMs: first - began, wholeMs: whole - began }
  },

  /** Moves the list by `pixels` in each frame, up and down, for `ms`. `missed` counts frames above 20 ms. */
  async scroll({ pixels, ms }) {
    const list = document.querySelector('[role=log]')
    const deltas = []
    let direction = -1
    const began = await nextFrame()
    for (let before = began, now = began; now - began < ms; before = now) {
      if (list.scrollTop <= 0) direction = 1
      if (list.scrollTop >= list.scrollHeight - list.clientHeight - 1) direction = -1
      list.scrollTop += direction * pixels
      now = await nextFrame()
      deltas.push(now - before)
    }
    const total = deltas.reduce((sum, it) => sum + it, 0)
    return {
      perSecond: (1000 * deltas.length) / total,
      worstMs: Math.max(...deltas),
      missed: deltas.filter((it) => it > 20).length,
    }
  },
}
