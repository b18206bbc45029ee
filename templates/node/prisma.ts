import { allDependencies } from './install.ts'
import type { Project } from './project.ts'

/** Needed to read the configuration, though nothing connects. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
const ADDRESS = ': "${DATABASE_URL:=postgresql://localhost/unused}" && export DATABASE_URL'

/**
 * Prisma's client is generated with the dependencies: it lies in node_modules, and the image gets those from there. Where a
 * script of the package does that after installing, nothing more is to do.
 */
export function generateClients({ members }: Project): string[] {
  return members
    .filter(({ source, packageJson: { scripts = {}, ...packageJson } }) => {
      const runsByItself = [scripts.postinstall, scripts.prepare].some((it) => it?.includes('prisma generate'))
      const schema = packageJson.prisma?.schema ?? source.files.find((it) => it.endsWith('.prisma'))
      return allDependencies(packageJson).prisma !== undefined && schema !== undefined && !runsByItself
    })
    .map(({ folder }) => `(cd ./${folder} && ${ADDRESS} && npx prisma generate)`)
}
