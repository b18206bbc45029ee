import { describe, expect, test } from 'vitest'
import { choose, recipeFor, type Tree } from '../../support/tree.ts'

const pom = (body: string) => `<project>${body}</project>`
const plugin = (name: string) => `<build><plugins><plugin><artifactId>${name}</artifactId></plugin></plugins></build>`
const BOOT = plugin('spring-boot-maven-plugin')
const MAIN = '<mainClass>com.example.Main</mainClass>'
const SPRING: Tree = { 'pom.xml': pom(`<java.version>17</java.version>${BOOT}`) }
const MODULES = '<modules><module>core</module><module>web</module></modules><java.version>21</java.version>'
const gradle = (...ids: string[]) => `plugins {\n${ids.map((it) => `  id("${it}") version "1"`).join('\n')}\n}\n`

const commandsOf = async (...it: Parameters<typeof recipeFor>) => (await recipeFor(...it)).commands
const imagesOf = async (tree: Tree) =>
  [...((await recipeFor(tree)).dockerfile ?? '').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image)

test('a Spring Boot app is built with Maven and told the port in its own way', async () => {
  const { recipe, notes } = await choose(SPRING)
  expect(recipe).toMatchObject({
    template: 'java',
    framework: 'Spring Boot (Maven)',
    port: 8080,
    healthPath: '/',
    commands: { build: 'mvn -B -ntp -DskipTests package', start: 'java $JAVA_OPTS -jar app.jar' },
  })
  expect(notes).toEqual([])
  await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/java-maven.Dockerfile')
})

test('a Gradle app with a start script is installed whole', async () => {
  const { recipe, notes } = await choose({
    'build.gradle.kts': 'plugins {\n  application\n}\nkotlin { jvmToolchain(21) }',
  })
  expect(recipe).toMatchObject({
    framework: 'Java (Gradle)',
    commands: { build: 'gradle --no-daemon installDist', start: 'bin/app' },
  })
  expect(notes).toEqual([])
  await expect(recipe.dockerfile).toMatchFileSnapshot('snapshots/java-gradle.Dockerfile')
})

describe('what is built', () => {
  test.each([
    [
      'Quarkus',
      { 'pom.xml': pom(plugin('quarkus-maven-plugin')) },
      'Quarkus (Maven)',
      'package',
      'QUARKUS_HTTP_PORT=8080',
    ],
    [
      'Micronaut',
      { 'pom.xml': pom(plugin('micronaut-maven-plugin')) },
      'Micronaut (Maven)',
      'package',
      'MICRONAUT_SERVER_PORT=8080',
    ],
    ['a jar with a main class', { 'pom.xml': pom(MAIN) }, 'Java (Maven)', 'package', 'MaxRAMPercentage=75'],
    [
      'Spring Boot',
      { 'build.gradle': gradle('org.springframework.boot') },
      'Spring Boot (Gradle)',
      'bootJar',
      'SERVER_PORT=8080',
    ],
    [
      'Quarkus',
      { 'build.gradle': gradle('java', 'io.quarkus') },
      'Quarkus (Gradle)',
      'quarkusBuild',
      'QUARKUS_HTTP_PORT=8080',
    ],
    ['Ktor', { 'build.gradle.kts': gradle('application', 'io.ktor.plugin') }, 'Ktor (Gradle)', 'buildFatJar', 'MaxRAM'],
    [
      'a fat jar',
      { 'build.gradle': gradle('application', 'com.gradleup.shadow') },
      'Java (Gradle)',
      'shadowJar',
      'MaxRAM',
    ],
    [
      'Micronaut',
      { 'build.gradle': gradle('io.micronaut.application') },
      'Micronaut (Gradle)',
      'installDist',
      'MICRONAUT_SERVER_PORT',
    ],
    ['an old plugin', { 'build.gradle': "apply plugin: 'application'" }, 'Java (Gradle)', 'installDist', 'MaxRAM'],
    [
      'a jar of its own',
      { 'build.gradle': "jar { manifest { attributes 'Main-Class': 'a.B' } }" },
      'Java (Gradle)',
      'jar',
      'MaxRAM',
    ],
  ])('%s: %s', async (_what, tree, framework, task, line) => {
    const recipe = await recipeFor(tree as Tree)
    expect(recipe).toMatchObject({ framework, commands: { build: expect.stringMatching(new RegExp(` ${task}$`)) } })
    expect(recipe.dockerfile).toContain(line)
  })

  test('a plugin by its name in the version catalogue', async () => {
    const tree = {
      'build.gradle.kts': 'plugins {\n  alias(libs.plugins.spring.boot)\n}',
      'gradle/libs.versions.toml': '[plugins]\nspring-boot = { id = "org.springframework.boot", version = "4.0.0" }',
    }
    expect(await recipeFor(tree)).toMatchObject({ framework: 'Spring Boot (Gradle)' })
  })

  test('Maven where there is Gradle, too, and it is said', async () => {
    expect((await choose({ ...SPRING, 'build.gradle': '' })).notes[0]).toContain('Maven builds')
  })
})

