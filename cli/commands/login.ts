import { hostname, userInfo } from 'node:os'
import type { LoginView, TokenView, VisitorView } from '../../server/http/views.ts'
import { readAddress, refusePlain } from '../address.ts'
import { checkToken } from '../choose-server.ts'
import { type Client, createClient } from '../client.ts'
import type { Context } from '../context.ts'
import { Failure, wrongUsage } from '../failure.ts'
import { prepareStore, readStored, removeStored, storedAt, writeStored } from '../stored.ts'

export type LoginOptions = { token?: boolean; username?: string }

const LONGEST_NAME = 60
const MOST_TRIES = 20

/** Stores a token for this Slipway: one that is made here with the password, or with --token one that there is. */
export async function logIn(context: Context, typed: string, options: LoginOptions): Promise<void> {
  const url = readAddress(typed)
  refusePlain(url, context.isInsecure)
  await refuseForeign(url)
  await prepareStore(context.env)
  const before = await readStored(context.env)
  const made = !options.token
  const token = made ? await makeToken(context, url, options) : await takeToken(context)
  const { user, scope } = await verify(createClient(url, token))
  await writeStored(context.env, { url, token, ...(made && { made }), ...(context.isInsecure && { insecure: true }) })
  if (before?.made && before.url === url && before.token !== token) await endToken(createClient(url, before.token))
  const said = `Logged in to ${url} as ${user.username}${scope === 'read' ? ', to read only' : ''}.`
  context.show({ url, username: user.username, scope, file: storedAt(context.env) }, () => [said])
}

/** Forgets the token here, and ends it there if a login made it. */
export async function logOut(context: Context): Promise<void> {
  const stored = await readStored(context.env)
  if (!stored) return context.show({ url: null }, () => ['Nobody was logged in here.'])
  refusePlain(stored.url, context.isInsecure || stored.insecure === true)
  const isEnded = stored.made === true && (await endToken(createClient(stored.url, stored.token)))
  await removeStored(context.env)
  const rest = stored.made
    ? `${stored.url} could not be told: delete the token there, in Settings, API tokens.`
    : 'The token is still good, since no login made it: if nobody else uses it, delete it there, in Settings, API tokens.'
  context.show({ url: stored.url, isTokenEnded: isEnded }, () => [
    `Logged out of ${stored.url}.`,
    ...(isEnded ? [] : [rest]),
  ])
}

export async function whoAmI(context: Context): Promise<void> {
  const client = await context.connect()
  const visitor = await verify(client)
  const { user, scope, expiresAt } = visitor
  const end = expiresAt === null ? 'without an end' : `until ${expiresAt}`
  context.show({ url: client.url, ...visitor }, () => [`${user.username} at ${client.url}, scope ${scope}, ${end}`])
}

const verify = (client: Client) => client.request<VisitorView>('GET', '/api/auth/verify')

/** A password is for Slipway alone: without one, it answers this question in its own words. */
async function refuseForeign(url: string): Promise<void> {
  try {
    await verify(createClient(url))
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'unauthenticated') throw error
  }
}

async function takeToken({ terminal }: Context): Promise<string> {
  const typed = terminal.isInteractive ? await terminal.askHidden('API token: ') : await terminal.readInput()
  return checkToken(typed.trim())
}

/** Logs in for as long as it takes to make a token, so that the password opens nothing that stays. */
async function makeToken(context: Context, url: string, { username }: LoginOptions): Promise<string> {
  const credentials = await askCredentials(context, username)
  const { token } = await createClient(url).request<LoginView>('POST', '/api/auth/login', { body: credentials })
  const session = createClient(url, token)
  try {
    return await makeNamed(session)
  } finally {
    await session.request('POST', '/api/auth/logout')
  }
}

async function askCredentials({ terminal }: Context, given: string | undefined) {
  if (!terminal.isInteractive) {
    if (given === undefined)
      throw wrongUsage(
        'There is no terminal to ask for the password on.',
        'Pipe an API token into slipway login URL --token, or a password into slipway login URL --username NAME.',
      )
    return { username: given, password: withoutLineEnd(await terminal.readInput()) }
  }
  const username = given ?? (await terminal.ask('User name: '))
  return { username, password: await terminal.askHidden('Password: ') }
}

const withoutLineEnd = (text: string) => text.replace(/\r?\n$/, '')

/** Each login has a token of its own, by whose name its user knows it again. */
async function makeNamed(session: Client): Promise<string> {
  for (let number = 1; ; number++) {
    const body = { name: tokenName(number), scope: 'write' }
    try {
      const { secret } = await session.request<{ token: TokenView; secret: string }>('POST', '/api/tokens', { body })
      return secret
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'name_in_use' || number >= MOST_TRIES) throw error
    }
  }
}

function tokenName(number: number): string {
  const suffix = number === 1 ? '' : ` ${number}`
  const name = `command line of ${userInfo().username} on ${hostname()}`.replace(/[^\p{L}\p{N} ._-]/gu, '-')
  return name.slice(0, LONGEST_NAME - suffix.length).trimEnd() + suffix
}

/** Whether it has ended: it had already, or has now. A Slipway that cannot be reached does not keep anybody logged in. */
async function endToken(client: Client): Promise<boolean> {
  try {
    await client.request('DELETE', '/api/tokens/current')
    return true
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return error.code === 'unauthenticated'
  }
}
