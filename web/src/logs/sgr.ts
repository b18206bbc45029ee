/**
 * SGR (“Select Graphic Rendition”, ECMA-48 8.3.117): what `ESC [ … m` asks for, as far as it can be shown on our tokens
 * with enough contrast. Backgrounds, inverse, hidden and blinking text are left out for that reason.
 */

type Style = {
  colour: number | undefined
  bold: boolean
  dim: boolean
  italic: boolean
  underline: boolean
  look: string
}

const NONE = { colour: undefined, bold: false, dim: false, italic: false, underline: false }
export const PLAIN: Style = { ...NONE, look: '' }

/** Parameters in colon form belong together (`38:2::255:0:0`, `4:3`); semicolons part them. */
export function restyle(before: Style, parameters: string): Style {
  const style = { ...before }
  const codes = parameters.split(';').map((it) => it.split(':').map(Number))
  for (let at = 0; at < codes.length; at++) {
    const [code = 0, ...sub] = codes[at] ?? []
    if (code === 38 || code === 48) {
      const rest = sub.length > 0 ? withoutColourSpace(sub) : codes.slice(at + 1, at + 5).map(([it = 0]) => it)
      if (code === 38) paint(style, extended(rest))
      if (sub.length === 0) at += rest[0] === 2 ? 4 : 2
    } else apply(style, code, sub)
  }
  return { ...style, look: lookOf(style) }
}

function apply(style: Style, code: number, sub: number[]): void {
  if (code === 0) Object.assign(style, NONE)
  else if (code === 1) style.bold = true
  else if (code === 2) style.dim = true
  else if (code === 3) style.italic = true
  else if (code === 4) style.underline = sub[0] !== 0
  else if (code === 21) style.underline = true
  else if (code === 22) Object.assign(style, { bold: false, dim: false })
  else if (code === 23) style.italic = false
  else if (code === 24) style.underline = false
  else if (code === 39) style.colour = undefined
  else if (code >= 30 && code <= 37) style.colour = code - 30
  else if (code >= 90 && code <= 97) paint(style, code - 90 + 8)
}

/** Of the sixteen: bright ones are the same, bold; bright black is grey, and bright white is the colour of text. */
function paint(style: Style, colour: number | undefined): void {
  if (colour === undefined) return
  if (colour === 8) style.colour = 7
  else if (colour === 15) style.colour = 0
  else style.colour = colour % 8
  if (colour > 8) style.bold = true
}

/** `5;n` of the palette, `2;r;g;b` free: the nearest of the sixteen. */
function extended([kind, ...values]: number[]): number | undefined {
  const [first = 0, green = 0, blue = 0] = values
  if (kind === 2) return nearest(first, green, blue)
  if (kind !== 5 || !(first >= 0 && first <= 255)) return undefined
  if (first < 16) return first
  if (first >= 232) return first >= 250 ? 0 : 7
  const level = (power: number) => Math.floor((first - 16) / power) % 6
  return nearest(level(36) * 51, level(6) * 51, level(1) * 51)
}

/** By hue: the channels above the middle make the number, as red, green and blue are 1, 2 and 4 in ANSI. */
function nearest(red: number, green: number, blue: number): number | undefined {
  const [most, least] = [Math.max(red, green, blue), Math.min(red, green, blue)]
  if (!(most - least > 48)) return most > 64 && most < 240 ? 7 : 0
  const middle = (most + least) / 2
  return Number(red > middle) + 2 * Number(green > middle) + 4 * Number(blue > middle)
}

const withoutColourSpace = (sub: number[]) => (sub[0] === 2 && sub.length > 4 ? [2, ...sub.slice(2)] : sub)

const lookOf = ({ colour, bold, dim, italic, underline }: Style) =>
  [colour === undefined ? '' : `c${colour}`, bold && 'b', dim && 'd', italic && 'i', underline && 'u']
    .filter(Boolean)
    .join(' ')