describe('of several modules', () => {
  const TWO = {
    'pom.xml': pom(MODULES),
    'core/pom.xml': pom('<!-- spring-boot-maven-plugin -->'),
    'web/pom.xml': pom(BOOT),
  }

  test('the one that makes a program, with what it needs (Maven)', async () => {
    const recipe = await recipeFor(TWO)
    expect(recipe.commands).toMatchObject({ build: 'mvn -B -ntp -DskipTests -pl web -am package' })
    expect(recipe.dockerfile).toContain('"/collect.sh", "web"')
  })

  test('the one that makes a program (Gradle)', async () => {
    const tree = {
      'settings.gradle.kts': 'rootProject.name = "x"\ninclude(":core", ":apps:web")',
      'build.gradle.kts': 'plugins { id("org.springframework.boot") version "4" apply false }',
      'core/build.gradle.kts': gradle('java-library'),
      'apps/web/build.gradle.kts': gradle('org.springframework.boot'),
    }
    expect(await commandsOf(tree)).toMatchObject({ build: 'gradle --no-daemon :apps:web:bootJar' })
  })

  test('two that make programs are a question, which a start command answers', async () => {
    const tree = { ...TWO, 'core/pom.xml': pom(BOOT) }
    await expect(recipeFor(tree)).rejects.toMatchObject({ code: 'several_apps', field: 'overrides.startCommand' })
    const commands = await commandsOf({ ...tree, Procfile: 'web: java -jar web/target/web.jar' })
    expect(commands).toMatchObject({
      build: expect.stringContaining('-pl web -am'),
      start: 'java -jar web/target/web.jar',
    })
  })

  test('none that makes a program is a question', async () => {
    await expect(recipeFor({ ...TWO, 'web/pom.xml': pom('') })).rejects.toMatchObject({ code: 'no_start_command' })
  })
})

