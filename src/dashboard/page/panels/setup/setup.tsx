/** @file Set-up: what made the run, where its time goes, and how to make it again. */
import type { RuleFacts, StartEvent } from '../../../../train/events.ts'
import type { RunFacts } from '../../../documents.ts'
import { bytes, count, counted, position, significant } from '../../format.ts'
import { Panel } from '../../panel.tsx'
import { Plot } from '../../plot.tsx'
import { run, useAnswer } from '../../state.ts'
import { commandOf, flat, quoted } from './command.ts'
import { Copy } from './copy.tsx'
import { TimePanel } from './time.tsx'

export function SetUp() {
  const { value: facts, error } = useAnswer('facts', {}).value
  if (error !== undefined) return <p class="error-text">{error}</p>
  if (facts === undefined || !run.value) return null
  const { card, seriesNames } = run.value
  const { start } = facts
  return (
    <div class="columns">
      <div class="column">
        <AgainPanel facts={facts} kind={card.kind} id={card.id} state={card.state} />
        <Configuration facts={facts} />
        <EnvironmentPanel facts={facts} />
      </div>
      <div class="column">
        {start?.rule && <RulePanel start={start} rule={start.rule} />}
        <TimePanel seriesNames={seriesNames} />
      </div>
    </div>
  )
}

interface AgainProps {
  readonly facts: RunFacts
  readonly kind: string
  readonly id: string
  readonly state: string
}

function AgainPanel({ facts, kind, id, state }: AgainProps) {
  const command = commandOf(facts, kind)
  const { checkpoints, folder } = facts
  const canGoOn = checkpoints !== undefined && kind === 'train' && state !== 'finished' && state !== 'running'
  const goOn = `rappel train --resume ${quoted(id)}`
  return (
    <Panel
      title="Make it again"
      decision="whether a result can be had once more"
      rule={{ words: 'the same code, data, seed and machine give the same bits' }}
    >
      {command === undefined ? (
        <p class="note">Another program made this run: how to start it is not known here.</p>
      ) : (
        <Line text={command} what="the command" />
      )}
      {canGoOn && (
        <>
          <p class="note">Go on from its last checkpoint:</p>
          <Line text={goOn} what="the command that goes on" />
        </>
      )}
      <dl class="pairs">
        <dt>run</dt>
        <dd>{id}</dd>
        {folder !== undefined && (
          <>
            <dt>folder</dt>
            <dd class="breaks">{folder}</dd>
          </>
        )}
        <dt>checkpoints</dt>
        <dd>
          {checkpoints === undefined
            ? 'none'
            : `${count(checkpoints.count)}, the last at epoch ${position(checkpoints.epoch)} (step ${count(checkpoints.step)})`}
        </dd>
      </dl>
    </Panel>
  )
}

function Line({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <div class="command">
      <code>{text}</code>
      <Copy text={text} what={what} />
    </div>
  )
}

/** What the start event and the facts say, the former where both do. */
function Configuration({ facts: { facts, start } }: { readonly facts: RunFacts }) {
  const hyper = flat(start?.hyper ?? facts.hyper)
  const own: readonly (readonly [string, string])[] = start
    ? [
        [
          'data',
          `${start.data.name}, ${count(start.data.training)} training and ${count(start.data.validation)} validation examples`,
        ],
        ['epochs', count(start.epochs)],
        ['batch size', count(start.batchSize)],
        ['seed', String(start.seed)],
      ]
    : flat(facts.seed, 'seed')
  if (hyper.length === 0 && own.length === 0) return null
  return (
    <Panel
      title="Configuration"
      decision="which hyperparameter to change"
      rule={{
        words: 'the learning rate first, then the strength of the penalty, then the size of the net',
        href: 'https://cs231n.github.io/neural-networks-3/#hyper',
      }}
      controls={
        <Copy
          text={JSON.stringify(start?.hyper ?? facts.hyper ?? {}, undefined, 2)}
          what="the hyperparameters as JSON"
        />
      }
    >
      <Pairs pairs={[...hyper, ...own]} />
    </Panel>
  )
}

function Pairs({ pairs }: { readonly pairs: readonly (readonly [string, string])[] }) {
  return (
    <dl class="pairs">
      {pairs.map(([name, text]) => [
        <dt key={`${name} name`}>{name}</dt>,
        <dd key={name} class="breaks">
          {text}
        </dd>,
      ])}
    </dl>
  )
}

function RulePanel({ start, rule }: { readonly start: StartEvent; readonly rule: RuleFacts }) {
  const { learningRates } = start
  const numbers = Object.entries(rule.hyper).map(
    ([name, value]) =>
      [name, `${significant(Number(value), 4)}${rule.scheduled.includes(name) ? ' at first, scheduled' : ''}`] as const,
  )
  return (
    <Panel
      title="Update rule"
      decision="whether the rate is planned to fall, and when"
      rule={{
        words: 'halve the rate when the validation loss stops falling; too early is as bad as never',
        href: 'https://cs231n.github.io/neural-networks-3/#anneal',
      }}
    >
      <Pairs
        pairs={[
          ['rule', `${rule.name}${rule.dialect ? ` (as in ${rule.dialect})` : ''}`],
          ...numbers,
          ['in words', start.update],
        ]}
      />
      {learningRates && learningRates.length > 1 && (
        <Plot
          label="the learning rate as it is planned"
          lines={[
            {
              label: 'planned',
              colour: 'third',
              x: learningRates.map(({ epoch }) => epoch),
              y: learningRates.map(({ rate }) => rate),
            },
          ]}
          x={{ title: 'epoch' }}
          y={{ title: 'planned learning rate', always: [0] }}
          height={130}
        />
      )}
    </Panel>
  )
}

function EnvironmentPanel({ facts: { facts, start } }: { readonly facts: RunFacts }) {
  const { environment, code, data } = facts
  const { memory, engine, threads: _, ...rest } = Object(environment) as { readonly [name: string]: unknown }
  const pairs = [
    ...flat(code, 'code'),
    ...flat(rest),
    ...(typeof memory === 'number' ? ([['memory', bytes(memory)]] as const) : []),
    ...flat(start?.engine ?? engine, 'engine'),
    ...(start
      ? ([
          [
            'step',
            start.form === 'nodes'
              ? 'gradients and update in one graph'
              : 'gradients in the engine, update in WebAssembly',
          ],
        ] as const)
      : []),
    ...(start ? ([['threads', counted(start.threads, 'thread')]] as const) : []),
    ...flat(data, 'data')
      .filter(([name]) => name !== 'data.name')
      .map(([name, hash]) => [name.replace('data.', 'hash of the '), hash] as const),
  ]
  if (pairs.length === 0) return null
  return (
    <Panel
      title="Code, data, machine"
      decision="why two runs that should be alike are not"
      rule={{ words: 'compare hashes of the data first, then the code, then the machine' }}
      controls={<Copy text={JSON.stringify(facts, undefined, 2)} what="all facts as JSON" />}
    >
      <Pairs pairs={pairs} />
    </Panel>
  )
}
