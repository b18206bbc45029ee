import type { ChangeInput } from '../../../../server/http/schemas.ts'
import { changeDeployment, getStatus } from '../../api/deployments.ts'
import { deployments } from '../../state/deployments.svelte.ts'
import { endings } from '../../state/endings.ts'
import { toasts } from '../../state/toasts.svelte.ts'
import type { Current } from './current.svelte.ts'

/** Saves settings, which are deployed at once, and says which release they will be in. @throws ApiError */
export async function save({ id, href }: Pick<Current, 'id'> & { href: string }, body: ChangeInput): Promise<void> {
  const deployment = await changeDeployment(id, body)
  deployments.put(deployment)
  const { release } = await getStatus(id)
  const notice = toasts.show('ok', `Saved. Release ${release} is being deployed with it.`, {
    action: { label: 'Watch it', href },
  })
  endings.follow(deployment, 'deploy', notice)
}
