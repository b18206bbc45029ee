/** Matches a program that one of the lines begins. Each is a part of a regular expression. */
const oneOf = (lines: string[]) => new RegExp(`^(?:${lines.join('|')})`)

/** Programs for developing, by how their call begins. */
export const DEVELOPMENT = oneOf([
  String.raw`(rolldown-)?vite(?!\s+(build|preview)\b)(\s|$)`,
  '(react-scripts|craco|react-app-rewired|docusaurus|expo) start',
  String.raw`ng (serve|s)\b`,
  'ng$',
  'vue-cli-service serve',
  String.raw`(astro|next|nuxt|nuxi|remix|react-router|vinxi|solid-start|vike|nitro|svelte-kit) (dev|serve)\b`,
  '(astro|next|nuxt|nuxi|gatsby)$',
  'gatsby develop',
  '(@11ty/)?eleventy .*--(serve|watch)',
  String.raw`(vitepress|vuepress|storybook|quasar|ionic|rspack|rsbuild|snowpack|wrangler) (dev|serve)\b`,
  String.raw`hexo s(erver)?\b`,
  String.raw`ember s(erve)?\b`,
  'start-storybook',
  'webpack(-dev-server| serve| .*--watch)',
  'parcel(?! (build|watch))',
  String.raw`rollup .*\s-\w*w`,
  'encore dev',
  'nodemon',
  'ts-node-dev',
  'tsnd',
  '(tsx|bun) (watch|--watch|--hot)',
  'node --watch',
  'nest start --(watch|debug)',
  String.raw`fastify start .*(-w|--watch)\b`,
  String.raw`(adonis|node ace(\.js)?) serve`,
])

/** Programs that do no more than hand out a folder. */
export const FILES = oneOf([
  'vite preview',
  String.raw`(serve|http-server|sirv|live-server|lite-server|servor|superstatic|static-server|ws)(\s|$)`,
  '(angular-http-server|local-web-server|pushstate-server|browser-sync|eleventy-dev-server)',
  '(gatsby|docusaurus) serve',
  'astro preview',
  'vitepress (preview|serve)',
  String.raw`python3? -m http\.server`,
])
