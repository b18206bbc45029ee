import type { Source } from '../../server/templates/source.ts'
import type { PlanFunction } from '../../server/templates/template-plan.ts'
import { checkPath, nginxConf } from './nginx.ts'
import { isUnbuilt, servingOf } from './serving.ts'

/** Where an index.html is looked for, in this order: the top, what tools wrote, what people write. */
const FOLDERS = ['', 'public', 'dist', 'build', 'out', '_site', 'site', 'www', 'html', 'docs', 'src']

/** Files that are served as they lie, from the first usual folder that has a page. */
export const plan: PlanFunction = async ({ source, settings }) => {
  const found = await foldersWithPage(source, settings.outputDir)
  const [folder] = found
  if (folder === undefined) return undefined
  const { serving, notes } = await servingOf(source, folder)
  return {
    framework: serving.fallback === 'spa' ? 'Static site (single-page app)' : 'Static site',
    kind: 'static',
    commands: {},
    values: { folder },
    extraFiles: { 'nginx.conf': nginxConf(serving) },
    notes: [...noteOnChoice(found), ...notes],
  }
}

function noteOnChoice([folder = '', ...others]: string[]): string[] {
  const nameOf = (it: string) => it || 'the top'
  return others.length === 0
    ? []
    : [
        `${nameOf(folder)} is served; there is an index.html in ${others.map(nameOf).join(', ')}, too. Set the output folder to choose.`,
      ]
}

async function foldersWithPage(source: Source, wanted: string | undefined): Promise<string[]> {
  const folders = wanted === undefined ? FOLDERS : [checkPath(wanted)]
  const pages = await Promise.all(folders.map((it) => source.text(it === '' ? 'index.html' : `${it}/index.html`)))
  return folders.filter((_, i) => pages[i] !== undefined && !isUnbuilt(pages[i]))
}
