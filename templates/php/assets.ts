import type { PlanRequest } from '../../server/templates/template-plan.ts'
import { type Assets, planAssets } from '../node/assets.ts'

/**
 * Assets are built beside PHP and the packages, because the builds of today look into both: styles of packages, routes by
 * artisan. Packages for Node that lie in vendor/ (Symfony UX) are installed there as well.
 */
export async function assetsOf(request: PlanRequest): Promise<Assets | undefined> {
  const assets = await planAssets(request)
  if (assets?.install === undefined) return assets
  const manifest = (await request.source.text('package.json')) ?? ''
  if (!/"file:(\.\/)?vendor\//.test(manifest)) return assets
  const { install, ...rest } = assets
  return { ...rest, builds: [install.command, ...assets.builds] }
}
