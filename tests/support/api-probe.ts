import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, Worker, workerData } from 'node:worker_threads'

/** How long Slipway took to answer, in milliseconds, and what else it answered than 200. */
export type Probe = { latencies: number[]; failures: string[] }

type Asked = { url: string; token: string }

/** Asks Slipway's API ten times a second, in a thread of its own: what the test does beside it costs it no time. */
export function startProbe({ url, token }: Asked): { stop(): Promise<Probe> } {
  const worker = new Worker(import.meta.filename, { workerData: { url, token } satisfies Asked })
  return {
    async stop() {
      const done = new Promise<Probe>((resolve, reject) => worker.once('message', resolve).once('error', reject))
      worker.postMessage('stop')
      return done.finally(() => worker.terminate())
    },
  }
}

if (parentPort && workerData) {
  const { url, token } = workerData as Asked
  const probe: Probe = { latencies: [], failures: [] }
  let isOver = false
  parentPort.once('message', () => {
    isOver = true
  })
  while (!isOver) {
    const began = performance.now()
    await fetch(`${url}/api/deployments`, { headers: { authorization: `Bearer ${token}` } }).then(
      async (response) => {
        await response.text()
        if (response.status !== 200) probe.failures.push(`status ${response.status}`)
      },
      (error: unknown) => probe.failures.push(String(error)),
    )
    probe.latencies.push(performance.now() - began)
    await sleep(100)
  }
  parentPort.postMessage(probe)
}
