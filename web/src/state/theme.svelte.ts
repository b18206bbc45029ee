import { stored } from './stored.svelte.ts'

export const themeChoices = ['system', 'light', 'dark'] as const
export type Choice = (typeof themeChoices)[number]
const system = matchMedia('(prefers-color-scheme: dark)')

/** Light or dark: as the system says, or as chosen. public/theme.js applies the same before the first paint. */
class Theme {
  readonly #stored = stored<Choice>('slipway.theme', themeChoices, 'system')
  #systemIsDark = $state(system.matches)
  readonly isDark = $derived(this.choice === 'dark' || (this.choice === 'system' && this.#systemIsDark))

  constructor() {
    system.addEventListener('change', ({ matches }) => {
      this.#systemIsDark = matches
      this.#apply()
    })
  }

  get choice(): Choice {
    return this.#stored.value
  }

  choose(choice: Choice): void {
    this.#stored.value = choice
    this.#apply()
  }

  #apply(): void {
    document.documentElement.dataset.theme = this.isDark ? 'dark' : 'light'
  }
}

export const theme = new Theme()
