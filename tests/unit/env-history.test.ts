import { expect, onTestFinished, test } from 'vitest'
import { recordAudit } from '../../server/db/audit.ts'
import { ensureAdmin } from '../../server/http/login.ts'
import { makeInside } from '../support/inside.ts'

test('the history of variables tells of those of previews, too', async () => {
  const password = 'correct horse battery'
  const { app, close, deps, live } = await makeInside({ SLIPWAY_ADMIN_PASSWORD: password })
  onTestFinished(close)
  await ensureAdmin(deps)
  const { id } = await live('https://github.com/acme/app', '1'.repeat(40))
  const note = (action: string, detail: Record<string, unknown>) =>
    recordAudit(deps.db, { actor: 'ada', address: '', action, target: id, detail })
  await note('deployment.change', { variablesAdded: ['A'] })
  await note('deployment.preview-env', { variablesChanged: ['B'] })
  await note('deployment.redeploy', { variablesAdded: ['C'] })

  const login = await app.inject({ method: 'POST', url: '/api/auth/login', body: { username: 'admin', password } })
  const headers = { authorization: `Bearer ${login.json().token}` }
  const reply = await app.inject({ url: `/api/deployments/${id}/env/history`, headers })
  expect(reply.json().entries).toMatchObject([
    { actor: 'ada', of: 'previews', added: [], changed: ['B'], removed: [] },
    { actor: 'ada', of: 'app', added: ['A'], changed: [], removed: [] },
  ])
})
