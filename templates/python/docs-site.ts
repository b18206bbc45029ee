import { AppError } from '../../server/errors.ts'
import type { Source } from '../../server/templates/source.ts'
import { nginxConf } from '../static/nginx.ts'
import type { Install } from './install.ts'
import { addRequirementsFile, noPackages } from './packages.ts'

export const MKDOCS = 'mkdocs.yml'

/** Below the app's folder, whatever site_dir says: the command line wins over mkdocs.yml. */
const FOLDER = 'site'
const LISTS = [
  'docs/requirements.txt',
  'requirements/docs.txt',
  'requirements-docs.txt',
  'requirements_docs.txt',
  'requirements.txt',
]
/** MkDocs' own, and those that its Material theme brings. */
const OWN_PLUGINS = ['search']
const MATERIAL_PLUGINS = [...OWN_PLUGINS, 'blog', 'tags', 'meta', 'group', 'info', 'offline', 'privacy']

/** For Dockerfile.njk: the built pages, and how they are served. */
export const docsValues = { folder: FOLDER }
export const docsCommand = `mkdocs build --site-dir ${FOLDER}`
export const docsServer = () => nginxConf({ folder: FOLDER, fallback: '404' })

/** How MkDocs is installed: by the list that names it, or by its name where the site needs nothing else. @throws no_start_command */
export async function installDocs(source: Source): Promise<Install> {
  for (const file of LISTS.filter(source.has)) {
    const packages = noPackages()
    const manifests = await addRequirementsFile(packages, source, file)
    if ([...packages.names.keys()].some((it) => it.startsWith('mkdocs')))
      return { manager: 'pip', command: `pip install -r ${file}`, manifests, packages }
  }
  const text = (await source.text(MKDOCS)) ?? ''
  const isMaterial = /^[ \t]*(?:theme|name):[ \t]*['"]?material\b/m.test(text)
  const unknown = pluginsIn(text).filter(
    (it) => !(isMaterial ? MATERIAL_PLUGINS : OWN_PLUGINS).includes(it.replace(/^material\//, '')),
  )
  if (unknown.length > 0) throw unlisted(unknown)
  const command = `pip install "mkdocs>=1.4,<2"${isMaterial ? ' "mkdocs-material>=9,<10"' : ''}`
  return { manager: 'pip', command, manifests: [], packages: noPackages() }
}

function pluginsIn(text: string): string[] {
  const [, after = ''] = text.split(/^plugins:[ \t]*\r?$/m)
  const [block = ''] = after.split(/^\w/m)
  return [...block.matchAll(/^[ \t]*-[ \t]*['"]?([\w/-]+)/gm)].map(([, name = '']) => name)
}

const unlisted = (plugins: string[]) =>
  new AppError(
    'no_start_command',
    `mkdocs.yml uses ${plugins.slice(0, 5).join(', ')}, and nothing lists what to install for it. Add a docs/requirements.txt with mkdocs and its plugins.`,
  )
