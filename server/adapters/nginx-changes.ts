import { rm } from 'node:fs/promises'
import { AppError } from '../errors.ts'
import type { Vhost } from './nginx.ts'
import type { Setup } from './nginx-engine.ts'
import { writeWhole } from './nginx-files.ts'
import { type Mark, markLine, readMark } from './nginx-names.ts'

/** A vhost that shall be there as `text`, or, without one, the file of a deployment that shall be gone. */
export type Change = { file: string; instance: string; deploymentId: string; wanted?: { vhost: Vhost; text: string } }

/** The whole text of a vhost's file. Every value was checked by checkVhost before. */
export function renderVhost(setup: Setup, vhost: Vhost): Promise<string> {
  const { instance } = setup
  return setup.render('vhost.conf.njk', {
    ...setup.values,
    ...vhost,
    mark: markLine({ instance, deploymentId: vhost.deploymentId, release: vhost.release }),
    upstream: `${setup.values.v}_${vhost.subdomain}`,
  })
}

/** What a vhost answers when it is asked with the token: what it is, so that no other can be taken for it. */
export const answerOf = ({ deploymentId, release, target }: Vhost) =>
  `${deploymentId} ${release} ${target.kind === 'app' ? target.port : target.page}`

/** @throws AppError name_in_use when a file is in the way that this deployment did not write. */
export function refuseForeign(change: Change, before: string | undefined): void {
  if (change.wanted === undefined || before === undefined) return
  const mark = readMark(before)
  if (isOf(mark, change)) return
  const owner = mark ? `deployment ${mark.deploymentId} of instance ${mark.instance}` : 'someone else'
  throw new AppError('name_in_use', `${change.file} belongs to ${owner}; remove it, or choose another subdomain`)
}

/** Nothing to write or remove: the file is as wanted, or what is there is not this deployment's. */
export function isDone(change: Change, before: string | undefined): boolean {
  if (change.wanted !== undefined) return before === change.wanted.text
  return before === undefined || !isOf(readMark(before), change)
}

export const applyChange = ({ file, wanted }: Change) =>
  wanted === undefined ? rm(file, { force: true }) : writeWhole(file, wanted.text)

export const isOf = (mark: Mark | undefined, owner: { instance: string; deploymentId: string }) =>
  mark?.instance === owner.instance && mark.deploymentId === owner.deploymentId
