import { workApart } from './apart.ts'

/** A machine on an engine of its own: started by runApart, which hears what comes of it. */
let isStopped = false
const stop = () => {
  isStopped = true
}
process.on('message', stop).on('disconnect', stop).on('SIGINT', stop).on('SIGTERM', stop)

const send = (message: unknown) =>
  new Promise<void>((resolve) => void process.send?.(message, undefined, undefined, () => resolve()))

await workApart(JSON.parse(process.argv[2] ?? ''), () => isStopped, send)
process.exit()
