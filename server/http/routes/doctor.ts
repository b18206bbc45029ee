import type { Doctor } from '../../deploy/doctor.ts'
import type { Deps } from '../../deps.ts'
import type { App } from '../app-type.ts'
import { noteVisitor } from '../audit.ts'
import { RepairInput } from '../schemas.ts'
import { Type } from '../type.ts'
import { ExaminationView, RepairView } from '../views.ts'

export function doctorRoutes(app: App, deps: Deps, doctor: Doctor): void {
  app.get(
    '/api/doctor',
    {
      schema: {
        summary: 'What is wrong on this machine, each with its remedy',
        querystring: Type.Object({
          fresh: Type.Optional(Type.Boolean({ description: 'Ask Cloudflare, too, if it was asked a minute ago.' })),
        }),
        response: { 200: ExaminationView },
      },
    },
    async (request) => doctor.examine({ fresh: request.query.fresh === true }),
  )

  app.post(
    '/api/doctor/repair',
    {
      schema: {
        summary: 'Apply the remedies of the named findings, or of all that are safe',
        body: RepairInput,
        response: { 200: RepairView },
      },
    },
    async (request) => {
      const result = await doctor.repair(request.body.ids)
      await noteVisitor(deps, request, 'doctor.repair', { detail: { repaired: result.repaired } })
      return result
    },
  )
}
