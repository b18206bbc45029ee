import { buildLine, buildText, legacyOpenssl, major } from './build-script.ts'
import { folderIn, literal, readConfig } from './config.ts'
import type { Family } from './family.ts'
import { site } from './site.ts'

/** create-react-app.dev/docs/deployment: `homepage` in package.json says where it lies. Before version 5 it used webpack 4. */
export const createReactApp: Family = async (app, start) => {
  const version = app.dependencies['react-scripts']
  if (version === undefined) return undefined
  const line = app.scripts.build === undefined ? app.exec('react-scripts build') : app.run('build')
  return site(app, start, {
    name: 'Create React App',
    build: (major(version) ?? 5) < 5 ? `${legacyOpenssl} ${line}` : line,
    folder: /\bBUILD_PATH=["']?([\w./-]+)/.exec(buildText(app))?.[1] ?? 'build',
    fallback: 'spa',
    base: app.packageJson.homepage,
    immutable: ['static/js', 'static/css', 'static/media'],
  })
}

/** cli.vuejs.org/guide/deployment.html. Before version 5 it used webpack 4. */
export const vueCli: Family = async (app, start) => {
  const version = app.dependencies['@vue/cli-service']
  if (version === undefined) return undefined
  const config = await readConfig(app.source, 'vue.config')
  const line = buildLine(app, 'vue-cli-service build')
  return site(app, start, {
    name: 'Vue CLI',
    build: (major(version) ?? 5) < 5 ? `${legacyOpenssl} ${line}` : line,
    folder: folderIn(config, 'outputDir') ?? /--dest[= ]([\w./-]+)/.exec(buildText(app))?.[1] ?? 'dist',
    fallback: 'spa',
    base: literal(config, 'publicPath'),
  })
}

/** Quasar (quasar.dev), and other tools of single-page apps whose build is a folder. */
const OTHERS: { package: string; name: string; build: string; folder: string }[] = [
  { package: '@quasar/app-vite', name: 'Quasar', build: 'quasar build', folder: 'dist/spa' },
  { package: '@quasar/app-webpack', name: 'Quasar', build: 'quasar build', folder: 'dist/spa' },
  { package: 'ember-cli', name: 'Ember', build: 'ember build --environment=production', folder: 'dist' },
  { package: 'preact-cli', name: 'Preact CLI', build: 'preact build', folder: 'build' },
  { package: '@rsbuild/core', name: 'Rsbuild', build: 'rsbuild build', folder: 'dist' },
  { package: '@slidev/cli', name: 'Slidev', build: 'slidev build', folder: 'dist' },
  { package: 'parcel', name: 'Parcel', build: 'parcel build', folder: 'dist' },
  { package: 'html-webpack-plugin', name: 'webpack', build: 'webpack --mode production', folder: 'dist' },
]

/** A page whose build is a folder known by its tool. A build script is needed where the tool would have to be told what to build. */
export const otherApps: Family = async (app, start) => {
  const tool = OTHERS.find((it) => app.dependencies[it.package] !== undefined)
  if (!tool || (app.scripts.build === undefined && /^(parcel|webpack)/.test(tool.build))) return undefined
  const folder = /--(?:dist-dir|output-path|out)[= ]["']?([\w./-]+)/.exec(buildText(app))?.[1] ?? tool.folder
  return site(app, start, { name: tool.name, build: buildLine(app, tool.build), folder, fallback: 'spa' })
}

/** `expo export -p web` writes to dist (docs.expo.dev/guides/publishing-websites); without the web there is nothing to deploy. */
export const expo: Family = async (app, start) => {
  if (app.dependencies.expo === undefined || app.dependencies['react-native-web'] === undefined) return undefined
  const ownBuild = /\bexpo export\b/.test(buildText(app))
  const build = ownBuild ? app.run('build') : app.exec('expo export --platform web')
  return site(app, start, {
    name: 'Expo',
    build,
    folder: /--output-dir[= ]([\w./-]+)/.exec(buildText(app))?.[1] ?? 'dist',
    fallback: 'spa',
    immutable: ['_expo'],
  })
}
