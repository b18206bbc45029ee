import { chooseRecipe } from '../../templates/detect.ts'
import { defineStep } from '../step.ts'

/** Decides how the image is built and how the app is reached, and records it. No outside effect. */
export const chooseTemplate = defineStep({
  name: 'choose-template',
  phase: 'building',
  until: 'deployed',
  async apply(ctx) {
    const { catalog, checkout, env, release, say } = ctx
    if (release.imageFrom !== null) return
    const recipe = await chooseRecipe(catalog, checkout, release.inputs, env)
    say(`Building with ${recipe.dockerfilePath ?? `the ${recipe.template} template`}`, 'step')
    await ctx.remember({ recipe })
  },
})
