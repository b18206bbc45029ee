import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { loadCatalog } from '../../server/templates/catalog.ts'
import { root } from '../support/slipway.ts'

const ROW = /^\| \[(?<title>[^\]]+)\]\(\.\.\/templates\/(?<name>[\w-]+)\) \| [^|]+ \| (?<proof>\w+) \|$/gm

test('the documentation lists every template, in the order in which they are asked, with how far it was tried', async () => {
  const text = readFileSync(path.join(root, 'docs', 'building.md'), 'utf8')
  const listed = [...text.matchAll(ROW)].map(({ groups }) => ({ ...groups }))
  const catalog = await loadCatalog(path.join(root, 'templates'))
  expect(listed).toEqual(catalog.map(({ title, name, proof }) => ({ title, name, proof })))
})
