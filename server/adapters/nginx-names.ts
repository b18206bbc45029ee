import { createHash } from 'node:crypto'
import path from 'node:path'
import { AppError } from '../errors.ts'
import type { NginxOptions, Vhost } from './nginx.ts'

/** What stands in the first line of a vhost file: whose it is, and which release it shows. */
export type Mark = { instance: string; deploymentId: string; release: number }

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const SUBDOMAIN = new RegExp(`^${LABEL}$`)
const HOSTNAME = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*$`)
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const INSTANCE = /^[a-z][a-z0-9-]{0,31}$/
const FOLDER = /^\/[\p{L}\p{N} ._/@+~,:=-]*$/u
const MARK = /^# slipway:([a-z][a-z0-9-]*):([0-9a-f-]{36}) release (\d+)$/

/** The name under which nginx tells its generation. `.invalid` is reserved (RFC 2606): no visitor's name can be it. */
export const statusHostOf = (instance: string) => `${instance}.slipway-status.invalid`

/**
 * The prefix of nginx variables and upstreams, so that two instances can share the distribution's nginx. A digest,
 * because PCRE takes names of captures up to 32 characters and an instance's name may have as many.
 */
export const variablePrefixOf = (instance: string) =>
  `slipway_${createHash('sha256').update(instance).digest('hex').slice(0, 8)}`

export const markLine = (mark: Mark) => `# slipway:${mark.instance}:${mark.deploymentId} release ${mark.release}`

/** The mark in a file's first line, or undefined when the file is not a vhost of any Slipway. */
export function readMark(text: string): Mark | undefined {
  const [, instance, deploymentId, release] = MARK.exec(text.slice(0, text.indexOf('\n'))) ?? []
  if (instance === undefined || deploymentId === undefined) return undefined
  return { instance, deploymentId, release: Number(release) }
}

/**
 * Lets a vhost through whose every value is on the allow-list. nginx has no way to quote a server name, and a template
 * that escapes HTML does not escape `;` or `{`: nothing else may reach it.
 * @throws AppError invalid_input naming the field.
 */
export function checkVhost(vhost: Vhost): void {
  checkSubdomain(vhost.subdomain)
  checkHostname(vhost.hostname)
  checkDeploymentId(vhost.deploymentId)
  if (!isIntegerWithin(vhost.release, 1, Number.MAX_SAFE_INTEGER)) refuse('release', vhost.release, 'a whole number')
  const { target } = vhost
  if (target.kind === 'app') {
    if (!isIntegerWithin(target.port, 1, 65_535)) refuse('port', target.port, 'a port from 1 to 65535')
  } else if (target.kind !== 'page' || !['deploying', 'stopped'].includes(target.page)) {
    refuse('target', JSON.stringify(target), 'an app or one of the pages')
  }
}

/** @throws AppError invalid_input */
export function checkSubdomain(value: string): void {
  if (!isText(value) || !SUBDOMAIN.test(value)) {
    refuse('subdomain', value, 'a name of lower-case letters, digits and inner hyphens, 63 at most')
  }
}

/** @throws AppError invalid_input; also for the name that nginx tells its generation under. */
export function checkHostname(value: string): void {
  if (!isText(value) || !HOSTNAME.test(value) || value.endsWith('.slipway-status.invalid')) {
    refuse('hostname', value, 'a host name in lower case')
  }
}

/** @throws AppError invalid_input */
export function checkDeploymentId(value: string): void {
  if (!isText(value) || !UUID.test(value)) refuse('deploymentId', value, 'a UUID in lower case')
}

/** @throws AppError invalid_input when a folder's name would have to be escaped inside a configuration. */
export function checkSettings(settings: NginxOptions): void {
  for (const folder of [settings.dir, settings.vhostsDir]) {
    if (!FOLDER.test(folder)) refuse('dir', folder, 'an absolute path without quotes, dollar signs or brackets')
  }
  if (!INSTANCE.test(settings.instance)) refuse('instance', settings.instance, 'lower-case letters, digits, hyphens')
  if (settings.mode === 'managed' && path.resolve(settings.dir) === path.resolve(settings.vhostsDir)) {
    refuse('dir', settings.dir, 'another folder than the one of the vhosts')
  }
  if (settings.domain !== undefined) checkHostname(settings.domain)
}

const isText = (value: unknown) => typeof value === 'string'
const isIntegerWithin = (value: unknown, min: number, max: number) =>
  Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max

function refuse(field: string, value: unknown, wanted: string): never {
  const shown = JSON.stringify(value)?.slice(0, 80)
  throw new AppError('invalid_input', `nginx is not given ${field} ${shown}: it must be ${wanted}`, { field })
}
