import type { Step } from './step.ts'
import { addDeployKey } from './steps/add-deploy-key.ts'
import { awaitHealth } from './steps/await-health.ts'
import { buildImage } from './steps/build-image.ts'
import { checkOut } from './steps/check-out.ts'
import { chooseTemplate } from './steps/choose-template.ts'
import { claimPort } from './steps/claim-port.ts'
import { connectWebhook } from './steps/connect-webhook.ts'
import { createNetwork } from './steps/create-network.ts'
import { createVolumes } from './steps/create-volumes.ts'
import { holdHostname } from './steps/hold-hostname.ts'
import { pointDns } from './steps/point-dns.ts'
import { proveLive } from './steps/prove-live.ts'
import { publishVhost } from './steps/publish-vhost.ts'
import { retirePrevious } from './steps/retire-previous.ts'
import { routeTunnel } from './steps/route-tunnel.ts'
import { runPostDeploy } from './steps/run-post-deploy.ts'
import { runPreDeploy } from './steps/run-pre-deploy.ts'
import { runReleaseCommand } from './steps/run-release-command.ts'
import { runSchedules } from './steps/run-schedules.ts'
import { startContainer } from './steps/start-container.ts'

/** All that Slipway does to a machine, in order. Undoing runs the same list from bottom to top. */
export const pipeline: readonly Step[] = [
  holdHostname,
  addDeployKey,
  checkOut,
  chooseTemplate,
  buildImage,
  claimPort,
  createNetwork,
  createVolumes,
  runPreDeploy,
  runReleaseCommand,
  startContainer,
  awaitHealth,
  publishVhost,
  routeTunnel,
  pointDns,
  proveLive,
  retirePrevious,
  connectWebhook,
  runSchedules,
  runPostDeploy,
]
