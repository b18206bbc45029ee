import type { Source } from '../../server/templates/source.ts'

type Catalog = { plugins?: Record<string, string | { id?: string }> }

/** The plugins of Gradle's version catalogue as build files name them: `libs.plugins.spring.boot` → `org.springframework.boot`. */
export async function readAliases(source: Source): Promise<Map<string, string>> {
  const { plugins = {} } = (await source.toml<Catalog>('gradle/libs.versions.toml')) ?? {}
  return new Map(
    Object.entries(plugins).map(([name, plugin]) => [
      name.replace(/[-_]/g, '.'),
      (typeof plugin === 'string' ? plugin.split(':')[0] : plugin.id) ?? '',
    ]),
  )
}
