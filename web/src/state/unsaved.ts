let count = 0

/** Whether the page holds something that would be lost with it. */
export const hasUnsaved = () => count > 0

/** Notes that the page holds something unsaved. Answers the function that ends it. */
export function holdUnsaved(): () => void {
  count += 1
  return () => {
    count -= 1
  }
}
