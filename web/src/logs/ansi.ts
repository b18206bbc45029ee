import { PLAIN, restyle } from './sgr.ts'

/**
 * A line as programs print it, made safe to show: colours and weights of SGR sequences stay, every other sequence
 * (OSC 8 and 52, titles, cursor movement, bells) goes, and what would be invisible or turn the text around is spelt out.
 */

/** Text of one look. `look` is a list of class names: `c0`–`c7` (token --ansi-N), `b`, `d`, `i`, `u`, `mark`. */
export type Piece = { text: string; look: string }
/** `more` counts the characters that are not shown. */
type ShownLine = { pieces: Piece[]; more: number }

/** A longer line is cut where it is shown: laying out a megabyte in one line would freeze the page. */
export const MOST_SHOWN = 10_000

const CONTROL = String.raw`\u0000-\u0008\u000a-\u001f\u007f-\u009f`
/** Soft hyphens, joiners, direction marks and overrides, line separators, fillers, tags: seen by nobody, but in the text. */
const INVISIBLE = String.raw`\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}`
const LONE_SURROGATE = String.raw`\ud800-\udfff`
const JOINER_IN_EMOJI = String.raw`(?<=[\p{Extended_Pictographic}\u{1f3fb}-\u{1f3ff}\ufe0f])\u200d(?=\p{Extended_Pictographic})`

/** No alternative can fail after a long way and be tried again from the next character: the time is linear. */
const TOKEN = new RegExp(
  [
    String.raw`(?:\u001b\[|\u009b)(?<parameters>[0-?]*)[ -/]*(?<final>[@-~])?`,
    String.raw`\u001b[\]PX^_][^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?`,
    String.raw`[\u0090\u0098\u009d-\u009f][^\u0007\u001b\u0090\u0098\u009c-\u009f]*(?:\u0007|\u001b\\|\u009c)`,
    String.raw`\u001b[ -/]*[0-~]?`,
    `(?<kept>${JOINER_IN_EMOJI})`,
    `(?<control>[${CONTROL}])`,
    `(?<invisible>[${INVISIBLE}])`,
    `(?<broken>[${LONE_SURROGATE}])`,
  ].join('|'),
  'gu',
)
const SPECIAL = new RegExp(`[${CONTROL}${INVISIBLE}${LONE_SURROGATE}]`, 'u')

/** Most lines are plain; asking costs a fraction of taking one apart. */
const isPlain = (raw: string) => !SPECIAL.test(raw)

/** The line in pieces, at most `most` characters of it. */
export function parseLine(raw: string, most = MOST_SHOWN): ShownLine {
  return cut(isPlain(raw) ? [{ text: raw, look: '' }] : takeApart(raw), most)
}

/** What can be read of the line, whole: the text that is searched, copied and downloaded. */
export const printable = (raw: string): string =>
  isPlain(raw)
    ? raw
    : takeApart(raw)
        .map((it) => it.text)
        .join('')

/** A terminal goes back at `\r` and writes over the line: of a progress bar only the last state stays. */
function takeApart(raw: string): Piece[] {
  let pieces: Piece[] = []
  let style = PLAIN
  let wentBack = false
  let from = 0

  const add = (text: string, look: string) => {
    if (text === '') return
    if (wentBack) pieces = []
    wentBack = false
    const last = pieces.at(-1)
    if (last?.look === look) last.text += text
    else pieces.push({ text, look })
  }

  for (const { 0: token, index, groups = {} } of raw.matchAll(TOKEN)) {
    add(raw.slice(from, index), style.look)
    from = index + token.length
    if (groups.final === 'm') style = restyle(style, groups.parameters ?? '')
    else if (groups.control === '\r') wentBack = true
    else if (groups.kept) add(groups.kept, style.look)
    else if (groups.invisible) add(spelt(groups.invisible), 'mark')
    else if (groups.broken) add('\ufffd', style.look)
  }
  add(raw.slice(from), style.look)
  return pieces
}

const spelt = (character: string) =>
  `⟨U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`

function cut(pieces: Piece[], most: number): ShownLine {
  const shown: Piece[] = []
  let room = most
  let more = 0
  for (const { text, look } of pieces) {
    const head = text.length <= room ? text : text.slice(0, wholeUpTo(text, room))
    if (head !== '') shown.push({ text: head, look })
    more += text.length - head.length
    room = more > 0 ? 0 : room - head.length
  }
  return { pieces: shown, more }
}

/** A character of two units is not torn. */
const wholeUpTo = (text: string, end: number) => {
  const unit = end > 0 ? text.charCodeAt(end - 1) : 0
  return unit >= 0xd800 && unit <= 0xdbff ? end - 1 : end
}
