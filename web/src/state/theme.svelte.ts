export type Choice = 'system' | 'light' | 'dark'
const KEY = 'slipway.theme'
const system = matchMedia('(prefers-color-scheme: dark)')

const stored = (): Choice => {
  const choice = localStorage.getItem(KEY)
  return choice === 'light' || choice === 'dark' ? choice : 'system'
}

/** Light or dark: as the system says, or as chosen. public/theme.js applies the same before the first paint. */
class Theme {
  choice = $state<Choice>(stored())
  #systemIsDark = $state(system.matches)
  readonly isDark = $derived(this.choice === 'dark' || (this.choice === 'system' && this.#systemIsDark))

  constructor() {
    system.addEventListener('change', ({ matches }) => {
      this.#systemIsDark = matches
      this.#apply()
    })
  }

  choose(choice: Choice): void {
    this.choice = choice
    if (choice === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, choice)
    this.#apply()
  }

  #apply(): void {
    document.documentElement.dataset.theme = this.isDark ? 'dark' : 'light'
  }
}

export const theme = new Theme()
