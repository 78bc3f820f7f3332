/** @file Data: balance of the classes, scale of the features, doubles, and examples as the net receives them. */
import type { SanityCheckName } from '../../../../check/sanity/report.ts'
import { Panel } from '../../panel.tsx'
import { useAnswer } from '../../state.ts'
import { SanityTable } from '../checks/sanity.tsx'
import { BalancePanel, TargetsPanel } from './balance.tsx'
import { FeaturesPanel } from './features.tsx'
import { SamplesPanel } from './samples.tsx'

const ofData: readonly SanityCheckName[] = ['inputs', 'targets', 'duplicates', 'parts', 'neighbours', 'signal']

export function Data() {
  const { value: told, error } = useAnswer('data', {}).value
  const { value: facts } = useAnswer('facts', {}).value
  const { value: checks } = useAnswer('checks', {}).value
  if (error !== undefined) return <p class="error-text">{error}</p>
  if (told === undefined || facts === undefined) return null
  const { data } = told
  const { start } = facts
  if (data === null)
    return (
      <p class="empty">
        {start === undefined
          ? 'Another program made this run: nothing is known of its data.'
          : `Trained on ${start.data.name}; an older version of Rappel recorded the run, and did not look at the data.`}
      </p>
    )
  const findings = checks?.check?.sanity?.findings?.filter(
    ({ check, verdict }) => ofData.includes(check) && verdict !== 'skipped',
  )
  const rowShape = start?.data.featureShape ?? []
  const features = data.features && <FeaturesPanel data={data} features={data.features} shape={rowShape} />
  const hasDoubles = findings !== undefined && findings.length > 0
  return (
    <div class="columns">
      <div class="column">
        {data.training.classes && <BalancePanel data={data} names={start?.data.classes ?? []} />}
        {data.training.targets && <TargetsPanel data={data} />}
        {hasDoubles && features}
      </div>
      <div class="column">
        {hasDoubles ? (
          <Panel
            title="Doubles, overlap and odd values"
            decision="whether the validation score can be trusted"
            rule={{
              words: 'no example stands in both parts, and no value is a stand-in for one that is missing',
              href: 'https://cs231n.github.io/neural-networks-2/#datapre',
            }}
          >
            <SanityTable findings={findings} />
          </Panel>
        ) : (
          features
        )}
      </div>
      {data.samples ? (
        <SamplesPanel data={data} classes={start?.data.classes ?? []} rowShape={rowShape} augment={start?.augment} />
      ) : (
        <p class="note">
          Nothing is probed in this run (probes: false), so that its record holds no examples and no features.
        </p>
      )}
    </div>
  )
}
