import { stored } from '../state/stored.svelte.ts'

const SWITCH = ['off', 'on'] as const
const wrap = stored('slipway.logs.wrap', SWITCH, 'off')
const times = stored('slipway.logs.times', SWITCH, 'off')

/** How logs are shown, kept in this browser. */
export const preferences = {
  get wrap(): boolean {
    return wrap.value === 'on'
  },
  set wrap(value: boolean) {
    wrap.value = value ? 'on' : 'off'
  },
  get times(): boolean {
    return times.value === 'on'
  },
  set times(value: boolean) {
    times.value = value ? 'on' : 'off'
  },
}
