import { Command, InvalidArgumentError } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import * as act from './commands/act.ts'
import * as backup from './commands/backup.ts'
import { deleteApp } from './commands/delete.ts'
import { deploy, plan } from './commands/deploy.ts'
import { listEnv, type SetOptions, setEnv, unsetEnv } from './commands/env.ts'
import * as session from './commands/login.ts'
import { logs } from './commands/logs.ts'
import * as look from './commands/look.ts'
import { type Context, contextOf, type Surroundings } from './context.ts'
import { wrongUsage } from './failure.ts'

const APP = ['<app>', 'its subdomain or id'] as const
const WAIT = ['-w, --wait', 'until it is done; exit 1 when it failed'] as const

const collect = (value: string, all: string[] = []) => [...all, value]

function readNumber(typed: string): number {
  if (/^[1-9]\d{0,8}$/.test(typed)) return Number(typed)
  throw new InvalidArgumentError('A release is a number, such as 3.')
}

/** All that can be typed. Throws CommanderError for what cannot, and Failure for what does not work. */
export function createProgram(surroundings: Surroundings): Command {
  const program = new Command('slipway')
    .description('Puts repositories on subdomains of your own machine.')
    .version(manifest.version)
    .option('--json', 'answer in JSON, errors as well, with nothing else on stdout')
    .option('--insecure', 'send the token over plain HTTP to another machine')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
    .addHelpText('after', EXPLANATION)
  /** Arguments and options as they are declared; commander hands over itself as the last. */
  const run =
    <A extends unknown[]>(work: (context: Context, ...given: A) => Promise<void>) =>
    (...given: unknown[]) =>
      work(contextOf(surroundings, given.at(-1) as Command), ...(given.slice(0, -1) as A))

  addSession(program, run)
  addDeploy(program, run)
  addLooks(program, run)
  addEnv(program, run)
  addActions(program, run)
  addBackups(program, run)
  return program
}

type Run = <A extends unknown[]>(
  work: (context: Context, ...given: A) => Promise<void>,
) => (...given: unknown[]) => Promise<void>

function addSession(program: Command, run: Run): void {
  program
    .command('login <url>')
    .description('log in to a Slipway: asks for user name and password, and keeps an API token of its own')
    .option('-u, --username <name>', 'with a password on stdin where there is no terminal')
    .option('--token', 'with an API token that there is: asks for it, or reads it from stdin')
    .action(run(session.logIn))
  program
    .command('logout')
    .description('forget the token of this machine, and end it if login made it')
    .action(run(session.logOut))
  program.command('whoami').description('who is logged in, and where').action(run(session.whoAmI))
}

function addDeploy(program: Command, run: Run): void {
  withRepository(program.command('deploy').description('deploy a repository as a new app'))
    .option(...WAIT)
    .action(run(deploy))
  withRepository(program.command('plan').description('what a deploy would make; nothing is made')).action(run(plan))
}

const withRepository = (command: Command): Command =>
  withFiles(
    command
      .argument('<repo>', 'owner/name, or an address of it')
      .option('-s, --subdomain <name>', 'where it is reached; by default from the name of the repository')
      .option('-b, --branch <name>', 'by default the default branch')
      .option('--root-dir <folder>', 'the folder of the app in the repository')
      .option('--name <name>', 'how the app is called')
      .option('--template <name>', 'how it is built, instead of what the repository says')
      .option('-e, --env <KEY=value>', 'a variable; KEY alone takes the value it has here; can be repeated', collect)
      .option('--secret <KEY=value>', 'a secret one: masked in lists and logs; KEY alone keeps it out of ps', collect),
  )

const withFiles = (command: Command): Command =>
  command
    .option('--env-file <file>', 'variables from a file, - for stdin', collect)
    .option('--secret-file <file>', 'secret ones from a file, - for stdin', collect)

