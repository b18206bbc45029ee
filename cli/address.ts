import { Failure, wrongUsage } from './failure.ts'

/** This machine, by what cannot be led elsewhere: 127.0.0.0/8, ::1, and the name that /etc/hosts has. */
const isLoopback = (hostname: string) =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)

/**
 * The origin of what was typed; a page's address will do. Without a scheme it is https, and http for this machine.
 * @throws Failure wrong_usage
 */
export function readAddress(typed: string): string {
  const url = parse(typed)
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.hostname === '')
    throw wrongUsage('That is no address of a Slipway.', 'Give it as https://slipway.example.com.')
  if (url.username !== '' || url.password !== '')
    throw wrongUsage('The address has a user name or password in it.', 'Leave them out: slipway login asks for them.')
  return url.origin
}

function parse(typed: string): URL | null {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(typed)) return URL.parse(typed)
  const plain = URL.parse(`http://${typed}`)
  return plain && isLoopback(plain.hostname) ? plain : URL.parse(`https://${typed}`)
}

/**
 * A password or token that goes over plain HTTP can be read by everybody on the way.
 * @throws Failure insecure_address
 */
export function refusePlain(origin: string, isInsecureAllowed: boolean): void {
  const { protocol, hostname } = new URL(origin)
  if (protocol === 'https:' || isLoopback(hostname) || isInsecureAllowed) return
  throw new Failure('insecure_address', `${origin} is not encrypted: on the way, others could read the token.`, {
    hint: 'Use its https address, or a tunnel (ssh -L 2999:127.0.0.1:2999 …). --insecure sends it all the same.',
  })
}
