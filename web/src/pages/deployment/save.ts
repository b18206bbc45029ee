import type { ChangeInput } from '../../../../server/http/schemas.ts'
import type { DeploymentView } from '../../../../server/http/views.ts'
import { changeDeployment, getStatus } from '../../api/deployments.ts'
import { perform } from '../../deployments/actions.ts'
import { deployments } from '../../state/deployments.svelte.ts'
import { endings } from '../../state/endings.ts'
import { toasts } from '../../state/toasts.svelte.ts'
import type { Current } from './current.svelte.ts'

/** Whether a change is deployed at once, waits for the next deploy, or is no part of one. */
export type When = 'now' | 'later'

/** What brings a waiting change live, where pushes do and where they do not. */
export const nextDeploy = (app: Pick<DeploymentView, 'delivery'> | undefined) =>
  app?.delivery.autoDeploy ? 'push' : 'deploy'

/**
 * Saves settings and answers the deployment as it is then. Which release they will be in is said afterwards; without
 * `when` they are part of none. @throws ApiError
 */
export async function save(
  { id, href }: Pick<Current, 'id'> & { href: string },
  body: ChangeInput,
  when: When | undefined,
): Promise<DeploymentView> {
  const deployment = await changeDeployment(id, { ...body, ...(when !== 'now' && { deploy: 'later' as const }) })
  deployments.put(deployment)
  if (when === 'now') void sayRelease(deployment, href)
  else if (when === 'later') sayWaits(deployment)
  else toasts.show('ok', 'Saved.')
  return deployment
}

/** What is saved stays saved when its number cannot be asked for. */
async function sayRelease(deployment: DeploymentView, href: string): Promise<void> {
  const release = await getStatus(deployment.id).then(
    (it) => `Release ${it.release}`,
    () => 'A new release',
  )
  const notice = toasts.show('ok', `Saved. ${release} is being deployed with it.`, {
    action: { label: 'Watch it', href },
  })
  endings.follow(deployment, 'deploy', notice)
}

function sayWaits(deployment: DeploymentView): void {
  toasts.show('ok', `Saved. It goes live with the next ${nextDeploy(deployment)}.`, {
    action: { label: 'Redeploy now', run: () => void perform(deployment, 'redeploy') },
  })
}
