import { readFile } from 'node:fs/promises'
import type { CreateInput } from '../server/http/schemas.ts'
import { problemOfKey } from '../server/variables.ts'
import { parseEnvFile } from '../web/src/deployments/env-file.ts'
import type { Surroundings } from './context.ts'
import { wrongUsage } from './failure.ts'

export type Variable = NonNullable<CreateInput['env']>[number]

/** As they were typed: `KEY=value`, or `KEY` alone for the value that the variable has here. */
export type TypedVariables = { env?: string[]; secret?: string[]; envFile?: string[]; secretFile?: string[] }

/**
 * Files first, then what was typed beside them; the last one of a name counts.
 * @throws Failure wrong_usage, which shows names and lines but never a value
 */
export async function readVariables({ env, terminal }: Surroundings, typed: TypedVariables): Promise<Variable[]> {
  const open = (file: string) => (file === '-' ? terminal.readInput() : readFile(file, 'utf8'))
  const all = [
    ...(await readFiles(typed.envFile, open, false)),
    ...(await readFiles(typed.secretFile, open, true)),
    ...(typed.env ?? []).map((it) => readPair(it, env, false)),
    ...(typed.secret ?? []).map((it) => readPair(it, env, true)),
  ]
  return [...new Map(all.map((it) => [it.key, it])).values()]
}

export function readPair(typed: string, env: NodeJS.ProcessEnv, secret: boolean): Variable {
  const cut = typed.indexOf('=')
  const key = cut < 0 ? typed : typed.slice(0, cut)
  const problem = problemOfKey(key)
  if (problem !== undefined) throw wrongUsage(problem, 'Variables are written KEY=value.')
  const value = cut < 0 ? env[key] : typed.slice(cut + 1)
  if (value !== undefined) return { key, value, secret }
  throw wrongUsage(`${key} has no value: it is not set here.`, `Write ${key}=value, or set it in the environment.`)
}

async function readFiles(files: string[] = [], open: (file: string) => Promise<string>, secret: boolean) {
  const all: Variable[] = []
  for (const file of files)
    all.push(...readFileText(file, await openNamed(file, open)).map((it) => ({ ...it, secret })))
  return all
}

async function openNamed(file: string, open: (file: string) => Promise<string>): Promise<string> {
  try {
    return await open(file)
  } catch (error) {
    throw wrongUsage(`The file ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}

function readFileText(file: string, text: string): { key: string; value: string }[] {
  const { variables, problems } = parseEnvFile(text)
  const [first] = problems
  if (first) throw wrongUsage(`${file}, line ${first.line}: ${first.message}`)
  return variables.map(({ key, value }) => ({ key, value }))
}