function addLooks(program: Command, run: Run): void {
  program.command('list').description('all apps').action(run(look.list))
  program
    .command('show')
    .argument(...APP)
    .description('one app and its releases')
    .action(run(look.show))
  program
    .command('logs')
    .argument(...APP)
    .description('what an app prints, from its last 1000 lines on')
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .option('--build', 'what its build printed')
    .option('--release <number>', 'of that release', readNumber)
    .action(run(logs))
  program
    .command('doctor')
    .description('what is wrong on the machine, with the remedy; exit 1 when something is')
    .option('--repair', 'apply the remedies that are safe, first')
    .action(run(look.doctor))
}

function addEnv(program: Command, run: Run): void {
  type Action = (context: Context, app: string, typed: string[], options: SetOptions) => Promise<void>
  const actions: Record<string, Action> = {
    list: listEnv,
    set: setEnv,
    unset: unsetEnv,
  }
  const command = program
    .command('env')
    .argument(...APP)
    .argument('[action]', 'list, set or unset', 'list')
    .argument('[variables...]', 'KEY=value to set, KEY to unset')
    .description('its variables; a change deploys it with them')
    .option('--secret', 'those that are set are secret')
    .option('--later', 'deploy nothing now: the next push or redeploy takes the change along')
    .option(...WAIT)
  withFiles(command).action(
    run((context, app: string, action: string, typed: string[], options: SetOptions) => {
      const work = Object.hasOwn(actions, action) ? actions[action] : undefined
      if (work) return work(context, app, typed, options)
      throw wrongUsage('What is to be done with the variables?', `For example: slipway env ${app} set KEY=value`)
    }),
  )
}

function addActions(program: Command, run: Run): void {
  const on = (name: string, description: string) =>
    program
      .command(name)
      .argument(...APP)
      .description(description)
  on('redeploy', 'deploy its newest commit')
    .option('--rebuild', 'build everything anew, base image and dependencies with it')
    .option(...WAIT)
    .action(run(act.redeploy))
  on('rollback', 'deploy an earlier release again, without a build')
    .option('--release <number>', 'by default the one before', readNumber)
    .option(...WAIT)
    .action(run(act.rollback))
  for (const kind of ['stop', 'start', 'restart'] as const)
    on(kind, `${kind} it`)
      .option(...WAIT)
      .action(run((context, app: string, options: act.WaitOptions) => act.switchApp(context, kind, app, options)))
  on('cancel', 'end the deploy that is on its way').action(
    run((context, app: string) => act.send(context, 'cancel', app)),
  )
  on('retry', 'try again what failed or got stuck').action(
    run((context, app: string) => act.send(context, 'retry', app)),
  )
  on('delete', 'delete it, and all that it made')
    .option('-y, --yes', 'without asking')
    .option('--keep-volumes', 'its data stays')
    .option(...WAIT)
    .action(run(deleteApp))
}

function addBackups(program: Command, run: Run): void {
  const command = program.command('backup').description('backups of all apps, their data and all settings')
  const on = (name: string, description: string) => command.command(name).description(description)
  on('list', 'the backups, and when the next one is due').action(run(backup.list))
  on('now', 'make one')
    .option(...WAIT)
    .action(run(backup.make))
  on('download', 'fetch the file of one, encrypted as it is')
    .argument('<backup>', 'its id, or the beginning of it; “latest” for the newest')
    .option('-o, --output <file>', 'by default its own name, here')
    .action(run(backup.download))
  on('delete', 'delete one with its file')
    .argument('<backup>', 'its id, or the beginning of it')
    .option('-y, --yes', 'without asking')
    .action(run(backup.remove))
  on('confirm', 'say that all is there after a restore, so that Slipway removes things again').action(
    run(backup.confirm),
  )
}

const EXPLANATION = `
Exit codes: 0 good, 1 refused or failed, 2 wrong usage, 69 Slipway does not answer.
SLIPWAY_URL and SLIPWAY_TOKEN in the environment win over what login stored.`
