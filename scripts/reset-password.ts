import { existsSync } from 'node:fs'
import path from 'node:path'
import { loadConfig, readEnvironment } from '../server/config.ts'
import { openDatabase } from '../server/db/open.ts'
import { resetPassword } from '../server/http/login.ts'
import { root } from '../server/root.ts'

/**
 * Gives a user a new password and prints it, once; every session of theirs ends. The server may run meanwhile.
 * `npm run reset-password [user]`, by default the admin of the settings. Run it as the user that the server runs as.
 */
const config = loadConfig(readEnvironment(root), root)
const [user = config.adminUsername] = process.argv.slice(2)
if (!existsSync(path.join(config.dataDir, 'slipway.db'))) {
  process.stderr.write(`error: there is no Slipway in ${config.dataDir}; set SLIPWAY_DATA_DIR to its data folder\n`)
  process.exit(1)
}
const db = await openDatabase(config.dataDir)
try {
  process.stdout.write(`The password of “${user}” is now ${await resetPassword(db, user)}\n`)
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
} finally {
  await db.destroy()
}
