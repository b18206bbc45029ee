/** Whether the command palette is open: the shortcut, the search button and the palette itself share it. */
export const palette = $state({ isOpen: false })
