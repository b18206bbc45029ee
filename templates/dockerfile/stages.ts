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
  const escapeCharacter = /^\s*#\s*escape\s*=\s*`/im.test(dockerfile.split(/^\s*[^#\s]/m)[0] ?? '') ? '`' : '\\\\'
  const lines = dockerfile.replace(/^\uFEFF/, '').replace(/^\s*#.*(\r?\n|$)/gm, '')
  return lines
    .replace(new RegExp(`${escapeCharacter}[ \\t]*\\r?\\n`, 'g'), ' ')
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
export function portsOf(stages: Stage[], stage: Stage): number[] {
  const earlier = stages.slice(0, stages.indexOf(stage))
  const parent = earlier.findLast((it) => it.name !== '' && it.name === stage.base.toLowerCase())
  return [...stage.ports, ...(parent ? portsOf(stages, parent) : [])]
}
