const HEX = '(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{8,64}'
const KEPT = 'm?js|css|map|wasm|json|woff2?|ttf|otf|eot|svg|png|jpe?g|gif|webp|avif|ico|mp4|webm|mp3'

/**
 * Which files can be kept for a year, since another content has another name: regular expressions over "<status> <path>".
 * By their folder, by a hash of eight and more hexadecimal digits before the extension (webpack, Gatsby; a date has no
 * letter), or by Angular's eight capitals. What is in doubt is asked for anew each time.
 */
export function cacheRules(base: string, folders: readonly string[]): string[] {
  const kept = `^(?:200|206|304) ${literally(base)}`
  return [
    ...folders.map((it) => `${kept}/${literally(it)}/.`),
    `${kept}/(?:_astro|_next/static|_app/immutable)/.`,
    `${kept}/_nuxt/(?!builds/).`,
    `^(?:200|206|304) /(?:.*[./-])?${HEX}(?:\\.chunk)?\\.(?:${KEPT})$`,
    '^(?:200|206|304) /(?:.*/)?[A-Za-z0-9_]+-(?=[A-Z0-9]*[A-Z])(?=[A-Z0-9]*[0-9])[A-Z0-9]{8}\\.(?:js|css)$',
  ]
}

const literally = (text: string) => text.replace(/[.+]/g, '\\$&')
