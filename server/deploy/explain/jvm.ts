import type { Rule } from './rule.ts'

/** Java, Kotlin, Maven and Gradle. */
export const jvm: Rule[] = [
  {
    name: 'java-version',
    pattern:
      /(?:invalid target|invalid source) release: (?<wanted>\d{1,2})|release version (?<wanted>\d{1,2}) not supported|compiled by a more recent version of the Java Runtime \(class file version (?<file>\d{2})|Unsupported class file major version (?<file>\d{2})|Cannot find a Java installation[^\n]{0,120}languageVersion=(?<wanted>\d{1,2})|No matching toolchains found for requested specification: \{languageVersion=(?<wanted>\d{1,2})/,
    message: 'It is written for another Java than the one that is used.',
    hint: 'Name the version in pom.xml (java.version), in the toolchain of build.gradle, or in .java-version or system.properties, and push. In a Dockerfile, change FROM.',
  },
  {
    name: 'gradle-wrapper',
    stage: 'build',
    pattern:
      /Could not find or load main class org\.gradle\.wrapper\.GradleWrapperMain|Unable to access jarfile [^\n]{0,100}gradle-wrapper\.jar/,
    message: 'gradle/wrapper/gradle-wrapper.jar is not in the repository.',
    hint: 'Push it (git add -f gradle/wrapper/gradle-wrapper.jar): a rule for *.jar in .gitignore often hides it.',
  },
  {
    name: 'maven-wrapper',
    stage: 'build',
    pattern:
      /Could not find or load main class org\.apache\.maven\.wrapper|cannot open [^\n]{0,60}maven-wrapper\.properties/,
    message: 'The folder .mvn/wrapper is not in the repository.',
    hint: 'Push it (git add -f .mvn/wrapper), or take away mvnw.',
  },
  {
    name: 'java-dependency',
    stage: 'build',
    pattern:
      /Could not (?:resolve dependencies for project|find artifact (?<artifact>[\w.:-]{1,150}))|> Could not find (?<artifact>[\w.-]{1,80}:[\w.:-]{1,80})\./,
    message: 'A dependency was not found in the repositories that the build asks[[: {artifact}]].',
    hint: 'Check its version, and the repositories in pom.xml or build.gradle. A private one needs its name and token as variables for the build.',
  },
  {
    name: 'java-compile',
    stage: 'build',
    weight: 'vague',
    pattern:
      /COMPILATION ERROR|Compilation failed; see the compiler (?:error )?output|Execution failed for task ':(?<task>compile\w{1,40})'/,
    message: 'The sources do not compile; the log names the file and the line.',
    hint: 'Run the build on your machine, mend what it says, and push.',
  },
  {
    name: 'java-manifest',
    stage: 'start',
    pattern: /no main manifest attribute, in (?<file>[^\s]{1,150})|Unable to access jarfile (?<file>[^\s]{1,150})/,
    message: '{file} cannot be started: it is not there, or it is no program by itself.',
    hint: 'Build a jar that runs (spring-boot-maven-plugin, bootJar, the shadow plugin), and start that one.',
  },
]
