import { AppError } from '../../server/errors.ts'
import type { App, Framework } from './app.ts'
import { type Gems, hasGem } from './gems.ts'

/** Servers in the order in which they are taken, with the line that starts them on the port that is given. */
const SERVERS: [gem: string, name: string, start: string][] = [
  ['falcon', 'Falcon', 'bundle exec falcon serve --bind http://0.0.0.0:$PORT'],
  ['puma', 'Puma', 'bundle exec puma -b tcp://0.0.0.0:$PORT'],
  ['unicorn', 'Unicorn', 'bundle exec unicorn -o 0.0.0.0 -p $PORT'],
  ['thin', 'Thin', 'bundle exec thin start -a 0.0.0.0 -p $PORT'],
  ['webrick', 'WEBrick', 'bundle exec rackup -s webrick -o 0.0.0.0 -p $PORT'],
]

const FRAMEWORKS: [gem: string, name: string][] = [
  ['hanami', 'Hanami'],
  ['sinatra', 'Sinatra'],
  ['roda', 'Roda'],
  ['grape', 'Grape'],
  ['padrino', 'Padrino'],
]

/** An app with config.ru. @throws no_start_command when no server is among its gems */
export function rack({ source, gems, settings }: App, web: string | undefined): Framework | undefined {
  if (!source.has('config.ru')) return undefined
  const name = FRAMEWORKS.find(([gem]) => hasGem(gems, gem))?.[1] ?? 'Rack'
  const server = SERVERS.find(([gem]) => hasGem(gems, gem))
  if (server) return { name: `${name} (${server[1]})`, start: server[2] }
  if (settings.startCommand ?? web) return { name }
  throw new AppError('no_start_command', `There is a config.ru, but ${noServer(gems)}`)
}

const noServer = (gems: Gems | undefined) =>
  gems === undefined
    ? 'no Gemfile that says what to install. Add one with the gems rack and puma.'
    : 'no web server among the gems. Add `gem "puma"` to the Gemfile, or give a start command.'
