import { counted } from "../../report/page/Text.ts"
import { ask } from "./Requests.ts"
import { Head, Loading, ProblemCard } from "./Parts.tsx"
import { path, project } from "./Project.ts"
import { State } from "./State.tsx"
import type { Server } from "./Types.ts"
import { useResource } from "./useResource.ts"
import { moment, now, running } from "./Words.ts"
import { short } from "./WorkflowRow.tsx"

/** Milliseconds between two looks at the servers. */
const EVERY = 5_000

/** The processes that run workflows, and their leases. */
export const ServersPage = () => {
  const { again, problem, value } = useResource(
    project.value,
    () => ask<{ readonly servers: ReadonlyArray<Server>; readonly now: string }>(path("/servers")),
    EVERY
  )
  return (
    <>
      <Head title="Servers" live />
      <p class="lead">
        Each process says that it is alive, again and again, and so keeps its lease. One that cannot renew it stops its
        work before the lease ends; another takes over what it had.
      </p>
      {problem === undefined ? null : <ProblemCard problem={problem} again={again} />}
      {value === undefined ? (
        problem === undefined ? (
          <Loading what="the servers" />
        ) : null
      ) : (
        <div class="srv">
          {value.servers.map((server) => (
            <ServerCard key={server.id} server={server} />
          ))}
        </div>
      )}
    </>
  )
}

const ServerCard = ({ server }: { readonly server: Server }) => {
  const { answers, expiresAt, host, id, lastHeartbeat, pid, running: workflows, startedAt, version } = server
  const [beat, end] = [Date.parse(lastHeartbeat), Date.parse(expiresAt)]
  const left = end - now.value
  const share = Math.max(0, Math.min(1, left / Math.max(1, end - beat)))
  // A server has three beats in a lease.
  const state = left <= 0 ? "failed" : share < 1 / 3 ? "retrying" : "completed"
  return (
    <article class="card sv">
      <div class="hrow">
        <h2>
          {host} <span class="muted">{pid}</span>
        </h2>
        {answers ? <span class="chip">answers this page</span> : null}
        <span class="sp" />
        <State of={state} text={left <= 0 ? "Lost" : share < 1 / 3 ? "Late" : "Alive"} />
      </div>
      <div class="lease">
        <div class="lb">
          <span>Lease</span>
          <b>{left <= 0 ? `ended ${moment(expiresAt)}` : `${running(left)} of ${running(end - beat)} left`}</b>
        </div>
        <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
          <rect class="all" width="100" height="10" />
          <rect class={state} width={share * 100} height="10" />
        </svg>
      </div>
      <dl>
        <div>
          <dt>Runs</dt>
          <dd>{counted(workflows, "workflow")}</dd>
        </div>
        <div>
          <dt>Last beat</dt>
          <dd>{running(now.value - beat)} ago</dd>
        </div>
        <div>
          <dt>Since</dt>
          <dd>{moment(startedAt)}</dd>
        </div>
        <div>
          <dt>Node.js</dt>
          <dd>{version}</dd>
        </div>
        <div>
          <dt>Id</dt>
          <dd title={id}>
            <code>{short(id)}</code>
          </dd>
        </div>
      </dl>
    </article>
  )
}
