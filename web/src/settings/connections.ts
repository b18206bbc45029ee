import type { ConnectionView } from '../../../server/http/views.ts'

type Guide = {
  title: string
  purpose: string
  /** What it is like without it. */
  without: string
  /** How it is set up where nothing is entered here: what to do, step by step, and what stands behind a setting to copy. */
  setup?: { steps: string[]; placeholders: Record<string, string> }
}

/** What each connection is for. */
export const guides: Record<ConnectionView['name'], Guide> = {
  cloudflare: {
    title: 'Cloudflare',
    purpose: 'Gives each app a route through a tunnel and a DNS record, so that no port has to be open.',
    without: 'Without it, apps are reached through nginx only: point a wildcard DNS record at this machine.',
    setup: {
      steps: [
        'In Cloudflare’s dashboard, make an API token with two permissions: Account → Cloudflare Tunnel → Edit, and Zone → DNS → Edit for your domain.',
        'Copy the account id and the zone id from the overview page of your domain; each has 32 hexadecimal digits.',
        'Put these lines into the settings, with SLIPWAY_DOMAIN set to your domain, and restart Slipway.',
      ],
      placeholders: {
        CLOUDFLARE_API_TOKEN: '<the API token>',
        CLOUDFLARE_ACCOUNT_ID: '<the account id>',
        CLOUDFLARE_ZONE_ID: '<the zone id>',
        CLOUDFLARE_TUNNEL_ID: '<the id of a tunnel of your own>',
      },
    },
  },
  github: {
    title: 'GitHub',
    purpose: 'Lets private repositories be deployed, and tells of pushes and pull requests.',
    without: 'Without it, public repositories can be deployed, and private ones are not found.',
  },
}

/** The lines for the settings file: of what is not set, or of everything when all is. Optional ones stand as comments. */
export function linesFor({ name, settings }: ConnectionView): string {
  const missing = settings.filter((it) => !it.isSet)
  return (missing.length > 0 ? missing : settings)
    .map((it) => `${it.isRequired ? '' : '# '}${it.name}=${guides[name].setup?.placeholders[it.name] ?? ''}`)
    .join('\n')
}

/** “Connected by the App slipway-acme and a token” */
export function sayGithub({ github }: ConnectionView): string {
  const ways = [
    ...(github?.app ? [`the App ${github.app}`] : []),
    ...(github?.token ? [github.token === 'environment' ? 'a token of the environment' : 'a token'] : []),
  ]
  return ways.length === 0 ? 'Configured' : `Connected by ${new Intl.ListFormat('en').format(ways)}`
}

/** Which repositories of an account the App sees, by GitHub’s word for it. */
export const selectionWords = (selection: string) =>
  selection === 'all' ? 'all its repositories' : 'the repositories chosen there'

/** What came of the way to GitHub and back, by the word in the address; `undefined` for a word that is not ours. */
export function sayReturn(word: string): { tone: 'ok' | 'warn' | 'bad'; title: string; text: string } | undefined {
  switch (word) {
    case 'connected':
      return {
        tone: 'ok',
        title: 'The GitHub App is made',
        text: 'Install it now, and choose the repositories that it may read.',
      }
    case 'expired':
      return {
        tone: 'warn',
        title: 'Nothing was connected',
        text: 'The way to GitHub and back took more than ten minutes, or began in another session. Begin again.',
      }
    case 'github_denied':
    case 'github_unavailable':
      return {
        tone: 'bad',
        title: 'The App could not be connected',
        text: 'GitHub made it, and did not hand over its key. Delete it there, then try again; Slipway’s log has the reason.',
      }
    default:
      return undefined
  }
}
