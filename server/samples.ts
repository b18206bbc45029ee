/** What is measured, as it is stored, sent and shown. Sizes in bytes. */

/** `cpu` is a share of all cores, 0 to 1. */
export type MachineSample = { at: string; cpu: number; memoryUsed: number; diskUsed: number }

/** `cpu` is a share of one core, so 1.5 is one and a half; null until there are two samples to compare. */
export type AppSample = { deploymentId: string; cpu: number | null; memory: number; memoryLimit: number }

export type MachineReading = { cores: number; memoryTotal: number; diskTotal: number; now: MachineSample }

/** `intervalSeconds` is that of the history, which `GET /api/stats` answers and events leave out. */
export type StatsSample = { machine: MachineReading & { intervalSeconds: number }; apps: AppSample[] }
