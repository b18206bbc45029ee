const CERTIFICATE =
  'its certificate is not trusted. Give it one that is, or name its authority in NODE_EXTRA_CA_CERTS and restart Slipway'

const WORDS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'it cut the connection',
  UND_ERR_SOCKET: 'it cut the connection',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  ENOTFOUND: 'there is no such host name',
  EAI_AGAIN: 'its host name could not be looked up',
  EDNS: 'there is no such host name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
}

/** Why no connection came about, as the end of a sentence. Looks into the causes that fetch and Node wrap. */
export function whyUnreachable(error: unknown): string {
  for (const code of codesOf(error)) {
    const words = WORDS[code]
    if (words !== undefined) return words
  }
  return innermostMessage(error)
}

/** nodemailer keeps the code of the socket as `originalCode`. */
function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return []
  const { code, originalCode } = error as NodeJS.ErrnoException & { originalCode?: string }
  return [originalCode, code, ...codesOf(error.cause)].filter((it) => it !== undefined)
}

const innermostMessage = (error: unknown): string =>
  error instanceof Error
    ? error.cause instanceof Error
      ? innermostMessage(error.cause)
      : oneLine(error.message)
    : 'it failed'

const MOST_QUOTED = 200

/** What the far side said, short and on one line. */
export function oneLine(text: string): string {
  const line = text.replace(/[\p{C}\s]+/gu, ' ').trim()
  return line.length > MOST_QUOTED ? `${line.slice(0, MOST_QUOTED)}…` : line
}
