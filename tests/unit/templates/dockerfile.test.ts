import { describe, expect, test } from 'vitest'
import { choose, recipeFor } from '../../support/tree.ts'

const port = async (Dockerfile: string, target?: string) =>
  (await recipeFor({ Dockerfile }, { overrides: target === undefined ? {} : { target } })).port

describe('the port of a Dockerfile is what EXPOSE says', () => {
  test.each([
    ['a number', 'FROM x\nEXPOSE 8080', 8080],
    ['with its protocol', 'FROM x\nEXPOSE 53/udp 8080/tcp', 8080],
    ['in small letters', 'from x\nexpose 8080', 8080],
    ['over two lines', 'FROM x\nEXPOSE \\\n  8080', 8080],
    ['after a comment within it', 'FROM x\nEXPOSE \\\n# why\n  8080', 8080],
    ['with the other escape character', '# escape=`\nFROM x\nEXPOSE `\n 8080', 8080],
    ['of the last stage, not of one before', 'FROM x AS a\nEXPOSE 1\nFROM y\nEXPOSE 2', 2],
    ['of the stage that the last is made from', 'FROM x AS base\nEXPOSE 7000\nFROM base\nRUN y', 7000],
    ['only in the text of a command', 'FROM x\nRUN echo \\\n EXPOSE 9000', null],
    ['a variable, which the built image knows', 'FROM x\nENV P=1\nEXPOSE $P', null],
    ['nothing', 'FROM nginx', null],
  ])('%s', async (_what, text, expected) => {
    expect(await port(text)).toBe(expected)
  })

  test('of the stage that is asked for', async () => {
    const text = 'FROM x AS Web\nEXPOSE 1000\nFROM y AS worker\nEXPOSE 2000'
    expect(await port(text, 'web')).toBe(1000)
    expect(await port(text)).toBe(2000)
  })

  test('and when there are more, the first, which the log says', async () => {
    const { recipe, notes } = await choose({ Dockerfile: 'FROM x\nEXPOSE 8080 9090' })
    expect(recipe.port).toBe(8080)
    expect(notes).toEqual([expect.stringContaining('asked on 8080')])
  })
})

describe('a Dockerfile', () => {
  test('is found in any folder by its path, and a Containerfile is one', async () => {
    const named = await recipeFor(
      { 'ops/prod.Dockerfile': 'FROM x' },
      { overrides: { dockerfile: 'ops/prod.Dockerfile' } },
    )
    expect(named).toMatchObject({ template: 'dockerfile', dockerfilePath: 'ops/prod.Dockerfile' })
    expect(await recipeFor({ Containerfile: 'FROM x' })).toMatchObject({ dockerfilePath: 'Containerfile' })
  })

  test('without the stage that is asked for says which stages there are', async () => {
    const asking = recipeFor({ Dockerfile: 'FROM x AS build\nFROM y AS web' }, { overrides: { target: 'prod' } })
    await expect(asking).rejects.toMatchObject({
      code: 'dockerfile_not_found',
      message: expect.stringContaining('build, web'),
    })
  })

  test('with a “# syntax” line is told that it is not obeyed', async () => {
    const { notes } = await choose({ Dockerfile: '# syntax=docker/dockerfile:1\nFROM x' })
    expect(notes).toEqual([expect.stringContaining('# syntax')])
  })

  test('gets its build arguments from slipway.json', async () => {
    const settings = { buildArgs: { COLOUR: 'blue' }, target: 'web' }
    const recipe = await recipeFor({ Dockerfile: 'FROM x AS web', 'slipway.json': settings })
    expect(recipe.settings).toEqual(settings)
  })
})
