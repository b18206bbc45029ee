import type { ChangeInput } from '../../../../server/http/schemas.ts'
import type { DeploymentView } from '../../../../server/http/views.ts'
import { changeDeployment, getStatus } from '../../api/deployments.ts'
import { deployments } from '../../state/deployments.svelte.ts'
import { endings } from '../../state/endings.ts'
import { toasts } from '../../state/toasts.svelte.ts'
import type { Current } from './current.svelte.ts'

/**
 * Saves settings, which are deployed at once, and answers the deployment as it is then. Which release they will be in is
 * said afterwards. @throws ApiError
 */
export async function save(
  { id, href }: Pick<Current, 'id'> & { href: string },
  body: ChangeInput,
): Promise<DeploymentView> {
  const deployment = await changeDeployment(id, body)
  deployments.put(deployment)
  void say(deployment, href)
  return deployment
}

/** What is saved stays saved when its number cannot be asked for. */
async function say(deployment: DeploymentView, href: string): Promise<void> {
  const release = await getStatus(deployment.id).then(
    (it) => `Release ${it.release}`,
    () => 'A new release',
  )
  const notice = toasts.show('ok', `Saved. ${release} is being deployed with it.`, {
    action: { label: 'Watch it', href },
  })
  endings.follow(deployment, 'deploy', notice)
}
