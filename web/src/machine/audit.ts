import type { AuditView } from '../../../server/http/views.ts'

const WORDS: Record<string, string> = {
  login: 'Logged in',
  'login.attempt': 'Began to log in',
  'login.failed': 'Wrong password at the login',
  logout: 'Logged out',
  'password.attempt': 'Began to change the password',
  'password.failed': 'Wrong current password',
  'password.changed': 'Changed the password',
  'password.reset': 'Got a new password on the machine',
  'session.ended': 'Ended a session',
  'sessions.ended': 'Ended sessions',
  'token.created': 'Made a new API token',
  'token.deleted': 'Deleted an API token',
  'deployment.approve': 'Approved a commit of a fork',
  'deployment.preview-env': 'Changed the variables of previews',
  'github-token.kept': 'Gave a GitHub token',
  'github-token.forgotten': 'Had the GitHub token forgotten',
  'github-app.created': 'Connected a GitHub App',
  'github-app.deleted': 'Had the GitHub App forgotten',
  'deploy-key.created': 'Made a deploy key',
  'deploy-key.deleted': 'Deleted a deploy key',
  'channel.created': 'Added a channel for news',
  'channel.changed': 'Changed a channel for news',
  'channel.deleted': 'Deleted a channel for news',
  'channel.tested': 'Tested a channel for news',
  'backup.settings': 'Said where backups go, and when',
  'backup.begun': 'Had a backup made',
  'backup.downloaded': 'Downloaded a backup',
  'backup.deleted': 'Deleted a backup',
  'restore.confirmed': 'Said that all is there after a restore',
  'doctor.repair': 'Had the doctor repair',
  'deployment.create': 'Deployed a new app',
  'deployment.change': 'Changed an app',
  'deployment.delete': 'Deleted an app',
  'deployment.redeploy': 'Redeployed an app',
  'deployment.rollback': 'Rolled an app back',
  'deployment.stop': 'Stopped an app',
  'deployment.start': 'Started an app',
  'deployment.restart': 'Restarted an app',
  'deployment.cancel': 'Cancelled a deploy',
  'deployment.retry': 'Tried an app again',
  'schedule.create': 'Added a job',
  'schedule.change': 'Changed a job',
  'schedule.delete': 'Deleted a job',
  'schedule.run': 'Ran a job',
}

/** What was done, in words; an action that has none is shown as it is written. */
export const wordsFor = (action: string) => WORDS[action] ?? action

/** What the filter offers; `attempts` are left out of the rest: each is followed by its end. */
export const groups = [
  { id: 'all', label: 'Everything', holds: (action: string) => !isAttempt(action) },
  { id: 'apps', label: 'Apps', holds: (action: string) => /^(deployment|schedule)\./.test(action) },
  {
    id: 'access',
    label: 'Logins, sessions, tokens',
    holds: (action: string) => ACCESS.test(action) && !isAttempt(action),
  },
  { id: 'machine', label: 'The machine', holds: (action: string) => /^(doctor|backup|restore)\./.test(action) },
  { id: 'attempts', label: 'Begun logins', holds: isAttempt },
]
const ACCESS = /^(login|logout|password|sessions?|token)(\.|$)/
function isAttempt(action: string): boolean {
  return action.endsWith('.attempt')
}

/** The particulars of an entry as “name: value” pairs in words; nothing for what has no value. */
export function particulars({ detail }: AuditView): string[] {
  if (typeof detail !== 'object' || detail === null) return []
  return Object.entries(detail)
    .filter(([, value]) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0))
    .map(([key, value]) => `${inWords(key)}: ${shown(value)}`)
}

const NAMES: Record<string, string> = {
  githubUrl: 'repository',
  keepVolumes: 'volumes kept',
  others: 'this one stayed',
}

/** expiresAt → expires at */
const inWords = (key: string) => NAMES[key] ?? key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

function shown(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.map(shown).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Whether an entry is meant by what was typed. */
export function isMeant(entry: AuditView, targetName: string, typed: string): boolean {
  const wanted = typed.trim().toLowerCase()
  const { action, actor, address, target } = entry
  return [wordsFor(action), action, actor, address, target, targetName, ...particulars(entry)].some((it) =>
    it.toLowerCase().includes(wanted),
  )
}
