import { type Piece, parseLine } from '../web/src/logs/ansi.ts'

/**
 * Everything that is printed goes through here: apps, commits and errors may hold any character, and must not be able to
 * move the cursor, set the title or write to the clipboard. Colours and weights are read from the text and written anew,
 * and only for a terminal that wants them; all else of control is dropped or spelt out, as in the admin page.
 */
export const render = (text: string, isColoured: boolean): string =>
  text
    .split('\n')
    .map((line) =>
      parseLine(line, Number.POSITIVE_INFINITY)
        .pieces.map((it) => paint(it, isColoured))
        .join(''),
    )
    .join('\n')

const paint = ({ text, look }: Piece, isColoured: boolean) =>
  isColoured && look !== '' ? `\u001b[${look.split(' ').map(codeOf).join(';')}m${text}\u001b[0m` : text

const CODES: Record<string, number> = { b: 1, d: 2, i: 3, u: 4, mark: 7 }
/** `c0` to `c7` are the eight colours; black would be seen by nobody on black, and is left to the terminal. */
const codeOf = (look: string) => CODES[look] ?? (look === 'c0' ? 39 : 30 + Number(look.slice(1)))

const styled = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`
export const bold = styled(1)
export const dim = styled(2)
export const red = styled(31)
export const green = styled(32)
export const yellow = styled(33)

/** JSON with what a terminal would act on, or show the wrong way round, as escapes; the value is the same. */
export const renderJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
