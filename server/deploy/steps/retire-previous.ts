import { defineStep } from '../step.ts'

/** The releases before this one go: container, network, port. Their images stay for rollback, five of them. */
export const retirePrevious = defineStep({
  name: 'retire-previous',
  phase: 'deploying',
  until: 'deployed',
  apply: (ctx) => ctx.retireOthers(),
})
