/** By the IANA's registry (iana.org/assignments/media-types), of what sites are made of. The images of nginx differ in theirs. */
const TYPES: Record<string, string> = {
  'text/html': 'html htm',
  'text/css': 'css',
  'text/javascript': 'js mjs cjs',
  'text/plain': 'txt text log',
  'text/markdown': 'md',
  'text/csv': 'csv',
  'text/calendar': 'ics',
  'text/vtt': 'vtt',
  'text/xml': 'xml xsl',
  'application/atom+xml': 'atom',
  'application/rss+xml': 'rss',
  'application/json': 'json map geojson',
  'application/ld+json': 'jsonld',
  'application/manifest+json': 'webmanifest',
  'application/wasm': 'wasm',
  'application/pdf': 'pdf',
  'application/zip': 'zip',
  'application/gzip': 'gz tgz',
  'application/epub+zip': 'epub',
  'application/xhtml+xml': 'xhtml',
  'image/svg+xml': 'svg',
  'image/png': 'png',
  'image/apng': 'apng',
  'image/jpeg': 'jpg jpeg',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/jxl': 'jxl',
  'image/bmp': 'bmp',
  'image/tiff': 'tif tiff',
  'image/x-icon': 'ico',
  'font/woff2': 'woff2',
  'font/woff': 'woff',
  'font/ttf': 'ttf',
  'font/otf': 'otf',
  'application/vnd.ms-fontobject': 'eot',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/ogg': 'ogg oga opus',
  'audio/wav': 'wav',
  'audio/flac': 'flac',
  'video/mp4': 'mp4 m4v',
  'video/webm': 'webm',
  'video/ogg': 'ogv',
  'video/quicktime': 'mov',
  'application/vnd.apple.mpegurl': 'm3u8',
  'video/mp2t': 'ts',
  'model/gltf+json': 'gltf',
  'model/gltf-binary': 'glb',
}

/** Whose files become much smaller by gzip; fonts, pictures and films are compressed already. text/html always is. */
const COMPRESSED =
  /^(text\/(?!html)|application\/(json|ld\+json|manifest\+json|wasm|xhtml\+xml|atom\+xml|rss\+xml|vnd\.ms-fontobject)|image\/(svg\+xml|bmp|x-icon)|font\/(ttf|otf)|model\/)/

/** What a page is made of: a missing one of these is an error and no page of a single-page app. */
const PART_OF_PAGE =
  /^(text\/(css|javascript|plain|xml|vtt)|application\/(?!pdf|zip|gzip|epub)|image\/|font\/|audio\/|video\/|model\/)/

const extensionsOf = (kind: RegExp) =>
  Object.entries(TYPES)
    .filter(([type]) => kind.test(type))
    .flatMap(([, extensions]) => extensions.split(' '))

/** The block `types` of an nginx configuration. */
export const typesBlock = `types {\n${Object.entries(TYPES)
  .map(([type, extensions]) => `    ${type} ${extensions};`)
  .join('\n')}\n  }`

export const compressedTypes = Object.keys(TYPES).filter((type) => COMPRESSED.test(type))

/** Extensions of files that pages load. */
export const assetExtensions = extensionsOf(PART_OF_PAGE)
