import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { root } from '../support/slipway.ts'

const folder = path.join(root, 'templates')
const read = (file: string) => JSON.parse(readFileSync(path.join(folder, file), 'utf8'))
const names = readdirSync(folder).filter((name) => existsSync(path.join(folder, name, 'template.json')))

test.each(names)('the template %s is as template.schema.json says', (name) => {
  const validate = new Ajv({ allErrors: true }).compile(read('template.schema.json'))
  validate(read(`${name}/template.json`))
  expect(validate.errors).toBeNull()
})
