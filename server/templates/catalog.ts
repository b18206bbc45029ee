import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { PlanFunction } from './template-plan.ts'

/** template.json; templates/template.schema.json says the same and is what a test holds every template to. */
type Description = {
  title: string
  description: string
  /** Templates are asked in this order. */
  order: number
  /** Globs: it is asked when one of them fits a file. */
  detect: string[]
  /** `run`: its example is deployed and answers in the tests. `plan`: its toolchain cannot be had there. */
  proof: 'run' | 'plan'
  /** Where the app listens, unless plan.ts says it; left out where the image's EXPOSE says it. */
  port?: number
  healthPath?: string
  /** Files of the template that are put beside the sources. */
  files?: string[]
}

export type Template = Description & {
  name: string
  folder: string
  /** False for the template that uses the repository's own Dockerfile. */
  hasDockerfile: boolean
  /** Undefined for a template without plan.ts: it fits wherever `detect` does. */
  plan: PlanFunction | undefined
}

export type Catalog = readonly Template[]

/** Loads every folder of `root` that has a template.json. */
export async function loadCatalog(root: string): Promise<Catalog> {
  const names = (await readdir(root)).filter((name) => existsSync(path.join(root, name, 'template.json')))
  const templates = await Promise.all(names.map((name) => loadTemplate(root, name)))
  return templates.sort((a, b) => a.order - b.order)
}

async function loadTemplate(root: string, name: string): Promise<Template> {
  const folder = path.join(root, name)
  const description: Description = JSON.parse(await readFile(path.join(folder, 'template.json'), 'utf8'))
  const has = (file: string) => existsSync(path.join(folder, file))
  return {
    ...description,
    name,
    folder,
    hasDockerfile: has('Dockerfile.njk'),
    plan: has('plan.ts') ? async (request) => (await loadPlan(name))(request) : undefined,
  }
}

/** Read when it is first needed: a server that only serves does without it. Beside server/, in the sources and built alike. */
async function loadPlan(name: string): Promise<PlanFunction> {
  const module: { plan: PlanFunction } = await import(`../../templates/${name}/plan.ts`)
  return module.plan
}
