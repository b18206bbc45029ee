import { defineStep } from '../step.ts'

/** While nothing serves yet, visitors of the new address read "being deployed" instead of "unknown". */
export const holdHostname = defineStep({
  name: 'hold-hostname',
  phase: 'building',
  until: 'deployed',
  effects: ({ hostname, live, nginx }) =>
    live === undefined && nginx.mode !== 'off' ? [{ kind: 'holding-page', name: hostname }] : [],
  async apply({ deployment, hostname, live, nginx }) {
    if (live === undefined) await nginx.hold(hostname, deployment.id)
  },
  revert: ({ hostname, nginx }) => nginx.unhold(hostname),
  inspect: ({ nginx }, { name }) => nginx.holds(name),
})
