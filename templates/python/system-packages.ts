import type { Packages } from './packages.ts'

type SystemPackages = { build?: string; run?: string }

const COMPILER = 'gcc libc6-dev'

/** Debian's packages for those Python packages that have no wheel, or whose wheel leaves a library or program out. */
const KNOWN: Record<string, SystemPackages> = {
  psycopg2: { build: `${COMPILER} libpq-dev`, run: 'libpq5' },
  psycopg: { run: 'libpq5' },
  'psycopg-c': { build: `${COMPILER} libpq-dev`, run: 'libpq5' },
  mysqlclient: { build: `${COMPILER} pkg-config default-libmysqlclient-dev`, run: 'libmariadb3' },
  uwsgi: { build: COMPILER },
  pycairo: { build: `${COMPILER} pkg-config libcairo2-dev`, run: 'libcairo2' },
  cairosvg: { run: 'libcairo2' },
  weasyprint: { run: 'libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0' },
  xmlsec: { build: `${COMPILER} pkg-config libxmlsec1-dev`, run: 'libxmlsec1-openssl' },
  'python-magic': { run: 'libmagic1' },
  'opencv-python': { run: 'libgl1 libglib2.0-0' },
  'opencv-contrib-python': { run: 'libgl1 libglib2.0-0' },
  lightgbm: { run: 'libgomp1' },
  pyodbc: { run: 'unixodbc' },
  pyzbar: { run: 'libzbar0' },
  pdf2image: { run: 'poppler-utils' },
  pytesseract: { run: 'tesseract-ocr' },
  graphviz: { run: 'graphviz' },
  pygraphviz: { build: `${COMPILER} libgraphviz-dev`, run: 'graphviz' },
  pydub: { run: 'ffmpeg' },
  'ffmpeg-python': { run: 'ffmpeg' },
  'openai-whisper': { run: 'ffmpeg' },
}

/** What apt installs to build the dependencies, and what the final image needs of it. */
export function systemPackages({ names, needsGit }: Packages): { build: string; run: string } {
  const known = [...names].map(([name, extras]) => keyOf(name, extras, names)).filter((it) => Object.hasOwn(KNOWN, it))
  const all = (kind: keyof SystemPackages) => known.map((it) => KNOWN[it]?.[kind] ?? '')
  return { build: inOrder([...all('build'), needsGit ? 'git ca-certificates' : '']), run: inOrder(all('run')) }
}

/** psycopg 3 is compiled, comes with its library, or looks for it, by its extras. */
function keyOf(name: string, extras: string[], names: Packages['names']): string {
  if (name !== 'psycopg') return name
  if (extras.includes('c')) return 'psycopg-c'
  return extras.includes('binary') || names.has('psycopg-binary') ? 'psycopg-binary' : name
}

const inOrder = (lists: string[]) => [...new Set(lists.join(' ').split(' ').filter(Boolean))].sort().join(' ')
