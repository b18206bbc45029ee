import { cacheOf } from '../../cache-name.ts'
import { chooseRecipe } from '../../templates/detect.ts'
import { defineStep } from '../step.ts'

/** Decides how the image is built and how the app is reached, and records it. No outside effect. */
export const chooseTemplate = defineStep({
  name: 'choose-template',
  phase: 'building',
  until: 'deployed',
  async apply(ctx) {
    const { catalog, checkout, deployment, env, release, say } = ctx
    if (release.imageFrom !== null) return
    const cache = cacheOf(release.inputs, deployment.pullRequest)
    const { recipe, notes } = await chooseRecipe(catalog, checkout, { ...release.inputs, cache }, env)
    say(`Building ${recipe.framework} with ${recipe.dockerfilePath ?? `the ${recipe.template} template`}`, 'step')
    for (const note of notes) say(note)
    for (const [name, command] of Object.entries(recipe.commands)) say(`${name}: ${command}`)
    await ctx.remember({ recipe })
  },
})
