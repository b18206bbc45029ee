import type { Rule } from './rule.ts'

/** Parts in C, C++ or Rust that are compiled during the build, or were for another system. */
export const native: Rule[] = [
  {
    name: 'node-gyp-python',
    stage: 'build',
    weight: 'cause',
    pattern: /gyp ERR! find Python|Could not find any Python installation to use/,
    message:
      'A package is compiled during the installation (node-gyp), and the image that builds has no Python for that.',
    hint: 'Use a newer version of the package that comes compiled, or a Dockerfile that installs python3, make and g++ first.',
  },
  {
    name: 'node-gyp-compiler',
    stage: 'build',
    weight: 'cause',
    pattern:
      /gyp ERR! stack Error: not found: (?:make|g\+\+|cc)|(?:^|\s)(?:\/bin\/)?(?:ba|a)?sh: (?:line )?(?:\d{1,5}: )?(?<program>make|gcc|g\+\+|cc|c\+\+|cmake|pkg-config|autoconf): (?:command )?not found|make: (?<program>g\+\+|gcc|cc|c\+\+): (?:No such file or directory|Command not found)|(?:unable to execute|command) '(?<program>(?:x86_64-linux-gnu-|aarch64-linux-gnu-)?gcc)'[:\s](?:No such file|failed)|linker `(?<program>cc)` not found|No CMAKE_CXX_COMPILER could be found/m,
    message: 'Something is compiled during the build, and the image that builds has no compiler or tool for it.',
    hint: 'Use a version of the package that comes compiled, or a Dockerfile that installs build-essential (Debian) or build-base (Alpine).',
  },
  {
    name: 'pg-config',
    stage: 'build',
    weight: 'cause',
    pattern: /pg_config executable not found|libpq-fe\.h: No such file/,
    message:
      'A client for PostgreSQL (psycopg2, pg) is compiled during the build, and PostgreSQL’s headers are not there.',
    hint: 'For Python, require psycopg2-binary instead of psycopg2. Else use a Dockerfile that installs libpq-dev.',
  },
  {
    name: 'mysql-config',
    stage: 'build',
    weight: 'cause',
    pattern:
      /mysql_config(?: executable)?:? (?:command )?not found|mysql_config not found|Can not find valid pkg-config name|mysql\.h: No such file/,
    message: 'A client for MySQL (mysqlclient) is compiled during the build, and MySQL’s headers are not there.',
    hint: 'Require PyMySQL instead, or use a Dockerfile that installs default-libmysqlclient-dev, pkg-config and build-essential.',
  },
  {
    name: 'header-missing',
    stage: 'build',
    pattern: /fatal error: (?<header>[\w./+-]{1,100}\.h(?:pp)?): No such file or directory/,
    message: 'Something is compiled during the build, and the header {header} is not there.',
    hint: 'Use a version of the package that comes compiled, or a Dockerfile that installs the package with that header (Python.h: python3-dev).',
  },
  {
    name: 'library-missing',
    pattern: /(?<library>lib[\w.+-]{1,60}\.so(?:\.\d{1,4}){0,4}): cannot open shared object file/,
    message: 'The system library {library} is not in the image.',
    hint: 'Use a Dockerfile that installs the package with {library}.',
  },
  {
    name: 'glibc',
    pattern: /version [`'‘]?(?<version>GLIBC(?:XX)?_[\d.]{1,12})['’]? not found/,
    message: 'A program needs {version}, which is newer than the system of the image.',
    hint: 'Compile it during the build, on the image that it runs on, or take a newer base image.',
  },
  {
    name: 'other-system',
    pattern:
      /invalid ELF header|was compiled against a different Node\.js version|Exec format error[^\n]{0,80}node_modules|You installed esbuild for another platform/,
    weight: 'cause',
    message: 'node_modules holds parts that were compiled for another system or another Node.',
    hint: 'Take node_modules out of the repository (git rm -r --cached node_modules, and add it to .gitignore and .dockerignore).',
  },
  {
    name: 'optional-dependency',
    pattern:
      /Cannot find module ['"]?(?<package>@[\w-]{1,60}\/[\w.-]{0,60}linux-[\w-]{1,40})|Cannot find module '[^'\n]{0,80}\/(?<package>[\w-]{1,60}\.linux-[\w-]{1,40}\.node)'|The package "(?<package>@esbuild\/linux-[\w-]{1,40})" could not be found|Could not load the "(?<package>sharp)" module using the linux/,
    weight: 'cause',
    message: 'The lock file was written on another system and leaves out {package}, which Linux needs.',
    hint: 'Delete node_modules and package-lock.json, run npm install, and push the new lock file.',
  },
]
