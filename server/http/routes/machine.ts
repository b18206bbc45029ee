import { listAudit, recordAudit } from '../../db/audit.ts'
import { findBySubdomain, listDeployments } from '../../db/deployments.ts'
import { listStanding } from '../../db/ledger.ts'
import { listPorts } from '../../db/ports.ts'
import { findReceipt, listReceipts } from '../../db/receipts.ts'
import { examine, repair } from '../../deploy/doctor.ts'
import type { Queue } from '../../deploy/queue.ts'
import type { Deps } from '../../deps.ts'
import { AppError } from '../../errors.ts'
import { hostnameOf, isReservedSubdomain, normalizeSubdomain } from '../../names.ts'
import type { App } from '../app-type.ts'
import { visitorOf } from '../auth.ts'
import { Type } from '../type.ts'
import {
  AuditView,
  AvailabilityView,
  CatalogView,
  DomainView,
  ExaminationView,
  PortsView,
  ReceiptView,
  RepairView,
} from '../views.ts'

export function machineRoutes(app: App, deps: Deps, queue: Queue): void {
  app.get(
    '/api/ports',
    { schema: { summary: 'The ports that apps hold or held', response: { 200: PortsView } } },
    async () => ({
      range: deps.config.portRange,
      ports: (await listPorts(deps.db)).map((it) => ({
        port: it.port,
        isAllocated: it.deployment_id !== null,
        deploymentId: it.deployment_id,
        release: it.release,
        allocatedAt: it.allocated_at,
        releasedAt: it.released_at,
        ...(it.blocked_reason !== null && { blockedReason: it.blocked_reason, blockedAt: it.blocked_at }),
      })),
    }),
  )

  app.get(
    '/api/domains',
    {
      schema: {
        summary: 'Where each app is reached, and what leads there',
        response: { 200: Type.Object({ domains: Type.Array(DomainView) }) },
      },
    },
    async () => {
      const ports = await listPorts(deps.db)
      const standing = await listStanding(deps.db)
      return {
        domains: (await listDeployments(deps.db)).map(({ id, subdomain, liveRelease }) => {
          const has = (kind: string) =>
            standing.some((it) => it.deploymentId === id && it.kind === kind && it.state === 'present')
          return {
            subdomain,
            hostname: hostnameOf(deps.config.domain, subdomain),
            deploymentId: id,
            port: ports.find((it) => it.deployment_id === id && it.release === liveRelease)?.port ?? null,
            vhost: has('vhost'),
            tunnel: has('tunnel-route'),
            dns: has('dns-record'),
          }
        }),
      }
    },
  )

  app.get(
    '/api/domains/:subdomain',
    {
      schema: {
        summary: 'Whether a subdomain can be had',
        params: Type.Object({ subdomain: Type.String({ maxLength: 300 }) }),
        response: { 200: AvailabilityView },
      },
    },
    async (request) => {
      const subdomain = normalizeSubdomain(request.params.subdomain)
      const reason = await whyNot(deps, subdomain)
      const shown = subdomain ?? request.params.subdomain
      return {
        subdomain: shown,
        hostname: hostnameOf(deps.config.domain, shown),
        available: reason === undefined,
        ...(reason !== undefined && { reason }),
      }
    },
  )

  app.get(
    '/api/receipts',
    {
      schema: {
        summary: 'What deletes removed, newest first',
        response: { 200: Type.Object({ receipts: Type.Array(ReceiptView) }) },
      },
    },
    async () => ({ receipts: await listReceipts(deps.db) }),
  )

  app.get(
    '/api/receipts/:deploymentId',
    {
      schema: {
        summary: 'What one delete removed',
        params: Type.Object({ deploymentId: Type.String() }),
        response: { 200: Type.Object({ receipt: ReceiptView }) },
      },
    },
    async (request) => {
      const receipt = await findReceipt(deps.db, request.params.deploymentId)
      if (!receipt)
        throw new AppError(
          'not_found',
          'There is no receipt for this deployment: it was never deleted, or is not gone yet.',
        )
      return { receipt }
    },
  )

  app.get(
    '/api/templates',
    {
      schema: {
        summary: 'What Slipway can build',
        response: { 200: CatalogView },
      },
    },
    async () => ({
      templates: deps.catalog.map(({ name, title, description, detect, port, healthPath }) => ({
        name,
        title,
        description,
        detect,
        port: port ?? null,
        healthPath: healthPath ?? '/',
      })),
      defaults: { memoryMb: deps.config.appMemoryMb, cpus: deps.config.appCpus },
    }),
  )

  app.get(
    '/api/doctor',
    { schema: { summary: 'What is wrong on this machine, each with its remedy', response: { 200: ExaminationView } } },
    async () => examine(deps),
  )

  app.post(
    '/api/doctor/repair',
    {
      schema: {
        summary: 'Apply the remedies of the named findings, or of all that are safe',
        body: Type.Object(
          { ids: Type.Optional(Type.Array(Type.String({ maxLength: 500 }), { maxItems: 500 })) },
          { additionalProperties: false },
        ),
        response: { 200: RepairView },
      },
    },
    async (request) => {
      const result = await repair(deps, queue, request.body.ids)
      const { username } = visitorOf(request)
      await recordAudit(deps.db, {
        actor: username,
        address: request.ip,
        action: 'doctor.repair',
        detail: { repaired: result.repaired },
      })
      return result
    },
  )

  app.get(
    '/api/audit',
    {
      schema: {
        summary: 'Who did what, newest first',
        querystring: Type.Object({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })) }),
        response: { 200: Type.Object({ entries: Type.Array(AuditView) }) },
      },
    },
    async (request) => ({
      entries: (await listAudit(deps.db, request.query.limit ?? 200)).map(({ detail, ...entry }) => ({
        ...entry,
        detail: JSON.parse(detail),
      })),
    }),
  )
}

async function whyNot(deps: Deps, subdomain: string | undefined): Promise<string | undefined> {
  if (subdomain === undefined)
    return 'A subdomain has 1 to 63 letters a–z, digits and hyphens, and neither begins nor ends with a hyphen.'
  if (isReservedSubdomain(subdomain)) return `${subdomain} is reserved.`
  const taken = await findBySubdomain(deps.db, subdomain)
  if (taken) return `${subdomain} is taken by ${taken.name}.`
  try {
    await deps.cloudflare?.checkHostname(hostnameOf(deps.config.domain, subdomain), '')
    return undefined
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
}
