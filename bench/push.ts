import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Repository } from '../tests/support/git-server.ts'
import type { World } from '../tests/support/world.ts'
import { run } from './by-hand.ts'
import { median, show } from './figures.ts'
import { byHand, staticSite, untilAnswers } from './static-by-hand.ts'

const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com']

/** Commits a site that says `text`; answers the push, which is yet to be made. */
async function commit({ folder }: Repository, text: string): Promise<() => Promise<unknown>> {
  for (const [name, content] of Object.entries(staticSite(text))) await writeFile(path.join(folder, name), content)
  await run('git', ['add', '--all'], { cwd: folder })
  await run('git', [...author, 'commit', '--quiet', '-m', text], { cwd: folder })
  return () => run('git', ['push', '--quiet', 'origin', 'main'], { cwd: folder })
}

/**
 * From the moment that a push is with the Git host to the new version live, through a webhook that GitHub's stand-in
 * really sends, beside clone, build and start by hand; in turn.
 */
export async function benchPush(world: World, rounds: number): Promise<void> {
  const { github } = world
  if (!github) throw new Error('there is no GitHub')
  const repository = await world.repository('hello-static')
  const { id } = await world.deploy({ githubUrl: repository.url, subdomain: 'bench', template: 'static' })
  const [hand, pushes, slipway]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round <= rounds; round++) {
    github.state.isSilent = true
    await (await commit(repository, `by hand ${round}`))()
    const first = await byHand(repository.url, `by hand ${round}`)
    github.state.isSilent = false
    const push = await commit(repository, `pushed ${round}`)
    const began = performance.now()
    await push()
    const accepted = performance.now()
    await untilAnswers(world.slipway.httpPort, 'bench.localhost', `pushed ${round}`)
    const live = performance.now()
    await world.settled(id)
    if (round > 0) {
      hand.push(first)
      pushes.push(accepted - began)
      slipway.push(live - accepted)
    }
  }
  const ratios = slipway.map((ms, index) => ms / (hand[index] ?? Number.NaN))
  console.log(`push to live, static sample, warm cache, ${rounds} pairs after one warm-up`)
  console.log(`  git clone && docker build && docker run, until it answers: ${show(hand)}`)
  console.log(`  git push itself, which both begin with:                     ${show(pushes)}`)
  console.log(`  accepted by the Git host → webhook → live through nginx:    ${show(slipway)}`)
  console.log(
    `  ratio, pair by pair: median ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}), goal 1.20`,
  )
  await world.remove(id)
}
