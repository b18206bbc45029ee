import type { Deps } from '../deps.ts'
import type { MachineSample, StatsSample } from '../samples.ts'
import { createAppMeter } from './measure-apps.ts'
import { createMeter } from './measure-machine.ts'
import { createHistory } from './sample-history.ts'

const HISTORY_SECONDS = 10
const HISTORY_LENGTH = 360
const LIVE_MS = 5000
/** A pass over the apps ends before the next begins, and until then what it found is recent. */
const PASS_MS = 4500

export type Stats = {
  /** The machine now and in the last hour, and the apps; measured anew when that was last done some 5 s ago. */
  read(): Promise<StatsSample & { machine: { history: MachineSample[] } }>
  /** Somebody looks: until the function that this answers is called, samples are published every 5 s. */
  watch(): () => void
  /** Begins the history. */
  start(): void
  stop(): Promise<void>
}

/** Measures the machine all the time, every 10 s, and the apps only while somebody looks: that costs the engine a call each. */
export function createStats(deps: Deps): Stats {
  const end = new AbortController()
  const history = createHistory(HISTORY_LENGTH)
  const [measureForHistory, measureNow] = [createMeter(deps.config.dataDir), createMeter(deps.config.dataDir)]
  const measureApps = createAppMeter(deps)
  let viewers = 0
  let historyTimer: NodeJS.Timeout | undefined
  let liveTimer: NodeJS.Timeout | undefined
  let latest: { at: number; sample: Promise<StatsSample> } | undefined

  async function take(): Promise<StatsSample> {
    const signal = AbortSignal.any([end.signal, AbortSignal.timeout(PASS_MS)])
    const [machine, apps] = await Promise.all([measureNow(), measureApps(signal)])
    return { machine: { ...machine, intervalSeconds: HISTORY_SECONDS }, apps }
  }

  /** One pass at a time, whoever asks. */
  function recent(): Promise<StatsSample> {
    if (latest && performance.now() - latest.at < PASS_MS) return latest.sample
    const sample = take()
    latest = { at: performance.now(), sample }
    sample.catch(() => {
      latest = undefined
    })
    return sample
  }

  const publish = async () => deps.events.publish({ type: 'stats', sample: await recent() })
  const remember = async () => history.add((await measureForHistory()).now)
  const survive = (work: Promise<void>) =>
    work.catch((error: unknown) => deps.log.warn({ err: error }, 'the machine could not be measured'))
  const every = (ms: number, work: () => Promise<void>) => setInterval(() => void survive(work()), ms).unref()

  return {
    async read() {
      const { machine, apps } = await recent()
      return { machine: { ...machine, history: history.list() }, apps }
    },
    watch() {
      viewers += 1
      if (viewers === 1) {
        liveTimer = every(LIVE_MS, publish)
        void survive(publish())
      }
      return () => {
        viewers -= 1
        if (viewers === 0) clearInterval(liveTimer)
      }
    },
    start() {
      historyTimer = every(HISTORY_SECONDS * 1000, remember)
    },
    async stop() {
      clearInterval(historyTimer)
      clearInterval(liveTimer)
      end.abort()
      await latest?.sample.catch(() => undefined)
    },
  }
}
