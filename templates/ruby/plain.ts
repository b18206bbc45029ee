import type { App, Framework } from './app.ts'
import { hasGem } from './gems.ts'

const MAIN_FILES = ['app.rb', 'main.rb', 'server.rb', 'web.rb']
const SERVES =
  /\b(TCPServer|WEBrick|Sinatra|Socket|Async::HTTP|HTTPServer|Rack::Handler|Rackup::Handler|Puma|Falcon|Iodine|Agoo)\b|require ['"]sinatra/

/** A file that is a server by itself, Sinatra's classic kind or a plain one. */
export async function plain({ source, gems }: App): Promise<Framework | undefined> {
  const bundle = gems ? 'bundle exec ' : ''
  for (const file of MAIN_FILES) {
    const text = (await source.text(file)) ?? ''
    if (/require ['"]sinatra['"]/.test(text) && hasGem(gems, 'sinatra'))
      return { name: 'Sinatra', start: `${bundle}ruby ${file} -o 0.0.0.0 -p $PORT` }
    if (SERVES.test(text)) return { name: 'Ruby', start: `${bundle}ruby ${file}` }
  }
  return undefined
}
