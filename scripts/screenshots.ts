import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { logIn, openBrowser, sizes, themes } from '../tests/support/browser.ts'
import { addressOf, type PageName, pageNames } from '../tests/support/pages.ts'
import { root } from '../tests/support/slipway.ts'
import { createWorld, type World } from '../tests/support/world.ts'

/**
 * Takes a picture of every page, wide and narrow, light and dark, of a real server with real apps on it.
 * `node scripts/screenshots.ts [folder [page…]]`, after `npm run build`. Needs what the tests need.
 */
const [folder = path.join(root, 'data', 'screenshots'), ...wanted] = process.argv.slice(2)
const names = wanted.length > 0 ? (wanted as PageName[]) : pageNames

const BROKEN =
  'FROM node:24-slim\nRUN echo "Resolving packages…" && echo "npm error 404  left-pad@99 is not in this registry." >&2 && exit 1\n'

/** Apps as an owner has them: some run, one is stopped, one failed, one was deleted. */
async function furnish(world: World): Promise<{ id: string; gone: string }> {
  const node = await world.repository('hello-node', 'blog')
  const site = await world.repository('hello-static', 'handbook')
  const shop = await world.repository('hello-node', 'shop')
  const gone = await world.deploy({ githubUrl: site.url, subdomain: 'campaign', name: 'Campaign 2025' })
  await world.remove(gone.id)
  const blog = await world.deploy({
    githubUrl: node.url,
    subdomain: 'blog',
    name: 'Blog',
    env: [
      { key: 'SITE_TITLE', value: 'Notes from the slipway' },
      { key: 'DATABASE_URL', value: 'postgres://blog:secret@db/blog', secret: true },
      { key: 'PUBLIC_ANALYTICS', value: 'off', buildTime: true },
    ],
    volumes: [{ name: 'uploads', path: '/data' }],
  })
  await node.commit({ 'note.txt': 'second' }, 'Show the newest posts first')
  await world.slipway.api('POST', `/api/deployments/${blog.id}/redeploy`)
  await world.settled(blog.id)
  await world.deploy({ githubUrl: site.url, subdomain: 'handbook', name: 'Handbook' })
  const wiki = await world.deploy({ githubUrl: site.url, subdomain: 'wiki', name: 'Team wiki' })
  await world.slipway.api('POST', `/api/deployments/${wiki.id}/stop`)
  await shop.commit({ Dockerfile: BROKEN }, 'Try the new checkout')
  await world.deploy({ githubUrl: shop.url, subdomain: 'shop', name: 'Shop' })
  await world.slipway.api('POST', '/api/tokens', { name: 'ci', scope: 'write', expiresInDays: 90 })
  await world.settled(wiki.id)
  return { id: blog.id, gone: gone.id }
}

const world = await createWorld({ cloudflare: true })
try {
  await mkdir(folder, { recursive: true })
  const ids = await furnish(world)
  for (const theme of themes) {
    const browser = await openBrowser(world.slipway, { theme })
    const page = await browser.open('/login')
    await page.getByLabel('User name').waitFor()
    for (const [width, size] of Object.entries(sizes)) {
      await page.setViewportSize(size)
      await page.screenshot({ path: path.join(folder, `login-${theme}-${width}.png`) })
    }
    await logIn(page)
    for (const name of names) {
      for (const [width, size] of Object.entries(sizes)) {
        await page.setViewportSize(size)
        await page.goto(addressOf(name, ids))
        await page.waitForLoadState('networkidle')
        await page.waitForTimeout(700)
        await page.screenshot({ path: path.join(folder, `${name}-${theme}-${width}.png`) })
      }
    }
    await browser.close()
  }
  console.log(`pictures of ${names.length} pages are in ${folder}`)
} finally {
  await world.destroy()
}
