import type { PlanFunction } from '../../server/templates/template-plan.ts'

const FOLDERS = ['.', 'public', 'dist', 'docs']

/** Files that are served as they lie, from the first usual folder that has a page. */
export const plan: PlanFunction = async ({ source, settings }) => {
  const folders = settings.outputDir === undefined ? FOLDERS : [settings.outputDir]
  const folder = folders.find((it) => source.has(it === '.' ? 'index.html' : `${it}/index.html`))
  if (folder === undefined) return undefined
  return { framework: 'Static site', kind: 'static', commands: {}, values: { folder: folder === '.' ? '' : folder } }
}
