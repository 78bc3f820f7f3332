/**
 * @file TO BE FILLED IN: Rappel as a peer.
 *
 * `available` answers true and `prepare` returns the step, in Rappel's best form, once `src/train` is there. What a case asks
 * for stands in `cases.ts`: weights are [in, out], row by row; the loss is the mean over the batch; momentum is
 * v ← μ·v + g, x ← x − α·v (with a constant rate the same as the notes' form). The bench compares the loss after
 * `STEPS_CHECKED` steps with the reference before it times anything.
 */
import type { Peer } from './peer.ts'

export const rappel: Peer = {
  name: 'Rappel',
  version: 'none',
  available: async () => 'bench/peers/rappel.ts is still to be filled in',
  prepare: async () => {
    throw new Error('bench/peers/rappel.ts is still to be filled in')
  },
}
