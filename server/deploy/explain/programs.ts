import type { Rule } from './rule.ts'

/** Programs and scripts that cannot be run. */
export const programs: Rule[] = [
  {
    name: 'windows-line-endings',
    weight: 'cause',
    pattern:
      /env: ['‘’"]?(?<program>[\w.-]{1,60})\\r['‘’"]?: No such file|\/bin\/\w{1,12}\^M: bad interpreter|\$'[^'\n]{0,60}\\r': command not found|set: Illegal option -\s*$/m,
    message: 'A script has Windows line endings, which are part of the program’s name here.',
    hint: 'Save it with LF line endings, add “*.sh text eol=lf” to .gitattributes, and push.',
  },
  {
    name: 'wrong-processor',
    weight: 'cause',
    pattern:
      /exec (?<file>[^\s:]{1,200}): exec format error|(?:^|\s)(?<file>[^\s:]{1,200}): cannot execute binary file|fork\/exec (?<file>[^\s:]{1,200}): exec format error|exec format error/i,
    message:
      'A program was made for another kind of processor than this machine’s, or is a script without a first line such as #!/bin/sh.',
    hint: 'Build it during the deploy instead of committing it, or give FROM the right --platform; begin a script with #!.',
  },
  {
    name: 'not-executable',
    pattern:
      /(?:^|\s)(?:\/bin\/)?(?:ba|a)?sh: (?:line )?(?:\d{1,5}: )?(?<file>[^\s:]{1,200}): Permission denied|exec: "(?<file>[^"\n]{1,200})": permission denied|FATAL tini \(\d{1,6}\)\] exec (?<file>[^\s]{1,200}) failed: Permission denied/im,
    message: '{file} may not be executed.',
    hint: 'Make it executable and push: git update-index --chmod=+x {file}. Or start it with its interpreter: sh {file}.',
  },
  {
    name: 'nothing-to-execute',
    pattern:
      /exec: "(?<file>[^"\n]{1,200})": (?:executable file not found in \$PATH|stat [^\s:]{1,200}: no such file or directory)|exec: (?:line \d{1,5}: )?(?<file>[^\s:]{1,100}): not found|FATAL tini \(\d{1,6}\)\] exec (?<file>[^\s/]{1,100}) failed: No such file/,
    message: 'The image has no program {file}, which it is to start with.',
    hint: 'Correct the start command, or CMD and ENTRYPOINT in the Dockerfile.',
  },
  {
    name: 'start-file-missing',
    weight: 'vague',
    pattern:
      /(?:^|\s)exec (?<file>\/[^\s:]{1,200}): no such file or directory|FATAL tini \(\d{1,6}\)\] exec (?<file>[^\s/]{0,100}\/[^\s]{1,200}) failed: No such file/m,
    message: '{file} cannot be started: it is not in the image, or its first line (#!) names a program that is not.',
    hint: 'Check the path. If it is a script, check that it has no Windows line endings and that its interpreter is installed.',
  },
  {
    name: 'husky',
    stage: 'build',
    pattern: /(?:^|\s)sh: (?:line )?(?:\d{1,5}: )?husky: (?:command )?not found/m,
    message: 'The prepare script of package.json runs husky, which is not installed for production.',
    hint: 'Write "prepare": "husky || true", and push.',
  },
  {
    name: 'build-program-missing',
    stage: 'build',
    weight: 'vague',
    pattern:
      /(?:^|\s)(?:\/bin\/)?(?:ba|a)?sh: (?:line )?(?:\d{1,5}: )?(?<program>[^\s:]{1,80}): (?:command )?not found/m,
    message: 'The build calls {program}, which is not installed.',
    hint: 'Add it to the dependencies of the project (npx or npm run find it then), or install it in a Dockerfile.',
  },
  {
    name: 'start-program-missing',
    stage: 'start',
    weight: 'vague',
    pattern:
      /(?:^|\s)(?:\/bin\/)?(?:ba|a)?sh: (?:line )?(?:\d{1,5}: )?(?<program>[^\s:]{1,80}): (?:command )?not found/m,
    message: 'The start command calls {program}, which is not installed in the image.',
    hint: 'If it stands in devDependencies, move it to dependencies: only those are kept. Else correct the start command in the settings.',
  },
]
