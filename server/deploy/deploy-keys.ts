import { type Check, createTry } from '../adapters/check.ts'
import {
  assignDeployKey,
  type DeployKey,
  deleteDeployKey,
  findDeployKey,
  insertDeployKey,
  listDeployKeys,
} from '../db/deploy-keys.ts'
import { findDeployment } from '../db/deployments.ts'
import type { Db } from '../db/schema.ts'
import type { Deps } from '../deps.ts'
import { AppError, toAppError } from '../errors.ts'
import { parseRepository } from '../repository.ts'
import { makeSshKey } from '../ssh-key.ts'
import { readWithAccess } from './repository-access.ts'

/** Nobody has so many repositories on one machine. */
const MOST_KEYS = 1000

/** A new key for a repository. The private part is sealed, and never shown. @throws invalid_input, not_possible_now */
export async function makeDeployKey({ db, secrets, config }: Deps, typed: string): Promise<DeployKey> {
  const { url, owner, name } = parseRepository(typed, config.githubUrl)
  const { publicKey, privateKey } = makeSshKey(`${config.instance}:${owner}/${name}`)
  return db.transaction().execute(async (trx) => {
    if ((await listDeployKeys(trx)).length >= MOST_KEYS)
      throw new AppError('not_possible_now', `There are ${MOST_KEYS} deploy keys. Delete those that nobody uses.`)
    return insertDeployKey(trx, { githubUrl: url, publicKey, seal: (id) => secrets.encrypt(privateKey, id) })
  })
}

/** Gives a key to a new deployment of its repository. @throws invalid_input when it is another's */
export async function claimDeployKey(db: Db, id: string, deployment: { id: string; githubUrl: string }): Promise<void> {
  const key = await findDeployKey(db, id)
  const isRight = key?.githubUrl === deployment.githubUrl
  if (isRight && (await assignDeployKey(db, id, deployment.id))) return
  const message = isRight
    ? 'This deploy key belongs to another deployment. Make a new one.'
    : 'There is no such deploy key for this repository. Make a new one.'
  throw new AppError('invalid_input', message, { field: 'deployKeyId' })
}

/** @throws not_found, not_possible_now while a deployment has it */
export async function dropDeployKey({ db }: Deps, id: string): Promise<DeployKey> {
  return db.transaction().execute(async (trx) => {
    const key = await findDeployKey(trx, id)
    if (!key) throw new AppError('not_found', 'There is no such deploy key: it was deleted already.')
    if (key.deploymentId !== null) {
      const user = await findDeployment(trx, key.deploymentId)
      throw new AppError(
        'not_possible_now',
        `${user?.name ?? 'A deployment'} uses this deploy key, which goes with it.`,
      )
    }
    await deleteDeployKey(trx, id)
    return key
  })
}

/** So many keys are tried by a test of the connection, the newest first: each is a program. */
const MOST_TRIED = 5

/** Whether each deploy key that a deployment has reads its repository. */
export async function testDeployKeys(deps: Deps, signal: AbortSignal): Promise<Check[]> {
  const attempt = createTry('GitHub did not answer in time.', (error) => toAppError(error).message, signal)
  const used = (await listDeployKeys(deps.db)).filter((key) => key.deploymentId !== null).slice(-MOST_TRIED)
  return Promise.all(
    used.map((key) => {
      const { url, owner, name } = parseRepository(key.githubUrl, deps.config.githubUrl)
      return attempt(`Deploy key of ${owner}/${name}`, [], async () => {
        await readWithAccess(deps, { githubUrl: url, deployKeyId: key.id }, (clone) =>
          deps.git.remoteBranches({ ...clone, signal }),
        )
        return 'The key reads the repository.'
      })
    }),
  )
}
