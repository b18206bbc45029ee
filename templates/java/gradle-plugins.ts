import { partsIn, textIn, textsIn } from '../../server/templates/parts.ts'
import type { Source } from '../../server/templates/source.ts'

/** The plugins of Gradle's version catalogue as build files name them: `libs.plugins.spring.boot` → `org.springframework.boot`. */
export async function readAliases(source: Source): Promise<Map<string, string>> {
  const { plugins } = partsIn(await source.toml('gradle/libs.versions.toml'))
  return new Map(
    Object.entries(partsIn(plugins)).map(([name, plugin]) => [
      name.replace(/[-_]/g, '.'),
      textIn(plugin)?.split(':')[0] ?? textsIn(plugin).id ?? '',
    ]),
  )
}