describe('what is refused', () => {
  test.each([
    ['a library (Maven)', { 'pom.xml': pom('<artifactId>lib</artifactId>') }, 'no_start_command', /no main class/],
    ['a war for a server', { 'pom.xml': pom('<packaging>war</packaging>') }, 'no_start_command', /Tomcat/],
    ['a library (Gradle)', { 'build.gradle': gradle('java-library') }, 'no_start_command', /application/],
    ['an app for Android', { 'build.gradle': '', 'app/src/main/AndroidManifest.xml': '' }, 'no_template', /Nothing/],
  ])('%s', async (_what, tree, code, message) => {
    await expect(recipeFor(tree as Tree)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })
})

describe('what the settings say', () => {
  test('a start command names a jar where the build leaves it', async () => {
    const recipe = await recipeFor({ ...SPRING, Procfile: 'web: java -jar target/app-1.0.jar\nrelease: bin/migrate' })
    expect(recipe.commands).toMatchObject({ start: 'java -jar target/app-1.0.jar', release: 'bin/migrate' })
    expect(recipe.dockerfile).toContain('"--as-built"')
  })

  test('both commands need nothing from the build file', async () => {
    const overrides = { buildCommand: 'mvn install', startCommand: 'java -cp target/classes A' }
    expect(await commandsOf({ 'pom.xml': pom('') }, { overrides })).toMatchObject({ build: 'mvn install' })
  })
})

describe('the version of Java', () => {
  test.each([
    ['21 where nothing is said', { 'pom.xml': pom(BOOT) }, 'maven:3.9-eclipse-temurin-21', 'eclipse-temurin:21-jre'],
    [
      'what is compiled for',
      {
        'pom.xml': pom(
          `<maven.compiler.source>1.8</maven.compiler.source><maven.compiler.target>1.8</maven.compiler.target>${BOOT}`,
        ),
      },
      'maven:3.9-eclipse-temurin-8',
      'eclipse-temurin:8-jre',
    ],
    [
      'system.properties',
      { ...SPRING, 'system.properties': 'java.runtime.version=25' },
      'maven:3.9-eclipse-temurin-25',
      'eclipse-temurin:25-jre',
    ],
    [
      '.sdkmanrc',
      { ...SPRING, '.sdkmanrc': 'java=11.0.2-tem' },
      'maven:3.9-eclipse-temurin-11',
      'eclipse-temurin:11-jre',
    ],
    [
      '.tool-versions',
      { ...SPRING, '.tool-versions': 'java temurin-21.0.2+13.0.LTS' },
      'maven:3.9-eclipse-temurin-21',
      'eclipse-temurin:21-jre',
    ],
    [
      'the toolchain',
      { 'build.gradle': `${gradle('application')}java { toolchain { languageVersion = JavaLanguageVersion.of(17) } }` },
      'gradle:8-jdk17',
      'eclipse-temurin:17-jre',
    ],
    [
      'sourceCompatibility',
      { 'build.gradle': `${gradle('application')}sourceCompatibility = JavaVersion.VERSION_1_8` },
      'gradle:8-jdk8',
      'eclipse-temurin:8-jre',
    ],
    [
      'the wrapper’s Gradle',
      {
        'build.gradle': gradle('application'),
        'gradle/wrapper/gradle-wrapper.properties':
          'distributionUrl=https\\://services.gradle.org/distributions/gradle-9.1-bin.zip',
      },
      'gradle:9-jdk21',
      'eclipse-temurin:21-jre',
    ],
    [
      'a Gradle that knows that Java',
      { 'build.gradle': `${gradle('application')}kotlin { jvmToolchain(25) }` },
      'gradle:9-jdk25',
      'eclipse-temurin:25-jre',
    ],
  ])('%s', async (_what, tree, builder, runtime) => {
    expect(await imagesOf(tree as Tree)).toEqual([builder, runtime])
  })

  test('one without an image is the next that has one, and it is said', async () => {
    const { recipe, notes } = await choose({ ...SPRING, '.java-version': '19' })
    expect(recipe.dockerfile).toContain('temurin-21')
    expect(notes).toEqual(['Java 19 has no image: Java 21 is used.'])
    expect((await choose({ ...SPRING, '.java-version': '99' })).notes).toEqual([
      'Java 99 has no image: Java 21 is used.',
    ])
  })
})

describe('where it says that it is up', () => {
  const ACTUATOR = { 'pom.xml': pom(`<artifactId>spring-boot-starter-actuator</artifactId>${BOOT}`) }
  const properties = (text: string) => ({ 'src/main/resources/application.properties': text })
  const yaml = (text: string) => ({ 'src/main/resources/application.yml': text })

  test.each([
    ['the actuator', ACTUATOR, '/actuator/health'],
    [
      'below a path of its own',
      { ...ACTUATOR, ...yaml('server:\n  servlet:\n    context-path: /shop\n') },
      '/shop/actuator/health',
    ],
    ['not where it is moved', { ...ACTUATOR, ...properties('management.server.port=9000') }, '/'],
    ['not where it is moved in YAML', { ...ACTUATOR, ...yaml('management:\n  server:\n    port: 9000\n') }, '/'],
    ['the front page below a path', { ...SPRING, ...properties('server.servlet.context-path=/shop') }, '/shop/'],
    [
      'Quarkus',
      { 'build.gradle': `${gradle('io.quarkus')}implementation("io.quarkus:quarkus-smallrye-health")` },
      '/q/health',
    ],
  ])('%s', async (_what, tree, path) => {
    expect((await recipeFor(tree as Tree)).healthPath).toBe(path)
  })
})
