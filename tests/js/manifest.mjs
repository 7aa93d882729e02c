// The form of a manifest (step 6): its members, what each may be, and how they go together.
import { KIB, MIB, dataset, date, digest, instant, name, oneOf, participant, same, text, whole } from './common.mjs'

const ordinal = whole(1), count = whole(0)
const version = text('(?:0|[1-9][0-9]{0,4})(?:\\.(?:0|[1-9][0-9]{0,4})){2}')
const POSITION = { epoch: ordinal, sequence: ordinal, digest }
const CLAIM = {
  territory: text('[a-z0-9][a-z0-9.:_-]{0,127}'),
  vintage: whole(1900, 9999),
  'measures?': [text('[a-z0-9][a-z0-9-]*\\.[A-Za-z0-9_-]+', 128), 1, 256],
  window: oneOf('hour day month year none'),
  'days?': { start: date, end: date },
  method: oneOf('cells-1'),
  timezones: text('[0-9]{4}[a-z]{1,2}'),
  'charter?': digest,
  inputs: { root: digest, count },
  figures: digest,
  'base?': digest,
  coverage: {
    expected: count, received: count, late: count, refused: count, withheld: count, suppressed: count,
    readings: { received: count, 'expected?': count },
  },
}
const MANIFEST = {
  publisher: participant,
  'mandate?': digest,
  dataset,
  schema: { name, version, digest },
  epoch: ordinal,
  sequence: ordinal,
  'previous?': digest,
  'abandons?': POSITION,
  mode: oneOf('append snapshot delta unchanged withdraw'),
  'period?': { start: instant, end: instant },
  rows: whole(0, 10_000_000),
  'content?': {
    digest,
    size: whole(1, 64 * MIB),
    plainSize: whole(17, 256 * MIB),
    parts: [{ digest, size: whole(1, 512 * KIB) }, 1, 128],
  },
  'result?': digest,
  issued: instant,
  sharing: { level: oneOf('open federation partners aggregate-only'), 'charter?': digest },
  origin: oneOf('own delegated relayed simulated'),
  licence: oneOf('etalab-2.0 ODbL-1.0 CC-BY-4.0 CC0-1.0 DL-DE-BY-2.0 DL-DE-ZERO-2.0'),
  'composition?': CLAIM,
  'encryption?': { scheme: name },
}

// A member with ? may be absent; a member that the form doesn't name may not be there.
function shape (value, form) {
  if (typeof form === 'function') return form(value)
  if (Array.isArray(form)) {
    const [inner, least, most] = form
    return Array.isArray(value) && value.length >= least && value.length <= most && value.every(one => shape(one, inner))
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false
  const known = Object.entries(form).map(([member, inner]) => [member.replace('?', ''), member.endsWith('?'), inner])
  return Object.keys(value).every(member => known.some(([one]) => one === member)) &&
    known.every(([member, optional, inner]) => optional ? !has(value, member) || shape(value[member], inner) : shape(value[member], inner))
}
const has = (value, member) => Object.hasOwn(value, member)

function membersAgree (m) {
  const first = m.epoch === 1 && m.sequence === 1, table = oneOf('snapshot delta')(m.mode), content = has(m, 'content')
  return has(m, 'previous') === !first &&
    has(m, 'abandons') === (m.epoch > 1 && m.sequence === 1) &&
    (!has(m, 'abandons') || m.abandons.epoch === m.epoch - 1) &&
    (m.mode === 'withdraw' || content === (m.mode !== 'unchanged')) &&
    (content ? m.rows > 0 || m.mode === 'snapshot' : m.rows === 0) &&
    has(m, 'result') === table &&
    (has(m, 'period') ? !table && m.period.end > m.period.start : m.mode !== 'append') &&
    (m.sharing.level === 'federation') === has(m.sharing, 'charter')
}

function partsAgree ({ digest, size, parts }) {
  return parts.reduce((sum, part) => sum + part.size, 0) === size &&
    parts.slice(0, -1).every(part => part.size === 512 * KIB) &&
    (parts.length > 1 || parts[0].digest === digest)
}

function claimAgrees (claim) {
  const { days, window, measures, coverage: c } = claim
  const first = { month: '-01', year: '-01-01' }[window] ?? ''
  return has(claim, 'days') === (window !== 'none') &&
    (!has(claim, 'measures') || same(measures, [...new Set(measures)].sort())) &&
    (!has(claim, 'days') || (days.end > days.start && days.start.endsWith(first) && days.end.endsWith(first))) &&
    c.received + c.late + c.refused + c.withheld + c.suppressed <= c.expected
}

export const isManifest = m => shape(m, MANIFEST) && membersAgree(m) &&
  (!has(m, 'content') || partsAgree(m.content)) && (!has(m, 'composition') || claimAgrees(m.composition))
