import bcrypt from 'bcryptjs'
import type { FastifyRequest } from 'fastify'
import { countAudit, recordAudit } from '../db/audit.ts'
import type { Db } from '../db/schema.ts'
import { deleteSessionsOf } from '../db/sessions.ts'
import { countUsers, findUserByName, insertUser, setPasswordHash, type User } from '../db/users.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { problemOfLength, problemOfPassword } from '../passwords.ts'
import { note } from './audit.ts'
import { openSession } from './sessions.ts'

const BCRYPT_ROUNDS = 11
/** Wrong passwords in 15 minutes until more are refused: per address, and per account from any address. */
const LIMIT_MS = 15 * 60_000
const PER_ADDRESS = 10
const PER_ACCOUNT = 30
/** The hash of nothing anybody knows: an unknown user takes as long as a wrong password. */
const DUMMY_HASH = bcrypt.hashSync(crypto.randomUUID(), BCRYPT_ROUNDS)

/**
 * What a password is asked for, by the audit log's words. Each is counted for itself: strangers who guess at the login
 * must not keep the admin, who is logged in, from changing the password.
 */
const PURPOSES = {
  login: { attempt: 'login.attempt', failure: 'login.failed', success: 'login' },
  change: { attempt: 'password.attempt', failure: 'password.failed', success: 'password.changed' },
} as const

/** One that nobody can guess, in 20 characters that can be typed. */
const makePassword = () => Buffer.from(crypto.getRandomValues(new Uint8Array(15))).toString('base64url')

/** Makes the admin on the first start. Answers the password when it was made up here, to be printed once. */
export async function ensureAdmin({ config, db }: Deps): Promise<string | undefined> {
  if ((await countUsers(db)) > 0) return undefined
  const password = config.adminPassword ?? makePassword()
  await insertUser(db, config.adminUsername, await bcrypt.hash(password, BCRYPT_ROUNDS))
  return config.adminPassword === undefined ? password : undefined
}

/**
 * Gives a user a new password that is made up here, ends all sessions of theirs and answers the password: for the owner
 * of the machine, who has lost it.
 * @throws not_found
 */
export async function resetPassword(db: Db, username: string): Promise<string> {
  const user = await findUserByName(db, username)
  if (!user)
    throw new AppError('not_found', `There is no user ${username}. Name the one that was made at the first start.`)
  const password = makePassword()
  const hash = await bcrypt.hash(password, BCRYPT_ROUNDS)
  await db.transaction().execute(async (trx) => {
    await setPasswordHash(trx, user.id, hash)
    await deleteSessionsOf(trx, user.id)
    await recordAudit(trx, { actor: username, address: 'this machine', action: 'password.reset' })
  })
  return password
}

/** @throws invalid_credentials, too_many_attempts, invalid_input */
export async function login(deps: Deps, request: FastifyRequest, username: string, password: string) {
  const name = username.normalize('NFKC').trim().slice(0, 100)
  refuse(problemOfLength(password), 'password')
  const user = await provePassword(deps, request.ip, name, password, 'login')
  if (!user) throw new AppError('invalid_credentials', 'The user name or the password is wrong.')
  await note(deps, { actor: name, address: request.ip, action: PURPOSES.login.success })
  return openSession(deps, request, user)
}

/**
 * The user and the hash of the new password, once the current one was proved. Changes nothing.
 * @throws invalid_credentials, too_many_attempts, invalid_input
 */
export async function checkPasswordChange(
  deps: Deps,
  request: FastifyRequest,
  username: string,
  { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
): Promise<{ user: User; hash: string }> {
  refuse(problemOfLength(currentPassword), 'currentPassword')
  refuse(problemOfPassword(newPassword), 'newPassword')
  const user = await provePassword(deps, request.ip, username, currentPassword, 'change')
  if (!user) {
    throw new AppError('invalid_credentials', 'The current password is wrong.', { field: 'currentPassword' })
  }
  return { user, hash: await bcrypt.hash(newPassword, BCRYPT_ROUNDS) }
}

function refuse(problem: string | undefined, field: string): void {
  if (problem !== undefined) throw new AppError('invalid_input', problem, { field })
}

/** The user, or undefined when the password is wrong. The caller notes the success. @throws too_many_attempts */
async function provePassword(
  deps: Deps,
  address: string,
  actor: string,
  password: string,
  purpose: keyof typeof PURPOSES,
): Promise<User | undefined> {
  const { attempt, failure } = PURPOSES[purpose]
  const { db } = deps
  // Noted before the slow comparison and with the count, so that a burst of attempts at once counts in full.
  await db.transaction().execute(async (trx) => {
    await refuseBurst(trx, address, actor, purpose)
    await recordAudit(trx, { actor, address, action: attempt })
  })
  deps.events.publish({ type: 'changed', what: 'audit' })
  const user = await findUserByName(db, actor)
  const matches = await bcrypt.compare(password, user?.password_hash ?? DUMMY_HASH)
  if (user && matches) return user
  await note(deps, { actor, address, action: failure })
  return undefined
}

async function refuseBurst(db: Db, address: string, actor: string, purpose: keyof typeof PURPOSES): Promise<void> {
  const { attempt, success } = PURPOSES[purpose]
  const since = new Date(Date.now() - LIMIT_MS).toISOString()
  const used = async (by: { address: string } | { actor: string }) => {
    const [attempts, successes] = await Promise.all(
      [attempt, success].map((action) => countAudit(db, { action, since, ...by })),
    )
    return (attempts ?? 0) - (successes ?? 0)
  }
  if ((await used({ address })) >= PER_ADDRESS || (await used({ actor })) >= PER_ACCOUNT) {
    throw new AppError('too_many_attempts', 'Too many wrong passwords. Wait 15 minutes, then try again.')
  }
}
