import { AppError } from '../errors.ts'
import type { Catalog, Template } from './catalog.ts'
import { foldersWithApps } from './find-folder.ts'
import { readProcfile } from './procfile.ts'
import { templateOfCommand } from './procfile-language.ts'
import type { Source } from './source.ts'
import type { PlanRequest, TemplatePlan } from './template-plan.ts'

export type Fit = { template: Template; plan: TemplatePlan }

/**
 * The template that fits the folder, by its name, by the Dockerfile that is named, or because it is the only one; or else
 * the one folder below in which an app was found.
 * @throws no_template, several_apps, and what the template asks
 */
export async function fitTemplate(catalog: Catalog, request: PlanRequest): Promise<Fit | string> {
  const { settings, source } = request
  if (settings.dockerfile !== undefined) return planWith(nameless(catalog), request)
  if (settings.template) return planWith(named(catalog, settings.template), request)
  const own = catalog.find((it) => !it.hasDockerfile && matches(it, source))
  if (own) return planWith(own, request)
  return (await bestFit(catalog, request)) ?? (await findFolder(catalog, request)) ?? nothingFits(catalog, request)
}

async function findFolder(catalog: Catalog, request: PlanRequest): Promise<string | undefined> {
  const found: { folder: string; framework: string }[] = []
  for (const folder of foldersWithApps(request.source)) {
    const inner = { ...request, source: await request.source.at(folder) }
    const own = catalog.find((it) => !it.hasDockerfile && matches(it, inner.source))
    const framework = own ? own.title : await frameworkIn(catalog, inner)
    if (framework !== undefined) found.push({ folder, framework })
  }
  if (found.length <= 1) return found[0]?.folder
  const names = found.map(({ folder, framework }) => `${folder} (${framework})`).join(', ')
  throw new AppError(
    'several_apps',
    `There are several apps here: ${names}. Set the root folder to the one to deploy.`,
    {
      field: 'rootDir',
    },
  )
}

/** A folder whose app raises a question is a candidate all the same. */
async function frameworkIn(catalog: Catalog, request: PlanRequest): Promise<string | undefined> {
  try {
    return (await bestFit(catalog, request))?.plan.framework
  } catch (error) {
    if (error instanceof AppError) return 'not clear how it starts'
    throw error
  }
}

/** The one template that fits. A server goes before a site of mere files; two servers are a question. */
async function bestFit(catalog: Catalog, request: PlanRequest): Promise<Fit | undefined> {
  const fits: Fit[] = []
  let question: unknown
  for (const template of catalog.filter((it) => it.hasDockerfile && matches(it, request.source))) {
    try {
      const plan = await planOf(template, request)
      if (plan) fits.push({ template, plan })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      question ??= error
    }
  }
  const servers = fits.filter((it) => it.plan.kind === 'server')
  const meant = servers.length > 1 ? await namedByProcfile(request.source, servers) : servers[0]
  if (servers.length > 1 && !meant) throw severalApps(servers)
  const best = meant ?? fits[0]
  if (!best && question !== undefined) throw question
  return best
}

/** Rails with scripts of Node beside it, say: the Procfile's `web` calls a program of one of the two. */
async function namedByProcfile(source: Source, fits: Fit[]): Promise<Fit | undefined> {
  const name = templateOfCommand((await readProcfile(source)).web)
  return fits.find((it) => it.template.name === name)
}

function severalApps(fits: Fit[]): AppError {
  const names = fits.map((it) => it.plan.framework).join(' or ')
  return new AppError(
    'several_apps',
    `This can be run as ${names}. Choose which: set the template (${fits.map((it) => it.template.name).join(' or ')}), or name the folder the app is in.`,
    { field: 'template' },
  )
}

const matches = (template: Template, source: Source) => template.detect.some((glob) => source.find(glob).length > 0)

async function planOf(template: Template, request: PlanRequest): Promise<TemplatePlan | undefined> {
  if (template.plan) return template.plan(request)
  return { framework: template.title, kind: 'server', commands: {} }
}

async function planWith(template: Template, request: PlanRequest): Promise<Fit> {
  const plan = await planOf(template, request)
  if (plan) return { template, plan }
  throw new AppError(
    'no_template',
    `The template ${template.name} finds nothing to build in ${request.source.folder || 'the repository'}: it looks for ${template.detect.join(', ')}.`,
    { field: 'template' },
  )
}

function named(catalog: Catalog, name: string): Template {
  const found = catalog.find((it) => it.name === name)
  if (found) return found
  throw new AppError(
    'no_template',
    `There is no template ${name}. There are: ${catalog.map((it) => it.name).join(', ')}.`,
    { field: 'template' },
  )
}

function nameless(catalog: Catalog): Template {
  const found = catalog.find((it) => !it.hasDockerfile)
  if (found) return found
  throw new AppError('internal', 'The catalogue has no template for a Dockerfile of the repository. Deploy again.')
}

function nothingFits(catalog: Catalog, { source }: PlanRequest): never {
  const titles = catalog.map((it) => it.title).join(', ')
  const where = source.folder || 'the repository'
  const [compose] = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'].flatMap((it) =>
    source.find(it),
  )
  if (compose !== undefined) {
    throw new AppError(
      'no_template',
      `${compose} is not read: a deployment is one container, and what a Compose file asks of the machine is not given. Add a Dockerfile, or name the folder of the service that is to be deployed.`,
    )
  }
  throw new AppError(
    'no_template',
    source.files.length === 0
      ? `There is no file in ${where}. Push the app first, or name the folder it is in.`
      : `Nothing in ${where} says how to build it. Slipway knows ${titles}. Add a Dockerfile, or name the folder the app is in.`,
  )
}
