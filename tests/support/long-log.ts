import path from 'node:path'
import Sqlite from 'sqlite3'
import { insertDeployment } from '../../server/db/deployments.ts'
import { openDatabase } from '../../server/db/open.ts'
import { insertRelease } from '../../server/db/releases.ts'

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
export async function writeLongLog(dataDir: string, lines: number, subdomain = 'long-log'): Promise<string> {
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
