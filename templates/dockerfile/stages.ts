/** Nobody makes a stage from a stage from a stage more often. */
const MAX_DEPTH = 50

export type Stage = {
  /** The name after AS, in lower case as Docker compares them; '' without one. */
  name: string
  /** What FROM names: an image, or an earlier stage. */
  base: string
  /** The TCP ports of EXPOSE that are written as numbers, in their order. */
  ports: number[]
}

/**
 * The stages of a Dockerfile, as far as its text says them (docs.docker.com/reference/dockerfile: instructions end with
 * their line unless it ends with the escape character; names and instructions know no case).
 */
export function readStages(dockerfile: string): Stage[] {
  const stages: Stage[] = []
  for (const [, instruction = '', rest = ''] of instructionsOf(dockerfile)) {
    if (instruction.toUpperCase() === 'FROM') stages.push(readFrom(rest))
    else if (instruction.toUpperCase() === 'EXPOSE') stages.at(-1)?.ports.push(...readPorts(rest))
  }
  return stages
}

function instructionsOf(dockerfile: string) {
  const lines = dockerfile.replace(/^\uFEFF/, '').split(/\r?\n/)
  const first = lines.findIndex((line) => !/^[ \t]*(#|$)/.test(line))
  const isBacktick = lines.slice(0, first).some((line) => /^[ \t]*#[ \t]*escape[ \t]*=[ \t]*`/i.test(line))
  return lines
    .filter((line) => !/^[ \t]*#/.test(line))
    .join('\n')
    .replace(isBacktick ? /`[ \t]*\n/g : /\\[ \t]*\n/g, ' ')
    .matchAll(/^[ \t]*([A-Za-z]+)[ \t]+(.*)$/gm)
}

function readFrom(text: string): Stage {
  const [base = '', as = '', name = ''] = text.split(/\s+/).filter((word) => !word.startsWith('--'))
  return { base, name: as.toUpperCase() === 'AS' ? name.toLowerCase() : '', ports: [] }
}

const readPorts = (text: string) =>
  text.split(/\s+/).flatMap((word) => {
    const port = /^(\d{1,5})(?:\/tcp)?$/i.exec(word)?.[1]
    return port === undefined ? [] : [Number(port)]
  })

/** The stage that is built: the named one, or the last. */
export const findStage = (stages: Stage[], target: string | undefined): Stage | undefined =>
  target === undefined ? stages.at(-1) : stages.find((it) => it.name === target.toLowerCase())

/** The ports of a stage and of the earlier stages it is made from, its own first. */
export function portsOf(stages: Stage[], stage: Stage, depth = 0): number[] {
  const earlier = stages.slice(0, stages.indexOf(stage))
  const parent = earlier.findLast((it) => it.name !== '' && it.name === stage.base.toLowerCase())
  return [...stage.ports, ...(parent && depth < MAX_DEPTH ? portsOf(stages, parent, depth + 1) : [])]
}
