import { expect } from 'vitest'
import type { World } from './world.ts'

/** An app that says `text` on /, its environment on /env, and keeps a note in /data. */
export const saying = (text: string) => `const { createServer } = require('node:http')
const { existsSync, readFileSync, writeFileSync } = require('node:fs')
const note = '/data/note'
const server = createServer(({ url }, response) => {
  if (url === '/env') return response.end(JSON.stringify(process.env))
  if (url.startsWith('/write/')) writeFileSync(note, url.slice(7))
  response.end(url === '/' ? ${JSON.stringify(text)} : existsSync(note) ? readFileSync(note) : 'no note')
})
server.listen(8000)
process.on('SIGTERM', () => server.close())
`

/** What a user does with apps, and what visitors see, in a world where apps are at <subdomain>.example.com. */
export function createActions(world: World) {
  const hostOf = (subdomain: string) => `${subdomain}.example.com`

  async function send(method: string, address: string, body?: unknown): Promise<any> {
    const reply = await world.slipway.api(method, `/api/deployments/${address}`, body)
    expect(reply).toMatchObject({ status: 202 })
    return reply.body.deployment
  }

  return {
    hostOf,
    send,
    /** Sends, and waits until the newest release is over. */
    async carryOut(method: string, address: string, body?: unknown): Promise<any> {
      const { id } = await send(method, address, body)
      return world.settled(id)
    },
    text: async (subdomain: string, address = '/') => (await world.ask(hostOf(subdomain), address)).text,
    show: async (id: string): Promise<any> =>
      (await world.slipway.api('GET', `/api/deployments/${id}`)).body.deployment,
    async untilStatus(id: string, status: string): Promise<any> {
      await expect.poll(async () => (await this.show(id)).status, { timeout: 45_000 }).toBe(status)
      return this.show(id)
    },
    releasesOf: async (id: string): Promise<any[]> =>
      (await world.slipway.api('GET', `/api/deployments/${id}/releases`)).body.releases,
    findings: async (): Promise<any[]> => (await world.slipway.api('GET', '/api/doctor?fresh=true')).body.findings,
    repair: async (ids?: string[]): Promise<any> =>
      (await world.slipway.api('POST', '/api/doctor/repair', ids ? { ids } : {})).body,
    /** Asks twenty times a second. `stop` answers what was not a 200, and the texts in the order they were asked for. */
    visit(subdomain: string) {
      const answers: Promise<string>[] = []
      const failures: string[] = []
      const ask = async () => {
        const answer = await world.ask(hostOf(subdomain)).catch((error) => ({ status: 0, text: String(error) }))
        if (answer.status !== 200) failures.push(`${answer.status} ${answer.text.slice(0, 200)}`)
        return answer.text
      }
      const timer = setInterval(() => answers.push(ask()), 50)
      return async () => {
        clearInterval(timer)
        return { failures, texts: await Promise.all(answers) }
      }
    },
  }
}
