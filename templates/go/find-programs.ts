import { AppError } from '../../server/errors.ts'
import type { Source } from '../../server/templates/source.ts'

/** A main package: its folder, '' at the top, and what its files say. */
export type Program = { folder: string; text: string }

/** Folders whose programs serve the people who write the app. The go command itself skips `_*`, `.*` and testdata. */
const NOT_THE_APP =
  /(^|\/)([_.][^/]*|testdata|vendor|examples?|tools?|hack|scripts?|internal|docs?|benchmarks?|tests?|e2e|mage(files)?)(\/|$)/
/** Folder names reach commands as they are. */
const PLAIN = /^[\w./@+-]*$/
const MAX_FILES = 1500

/**
 * The programs that may be the app: the one at the top alone, else those below `cmd/`, else those anywhere: as Go's makers
 * lay modules out (go.dev/doc/modules/layout).
 */
export async function findPrograms(source: Source): Promise<Program[]> {
  const files = source.find('**/*.go').filter(isOfTheApp).slice(0, MAX_FILES)
  const folders = [...Map.groupBy(files, folderOf)]
  for (const fits of [isTop, isCommand, () => true]) {
    const asked = folders.filter(([folder]) => fits(folder))
    const programs = await Promise.all(asked.map(async ([folder, names]) => readProgram(source, folder, names)))
    const found = programs.filter((it) => it !== undefined)
    if (found.length > 0) return found
  }
  return []
}

function isOfTheApp(file: string): boolean {
  const folder = folderOf(file)
  return !file.endsWith('_test.go') && PLAIN.test(folder) && !NOT_THE_APP.test(folder)
}

const folderOf = (file: string) => file.split('/').slice(0, -1).join('/')
const isTop = (folder: string) => folder === ''
const isCommand = (folder: string) => /(^|\/)cmd(\/|$)/.test(folder)

async function readProgram(source: Source, folder: string, files: string[]): Promise<Program | undefined> {
  const texts = await Promise.all(files.map(async (file) => readCode(source, file)))
  const text = texts.filter((it) => /^package main\b/m.test(it) && !isLeftOut(it)).join('\n')
  return /^func main\(\)/m.test(text) ? { folder, text } : undefined
}

/** A file too large to be read is generated, and holds no main function. */
async function readCode(source: Source, file: string): Promise<string> {
  try {
    return (await source.text(file)) ?? ''
  } catch (error) {
    if (error instanceof AppError && error.code === 'file_unsafe') return ''
    throw error
  }
}

/** `//go:build ignore` keeps a file out of the build: a generator, run by hand. */
const isLeftOut = (text: string) => /^\/\/(go:build|\s*\+build) (ignore|tools?)\b/m.test(text)
