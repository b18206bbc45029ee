import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import Sqlite from 'sqlite3'
import { insertDeployment } from '../server/db/deployments.ts'
import { openDatabase } from '../server/db/open.ts'
import { insertRelease } from '../server/db/releases.ts'
import { root } from '../tests/support/slipway.ts'
import { createWorld, type World } from '../tests/support/world.ts'

/**
 * How fast the log viewer is with a long build log, in Chromium on the real server: until the last lines are shown, until
 * all lines are there, and the frames while it is scrolled. `npm run build && node bench/logs.ts [lines] [rounds]`.
 */

const PASSWORD = 'correct horse battery'
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** Lines as builds print them: colours, progress, warnings, a long one now and then. */
function lineAt(seq: number): { stream: string; level: string; text: string } {
  const text = (it: string, stream = 'stdout', level = 'info') => ({ stream, level, text: it })
  if (seq % 5000 === 1) return text(`[${Math.ceil(seq / 5000)}/20] RUN npm run build`, 'step')
  if (seq % 97 === 0) return text(`\u001b[33mwarning\u001b[0m ${seq}: a peer dependency is missing`, 'stderr', 'warn')
  if (seq % 1009 === 0) return text(`bundle ${seq} ${'abcdefghij'.repeat(90)}`)
  if (seq % 13 === 0)
    return text(`\u001b[32m✓\u001b[39m compiled \u001b[1mmodule-${seq}.ts\u001b[22m in ${seq % 83} ms`)
  return text(`line ${seq}: copied src/components/part-${seq % 977}/index.ts to dist (${(seq * 7919) % 4096} bytes)`)
}

/** A deployment with a build log of that many lines, written straight into the server's database. Answers its id. */
export async function insertLongLog(dataDir: string, lines: number, subdomain = 'long-log'): Promise<string> {
  const db = await openDatabase(dataDir)
  const deployment = await insertDeployment(db, {
    name: subdomain,
    githubUrl: 'https://github.com/acme/long-log',
    branch: null,
    rootDir: '',
    subdomain,
    template: null,
    overrides: {},
    volumes: [],
    env: '',
  })
  await insertRelease(db, deployment)
  await db.destroy()
  const sqlite = new Sqlite(path.join(dataDir, 'slipway.db'))
  const insert = sqlite.prepare('insert into build_logs values (?, 1, ?, ?, ?, ?, ?)')
  sqlite.transaction(() => {
    for (let seq = 1; seq <= lines; seq++) {
      const { stream, level, text } = lineAt(seq)
      insert.run(deployment.id, seq, new Date(1_795_000_000_000 + seq * 10).toISOString(), stream, level, text)
    }
  })()
  sqlite.close()
  return deployment.id
}

type Opening = { firstMs: number; wholeMs: number }
type Frames = { perSecond: number; worstMs: number; missed: number }

/** Goes to the log by a link, as one does who is logged in. */
export const openLog = (page: Page, address: string, lines: number) =>
  inPage<Opening>(page, 'open', { address, last: lines, said: `${lines.toLocaleString('en')} lines` })

export const scrollLog = (page: Page, pixels: number, ms = 3000) => inPage<Frames>(page, 'scroll', { pixels, ms })

const inPage = <T>(page: Page, name: string, argument: unknown) =>
  page.evaluate<T>(`logBench.${name}(${JSON.stringify(argument)})`)

/** A page of somebody who is logged in. */
export async function openPage(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const data = { username: 'admin', password: PASSWORD }
  await context.request.post(`${url}/api/auth/login`, { data, headers: { origin: url } })
  await context.addInitScript({ path: path.join(import.meta.dirname, 'in-page.js') })
  return context.newPage()
}

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  })

const show = (values: number[]) =>
  `median ${median(values).toFixed(0)} (${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)})`

/** Prints what opening and scrolling take. */
export async function benchLogs(world: World, lines: number, rounds: number): Promise<void> {
  const id = await insertLongLog(world.slipway.dataDir, lines)
  const browser = await openBrowser()
  try {
    const page = await openPage(browser, world.slipway.url)
    const openings: Opening[] = []
    for (let round = 0; round <= rounds; round++) {
      await page.goto(world.slipway.url)
      await page.waitForSelector('h1')
      openings.push(await openLog(page, `/apps/${id}/logs`, lines))
    }
    const [cold, ...warm] = openings
    console.log(`log viewer, ${lines.toLocaleString('en')} lines, ${rounds} openings by a click after one warm-up`)
    console.log(`  until the last lines are shown, the scroll bar right, ms: ${show(warm.map((it) => it.firstMs))}`)
    console.log(`  until every earlier line is loaded, too, ms:             ${show(warm.map((it) => it.wholeMs))}`)
    console.log(`  the last lines the first time, with the code to load, ms: ${cold?.firstMs.toFixed(0)}`)
    for (const wrap of [false, true]) {
      if (wrap) await page.getByRole('button', { name: 'Wrap long lines' }).click()
      for (const pixels of [60, 600, 20_000]) {
        const { perSecond, worstMs, missed } = await scrollLog(page, pixels)
        const what = `${wrap ? 'wrapped' : 'not wrapped'}, ${pixels} px a frame`
        console.log(
          `  ${what}: ${perSecond.toFixed(1)} frames/s, longest ${worstMs.toFixed(0)} ms, ${missed} above 20 ms`,
        )
      }
    }
  } finally {
    await browser.close()
  }
  const assets = path.join(root, 'dist', 'web', 'assets')
  for (const file of readdirSync(assets).filter((it) => /^(LogView|Logs|Viewer).*\.js\.gz$/.test(it)))
    console.log(`  ${file}: ${(statSync(path.join(assets, file)).size / 1024).toFixed(1)} KiB`)
}

if (import.meta.filename === process.argv[1]) {
  const world = await createWorld({ built: true })
  try {
    await benchLogs(world, Number(process.argv[2] ?? 100_000), Number(process.argv[3] ?? 7))
  } finally {
    await world.destroy()
  }
}
