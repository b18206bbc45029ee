import { createWorld } from '../../tests/support/world.ts'
import { benchLogs } from './logs.ts'
import { benchPages } from './pages.ts'
import { benchVariables } from './variables.ts'

/** How fast the admin UI is in a real Chromium, on the built server. The last part of `npm run bench`. */
for (const bench of [benchPages, benchVariables, benchLogs]) {
  const world = await createWorld({ built: true })
  try {
    await bench(world.slipway)
  } finally {
    await world.destroy()
  }
}
