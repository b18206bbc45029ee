import { pipeline } from '../../server/deploy/pipeline.ts'

/** The names of the pipeline's steps, and of those with an outside effect that a delete reverts. */
export const stepNames = pipeline.map((step) => step.name)

/** The deploy key's is only there with such a key: see github-keys.test.ts. */
const WITHOUT_EFFECT = new Set(['add-deploy-key', 'choose-template', 'await-health', 'prove-live', 'retire-previous'])
export const effectSteps = stepNames.filter((name) => !WITHOUT_EFFECT.has(name))
