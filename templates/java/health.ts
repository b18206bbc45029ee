import type { Source } from '../../server/templates/source.ts'
import type { Build } from './build.ts'

/** What says that an app is up, where its framework brings such a thing. Undefined where the app was told to do it otherwise. */
export async function findHealthPath(source: Source, { framework, module, text }: Build): Promise<string | undefined> {
  if (framework === 'Quarkus') return text.includes('quarkus-smallrye-health') ? '/q/health' : undefined
  if (framework === 'Micronaut') return text.includes('micronaut-management') ? '/health' : undefined
  if (framework !== 'Spring Boot') return undefined
  const folder = `${module === '' ? '' : `${module}/`}src/main/resources/application`
  const files = await Promise.all(['properties', 'yml', 'yaml'].map(async (it) => source.text(`${folder}.${it}`)))
  const written = files.join('\n')
  const base = /(?:context-path|spring\.webflux\.base-path)\s*[=:]\s*["']?(\/[\w./-]*)/
    .exec(written)?.[1]
    ?.replace(/\/$/, '')
  const isMoved =
    /management\.server\.|management\.endpoints\.web\.base-path|^management:[ \t]*\r?\n(?:[ \t].*\n){0,50}?[ \t]+(?:server:|base-path:)/m
  if (text.includes('spring-boot-starter-actuator') && !isMoved.test(written)) return `${base ?? ''}/actuator/health`
  return base === undefined ? undefined : `${base}/`
}
