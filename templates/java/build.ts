/** What Maven's and Gradle's build files tell alike. */
export type Build = {
  tool: 'maven' | 'gradle'
  framework: Framework
  /** Below the app's folder, '' at its top. It reaches a command as it is. */
  module: string
  command: string
  /** A folder with a start script, or one jar. */
  makes: 'install' | 'jar'
  /** The Java the build file names. */
  java: string | undefined
  /** The major version of the build tool that its wrapper names. */
  wrapper: number | undefined
  /** The build file, where dependencies are looked for. */
  text: string
  notes: string[]
}

export type Framework = 'Spring Boot' | 'Quarkus' | 'Micronaut' | 'Ktor' | 'Java'

/** More than any project has; each may be a megabyte. */
export const MAX_MODULES = 300

/** Folder names of modules that reach commands. */
export const MODULE = /^[\w.-]+(\/[\w.-]+)*$/
