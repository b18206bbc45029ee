import { expect, test } from 'vitest'
import type { Client } from '../../../cli/client.ts'
import { type DeleteOptions, deleteApp } from '../../../cli/commands/delete.ts'
import type { Context } from '../../../cli/context.ts'

const shop = { id: 'shop-id', subdomain: 'shop', previewOf: null, volumes: [{ name: 'data', path: '/data' }] }
const blog = { id: 'blog-id', subdomain: 'blog', previewOf: null, volumes: [] }
const preview = (number: number) => ({ id: `p${number}`, subdomain: `shop-pr-${number}`, previewOf: 'shop-id' })

/** Deletes it as somebody who answers so; tells what was asked, and what Slipway was asked for besides looks. */
async function remove(named: string, apps: object[], options: DeleteOptions = {}, answer = 'n') {
  const [questions, changes]: string[][] = [[], []]
  const client = {
    url: 'http://127.0.0.1',
    async request(method: string, path: string) {
      if (method === 'GET') return { deployments: apps }
      changes?.push(`${method} ${path}`)
      return { deployment: apps[0] }
    },
  } as Client
  const ask = async (question: string) => {
    questions?.push(question)
    return answer
  }
  const terminal = { isInteractive: true, ask }
  const context = { connect: async () => client, terminal, show: () => undefined } as unknown as Context
  const error = await deleteApp(context, named, options).catch((it) => it)
  return { questions, changes, error }
}

test('the question names what goes: the previews of the app, too, and no others', async () => {
  const apps = [shop, preview(7), preview(8), blog]
  expect((await remove('shop', apps)).questions).toEqual([
    'Delete shop and all that it made, its 2 previews with all data, its volumes with all data? [y/N] ',
  ])
  expect((await remove('shop', apps, { keepVolumes: true })).questions).toEqual([
    'Delete shop and all that it made, its 2 previews with all data, but not its volumes? [y/N] ',
  ])
  expect((await remove('blog', apps)).questions).toEqual(['Delete blog and all that it made? [y/N] '])
})

test('only a yes deletes it', async () => {
  expect(await remove('shop', [shop])).toMatchObject({ changes: [], error: { message: 'shop was not deleted.' } })
  expect((await remove('shop', [shop], {}, 'yes')).changes).toEqual(['DELETE /api/deployments/shop-id'])
})
