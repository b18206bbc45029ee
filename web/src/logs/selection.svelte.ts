import { indexOfSeq, type Line } from './line.ts'

/** Rows that a selection keeps in the document; a longer one loses its beginning. */
const MOST_HELD = 3000

/**
 * While text is selected, the rows from the one where it began stay in the document when they are scrolled out of view:
 * without it the selection would be gone. `from` and `end` say how far the rows must reach, `inView` being where they do.
 */
export function heldRows(scroller: () => HTMLElement | undefined) {
  let seqs = $state.raw<[number, number]>()

  $effect(() => {
    const changed = () => {
      seqs = selectedIn(scroller())
    }
    document.addEventListener('selectionchange', changed)
    return () => document.removeEventListener('selectionchange', changed)
  })

  const within = (index: number, inView: number) => (Math.abs(index - inView) <= MOST_HELD ? index : inView)
  return {
    from: (lines: readonly Line[], inView: number) => (seqs ? within(indexOfSeq(lines, seqs[0]), inView) : inView),
    end: (lines: readonly Line[], inView: number) => (seqs ? within(indexOfSeq(lines, seqs[1]) + 1, inView) : inView),
  }
}

/** The lowest and the highest number of the selected lines. */
function selectedIn(scroller: HTMLElement | undefined): [number, number] | undefined {
  const selection = getSelection()
  if (!scroller || !selection || selection.isCollapsed) return undefined
  const seqs = [selection.anchorNode, selection.focusNode].map((node) => seqOf(node, scroller))
  const known = seqs.filter((it) => it !== undefined)
  return known.length === 0 ? undefined : [Math.min(...known), Math.max(...known)]
}

function seqOf(node: Node | null, scroller: HTMLElement): number | undefined {
  const element = node instanceof Element ? node : node?.parentElement
  const row = scroller.contains(element ?? null) ? element?.closest<HTMLElement>('[data-seq]') : undefined
  return row ? Number(row.dataset.seq) : undefined
}
