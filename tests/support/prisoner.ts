/** Tries to connect, and says `open`, or how it failed. Part of what runs in containers and in builds. */
const TRY = `
const net = require('node:net')
const attempt = (host, port) => new Promise((resolve) => {
  const socket = net.connect({ host, port: Number(port) })
  socket.setTimeout(1500, () => { socket.destroy(); resolve('no answer') })
  socket.once('connect', () => { socket.destroy(); resolve('open') })
  socket.once('error', (error) => resolve(error.code))
})
const fetchText = (url, { body = '', headers = {}, ...options } = {}) => new Promise((resolve) => {
  const sent = { ...headers, ...(body !== '' && { 'content-length': body.length }) }
  const asking = require('node:http').request(url, { agent: false, timeout: 1500, ...options, headers: sent }, (reply) => {
    let text = ''
    reply.on('data', (chunk) => { text += chunk }).on('end', () => resolve(reply.statusCode + ' ' + text.slice(0, 2000)))
  })
  asking.on('timeout', () => asking.destroy(new Error('no answer'))).on('error', (error) => resolve('failed ' + error.code))
  asking.end(body)
})
`

/** An app that tries on behalf of a test what a hostile one would: over the network, and in its own file system. */
export const prisoner = `${TRY}
const { createServer } = require('node:http')
const { readFileSync, existsSync } = require('node:fs')
const answers = {
  connect: ({ host, port }) => attempt(host, port),
  fetch: ({ url, options }) => fetchText(url, options),
  read: ({ file }) => existsSync(file) ? readFileSync(file, 'latin1') : 'not there',
  connectTo: ({ file }) => new Promise((resolve) => {
    const socket = net.connect(file)
    socket.once('connect', () => resolve('open')).once('error', (error) => resolve(error.code))
  }),
}
createServer(async (request, response) => {
  if (request.url === '/') return response.end('alive')
  const { what, ...input } = JSON.parse(decodeURIComponent(request.url.slice(1)))
  response.end(JSON.stringify(await answers[what](input)))
}).listen(8000)
process.on('SIGTERM', () => process.exit())
`

/** A command for RUN: connects to each \`host:port\`, and writes what came of it into a file, as JSON. */
export const tryInBuild = (places: string[], file: string) => {
  const script = `${TRY}
;(async () => {
  const found = {}
  for (const place of ${JSON.stringify(places)}) found[place] = await attempt(...place.split(':'))
  require('node:fs').writeFileSync(${JSON.stringify(file)}, JSON.stringify(found))
})()`
  return `["node", "-e", ${JSON.stringify(script)}]`
}
