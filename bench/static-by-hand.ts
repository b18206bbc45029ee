import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { nginxConf } from '../templates/static/nginx.ts'
import { freePort } from '../tests/support/slipway.ts'
import { askNginx } from '../tests/support/world.ts'
import { buildByHand, client, removeImage, run } from './by-hand.ts'

/** The same image that the static template builds, as one would write it by hand. */
const HAND_DOCKERFILE =
  'FROM nginx:stable-alpine\nCOPY nginx.conf /etc/nginx/nginx.conf\nRUN echo "listen 8080;" > /tmp/listen.conf\nCOPY . /srv\nUSER 101:101\nEXPOSE 8080\nCMD ["nginx", "-g", "daemon off;"]\n'

/** A site that says `text`, which both can build. */
export const staticSite = (text: string) => ({
  Dockerfile: HAND_DOCKERFILE,
  'nginx.conf': nginxConf({ folder: '', fallback: '404' }),
  'index.html': `<p>${text}</p>\n`,
})

export async function untilAnswers(port: number, hostname: string, text: string): Promise<void> {
  for (;;) {
    const answer = await askNginx(port, hostname, '/', {}).catch(() => undefined)
    if (answer?.status === 200 && answer.text.includes(text)) return
    await sleep(20)
  }
}

/** Clone, build and start until it answers, in ms. */
export async function byHand(url: string, text: string): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-bench-'))
  const port = await freePort()
  const began = performance.now()
  await run('git', ['clone', '--quiet', '--depth', '1', url, `${folder}/src`])
  await buildByHand(`${folder}/src`, 'slipway-bench-by-hand')
  const { stdout } = await run(client, [
    'run',
    '--detach',
    '--publish',
    `127.0.0.1:${port}:8080`,
    'slipway-bench-by-hand',
  ])
  await untilAnswers(port, 'localhost', text)
  const ms = performance.now() - began
  await run(client, ['rm', '--force', stdout.trim()])
  await removeImage('slipway-bench-by-hand')
  await rm(folder, { recursive: true })
  return ms
}
