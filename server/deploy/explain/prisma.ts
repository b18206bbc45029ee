import type { Rule } from './rule.ts'

/** Prisma's client, engine and schema. */
export const prisma: Rule[] = [
  {
    name: 'prisma-not-generated',
    weight: 'cause',
    pattern:
      /@prisma\/client did not initialize yet|Cannot find module '\.prisma\/client|Module '"@prisma\/client"' has no exported member 'PrismaClient'/,
    message: 'Prisma’s client was not generated.',
    hint: 'Let package.json run it: "postinstall": "prisma generate", or build with “prisma generate && …”; keep prisma/schema.prisma in the repository.',
  },
  {
    name: 'prisma-engine',
    weight: 'cause',
    pattern:
      /could not locate the Query Engine for runtime "(?<target>[\w.-]{1,60})"|Query engine library for current platform "(?<target>[\w.-]{1,60})" could not be found/,
    message: 'Prisma’s engine for this image ({target}) was not made.',
    hint: 'Write binaryTargets = ["native", "{target}"] into the generator of schema.prisma, and push.',
  },
  {
    name: 'prisma-openssl',
    weight: 'cause',
    pattern:
      /Prisma engines do not seem to be compatible with your system|libssl\.so\.[\d.]{1,6}: cannot open shared object file|Unable to require\(`[^`\n]{0,150}query_engine/,
    message: 'Prisma’s engine finds no OpenSSL that it fits to.',
    hint: 'Update Prisma, or use a Dockerfile that installs openssl before prisma generate.',
  },
  {
    name: 'prisma-schema',
    stage: 'build',
    pattern: /Could not find (?:a )?Prisma Schema|Could not load `--schema`/i,
    message: 'Prisma finds no schema.',
    hint: 'Push prisma/schema.prisma. If a Dockerfile of yours installs packages first, copy the folder prisma before that.',
  },
]
