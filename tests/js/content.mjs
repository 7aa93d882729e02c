// Steps 13 to 15: one zstd frame, one plain Arrow stream, rows that hold, sharing.
import { RecordBatchReader } from 'apache-arrow'
import { Decompress } from 'fzstd'
import { Fault, MIB, byBytes, hex, need, oneOf, placeOf, same, sha256, strictJson, utf8 } from './common.mjs'

// --- 13. decode: the zstd frame (RFC 8878, section 3.1.1) -------------------------------------------

function frameHeader (blob) {
  need(blob.length >= 6 && blob.readUInt32LE(0) === 0xfd2fb528 && !(blob[4] & 8), 'content-frame', 'magic')
  const single = blob[4] >> 5 & 1, width = [single, 2, 4, 8][blob[4] >> 6], dictionary = [0, 1, 2, 4][blob[4] & 3]
  const window = single ? 0 : 2 ** (10 + (blob[5] >> 3)) * (1 + (blob[5] & 7) / 8)
  const at = (single ? 5 : 6) + dictionary
  need(blob.length >= at + width, 'content-frame', 'header')
  const size = width === 8 ? Number(blob.readBigUInt64LE(at)) : width ? blob.readUIntLE(at, width) + (width === 2 ? 256 : 0) : -1
  return { size, dictionary, window: single ? size : window, blocks: at + width, checksum: blob[4] >> 2 & 1 }
}

function decompress (blob, plainSize) {
  const { size, dictionary, window, blocks, checksum } = frameHeader(blob)
  need(size === plainSize, 'content-size')
  need(dictionary === 0 && window <= Math.max(8 * MIB, plainSize), 'content-frame', 'window')
  let end = blocks
  for (let last = false; !last;) { // the frame ends where the content ends
    need(end + 3 <= blob.length, 'content-frame', 'cut')
    const block = blob.readUIntLE(end, 3), kind = block >> 1 & 3
    last = (block & 1) === 1
    end += 3 + (kind === 1 ? 1 : block >> 3)
  }
  need(end + 4 * checksum === blob.length, 'content-frame', 'end')
  const plain = unzstd(blob, plainSize)
  need(plain.length === plainSize, 'content-frame', 'shorter')
  return plain
}

export function unzstd (blob, most) {
  const chunks = []
  let length = 0
  const worker = new Decompress(chunk => {
    length += chunk.length
    need(length <= most, 'content-frame', 'holds more than it declares')
    chunks.push(chunk.slice())
  })
  try { worker.push(blob, true) } catch (error) { throw new Fault('content-frame', error.message) }
  return Buffer.concat(chunks)
}

// --- 13. decode: the Arrow stream ---------------------------------------------------------------------

// Framing and flatbuffers, so far as to see what must not be there.
function checkMessages (data) {
  const member = (flat, table, index) => {
    const vtable = table - flat.readInt32LE(table), entry = 4 + 2 * index
    const offset = entry + 2 > flat.readUInt16LE(vtable) ? 0 : flat.readUInt16LE(vtable + entry)
    return offset && table + offset
  }
  for (let at = 0, count = 0; ; count++) {
    const first = count === 0, length = data.readInt32LE(at + 4)
    need(data.readInt32LE(at) === -1, 'content-arrow', 'framing')
    at += 8
    if (length === 0) return need(at === data.length, 'content-arrow', 'bytes after the end mark')
    const flat = data.subarray(at, at + length), message = flat.readUInt32LE(0)
    const kind = flat[member(flat, message, 1)], header = member(flat, message, 2), body = member(flat, message, 3)
    const table = header + flat.readUInt32LE(header)
    need(count < 2 && kind === (first ? 1 : 3), 'content-arrow', 'one schema, then at most one batch')
    need(!member(flat, message, 4), 'content-arrow', 'metadata of a message')
    const endianness = first && member(flat, table, 0)
    need(!endianness || flat.readInt16LE(endianness) === 0, 'content-arrow', 'big-endian')
    need(first || !member(flat, table, 3), 'content-arrow', 'compressed')
    at += length + (body ? Number(flat.readBigInt64LE(body)) : 0)
  }
}

const ARROW = { integer: 'Int64', year: 'Int64', boolean: 'Bool', date: 'Date32<DAY>', datetime: 'Timestamp<MICROSECOND, UTC>' }
const scaled = scale => `Decimal[18e${scale > 0 ? '+' : ''}${scale}]`
function scaleOf (field, schema) {
  const measure = schema.maillage.measures?.[field.name]
  if (field.type !== 'number') return 0
  const resolution = measure === undefined ? field['maillage:resolution'] ?? '0.001' : measure.resolution ?? '1'
  return resolution.replace(/^[01]\.?/, '').length
}

// Columns as they are on the wire: name, type of Table Schema, scale, constraints, type of Arrow.
function wireColumns (schema) {
  return schema.fields.filter(field => !(schema.maillage.personal ?? []).includes(field.name)).map(field => {
    const scale = scaleOf(field, schema)
    return { ...field, rules: field.constraints ?? {}, scale, arrow: field.type === 'number' ? scaled(scale) : ARROW[field.type] ?? 'Utf8' }
  })
}
const keyOf = schema => [schema.primaryKey].flat()
const place = (columns, name) => columns.findIndex(column => column.name === name)
function columnsOf (mode, schema) {
  const columns = wireColumns(schema)
  if (mode === 'withdraw') return keyOf(schema).map(name => columns[place(columns, name)])
  return mode === 'delta' ? [...columns, { name: '_deleted', type: 'boolean', scale: 0, arrow: 'Bool' }] : columns
}

function decode (blob, plainSize, columns) {
  const data = decompress(blob, plainSize).subarray(16), rows = []
  try {
    const reader = RecordBatchReader.from(data).open(), wanted = columns.map(column => [column.name, column.arrow, true, 0])
    const found = reader.schema.fields.map(field => [field.name, String(field.type), field.nullable, field.metadata.size])
    need(same(found, wanted) && reader.schema.metadata.size === 0, 'content-columns')
    checkMessages(data)
    for (const batch of reader) {
      const parts = batch.data.children.map((data, at) => valuesOf(data, columns[at].type, batch.numRows))
      for (let row = 0; row < batch.numRows; row++) rows.push(parts.map(values => values[row]))
    }
  } catch (error) { throw error instanceof Fault ? error : new Fault('content-arrow', error.message) }
  return rows
}

// Texts as strings, booleans as booleans, everything else as whole numbers of steps.
function valuesOf ({ values, valueOffsets, nullBitmap, length }, type, rows) {
  need(length === rows, 'content-arrow', 'length of a column')
  const bit = (bits, at) => Boolean(bits[at >> 3] >> (at & 7) & 1)
  const read = at => {
    if (valueOffsets) return utf8.decode(values.subarray(valueOffsets[at], valueOffsets[at + 1]))
    if (type === 'boolean') return bit(values, at)
    if (type !== 'number') return BigInt(values[at])
    const steps = BigInt.asIntN(128, [3, 2, 1, 0].reduce((sum, word) => sum << 32n | BigInt(values[4 * at + word]), 0n))
    need(steps > -(10n ** 18n) && steps < 10n ** 18n, 'content-arrow', 'more than 18 digits')
    return steps
  }
  return Array.from({ length }, (_, at) => {
    const [from, to] = valueOffsets ? [valueOffsets[at], valueOffsets[at + 1]] : [0, 0]
    need(from >= 0 && from <= to && (!valueOffsets || to <= values.length), 'content-arrow', 'offsets')
    return !nullBitmap?.length || bit(nullBitmap, at) ? read(at) : null
  })
}

// --- 14. validate ---------------------------------------------------------------------------------------

const micros = text => BigInt(Date.parse(text)) * 1000n
const DAY = 86_400_000_000n, FIRST = micros('0001-01-01T00:00:00Z'), LAST = micros('9999-12-31T23:59:59.999Z') + 999n
const compare = (a, b) => a === b ? 0 : a === null ? -1 : b === null ? 1 : typeof a === 'string' ? byBytes(a, b) : a < b ? -1 : 1
const compareBy = places => (a, b) => places.reduce((found, at) => found || compare(a[at], b[at]), 0)

function valid (rows, columns, schema) {
  const ascends = compareBy(keyOf(schema).map(name => place(columns, name)))
  const time = place(columns, schema.maillage.time), end = place(columns, schema.maillage.timeEnd)
  return rows.every((row, number) =>
    columns.every((column, at) => row[at] === null ? !column.rules.required : fine(row[at], column)) &&
    (time < 0 || end < 0 || row[time] === null || row[end] === null || row[end] > row[time]) &&
    (number === 0 || ascends(rows[number - 1], row) < 0))
}

function fine (value, { type, format, scale, rules }) {
  if (rules.enum && !rules.enum.some(one => String(one) === String(value))) return false
  if (typeof value === 'bigint') {
    const steps = 10 ** scale, low = rules.minimum ?? -Infinity, high = rules.maximum ?? Infinity
    const moment = type === 'date' ? value * DAY : type === 'datetime' ? value : 0n
    return moment >= FIRST && moment <= LAST && value >= low * steps && value <= high * steps
  }
  if (typeof value === 'boolean') return true
  const length = [...value].length
  return length <= (rules.maxLength ?? 10_000) && length >= (rules.minLength ?? 0) &&
    !/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/.test(value) &&
    (rules.pattern === undefined || new RegExp(`^(?:${rules.pattern})$`, 'u').test(value)) &&
    (FORMS[type === 'string' ? format : type]?.(value) ?? true)
}
const quiet = check => value => { try { return check(value) } catch { return false } }
const FORMS = {
  uuid: value => /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value),
  array: quiet(value => strictJson(Buffer.from(`{"list":${value}}`)).list.every(one => typeof one === 'string')),
  object: quiet(value => Boolean(strictJson(Buffer.from(value), true))),
  geopoint: value => /^-?\d{1,3}(\.\d{1,15})?, ?-?\d{1,2}(\.\d{1,15})?$/.test(value) &&
    value.split(',').every((one, at) => Math.abs(Number(one)) <= [180, 90][at]),
}

// The canonical text of a value, as a netstring.
function netstring (value, type, scale) {
  if (value === null) return '-'
  let text = String(value)
  if (scale > 0) text = `${value < 0n ? '-' : ''}${text.replace('-', '').padStart(scale + 1, '0').replace(new RegExp(`(.{${scale}})$`), '.$1')}`
  if (type === 'date') text = new Date(Number(value) * 86_400_000).toISOString().slice(0, 10)
  if (type === 'datetime') text = new Date(Number(BigInt.asIntN(64, value - mod(value)) / 1000n)).toISOString().slice(0, 20) + String(mod(value)).padStart(6, '0') + 'Z'
  return `${Buffer.byteLength(text)}:${text}`
}
const mod = value => ((value % 1_000_000n) + 1_000_000n) % 1_000_000n

function tableDigest (rows, columns, key) {
  const sorted = [...rows].sort(compareBy(key.map(name => place(columns, name))))
  const lines = sorted.map(row => row.map((value, at) => netstring(value, columns[at].type, columns[at].scale)))
  return hex([columns.map(column => netstring(column.name)), ...lines].map(line => line.join('') + '\n').join(''))
}

function merkle (leaves) { // RFC 6962, section 2.1
  if (leaves.length === 0) return sha256('')
  if (leaves.length === 1) return sha256(Buffer.concat([Buffer.of(0), leaves[0]]))
  const half = 2 ** Math.floor(Math.log2(leaves.length - 1))
  return sha256(Buffer.concat([Buffer.of(1), merkle(leaves.slice(0, half)), merkle(leaves.slice(half))]))
}

function checkComposition (m, schema, rows) {
  const claim = m.composition ?? null, wanted = schema.name === 'synthese' && m.mode === 'append'
  need((claim !== null) === wanted && (!wanted || schema.version === '1.0.0'), 'composition')
  if (claim === null || claim.base) return
  const columns = wireColumns(schema), pick = names => rows.map(row => names.map(name => row[place(columns, name)]))
  const inputs = pick(['dataset', 'input_epoch', 'input_sequence', 'input_digest']).sort(compareBy([0, 1, 2, 3]))
  const leaves = [...new Set(inputs.map(input => input.join(' ')))].map(leaf => Buffer.from(leaf))
  need(claim.inputs.count === leaves.length && claim.inputs.root === merkle(leaves).toString('hex'), 'composition', 'inputs')
  const key = ['measure', 'dataset', 'place', 'window', 'window_start']
  const shown = [...key, 'count', 'total', 'squares', 'minimum', 'maximum']
  need(claim.figures === tableDigest(pick(shown), shown.map(name => columns[place(columns, name)]), key), 'composition', 'figures')
  need(!claim.measures || pick(['measure']).every(([name]) => claim.measures.includes(name)), 'composition', 'measures')
  need(pick(['window']).every(([kind]) => kind === 'none' || kind === claim.window), 'composition', 'window')
}

function checkTable (m, schema, rows, table) {
  if (!oneOf('snapshot delta')(m.mode)) return
  const columns = wireColumns(schema), key = keyOf(schema), places = key.map(name => place(columns, name))
  let after = rows
  if (m.mode === 'delta') {
    need(table !== null, 'table-missing')
    const name = row => JSON.stringify(places.map(at => String(row[at])))
    const touched = new Set(rows.map(name)), kept = decode(table, frameHeader(table).size, columns).filter(row => !touched.has(name(row)))
    after = [...kept, ...rows.filter(row => !row.at(-1)).map(row => row.slice(0, -1))].sort(compareBy(places))
    need(valid(after, columns, schema), 'invalid')
  }
  need(tableDigest(after, columns, key) === m.result, 'result')
}

function checkRows (m, owner, schema, rows, columns, areas) {
  const time = place(columns, schema.maillage.time), where = place(columns, schema.maillage.place)
  if (oneOf('append snapshot')(m.mode)) {
    need(valid(rows, columns, schema), 'invalid')
    need(time < 0 || rows.every(row => row[time] >= micros(m.period.start) && row[time] < micros(m.period.end)), 'period')
  }
  const own = placeOf(owner)
  if (!schema.maillage.place) need(own !== null || Object.keys(schema.maillage.measures ?? {}).length === 0, 'place')
  else if (where >= 0) {
    const area = own === null ? areas[owner] ?? [] : [own]
    need(rows.every(row => (m.mode === 'delta' && row.at(-1)) || area.includes(row[where])), 'place')
  }
}

// Rows about fewer units than the schema protects: each row of one unit, or counted in a column.
function tooFew (schema, rows, columns, delta) {
  const { k, count } = schema.maillage.secrecy ?? { k: 0 }
  const at = count ? place(columns, count) : -1, units = row => at < 0 ? 1 : row[at] ?? -1
  return rows.some(row => !(delta && row.at(-1)) && k > 0 && !(units(row) >= k))
}

// Steps 13 to 15 for a publication with its whole content.
export function judge ({ m, owner, schema }, blob, table, trust) {
  let rows = null, secret = false
  if (m.content) {
    const columns = columnsOf(m.mode, schema)
    need(hex(blob) === m.content.digest, 'content-size', 'the parts together are another content')
    rows = decode(blob, m.content.plainSize, columns)
    need(rows.length === m.rows, 'rows')
    checkRows(m, owner, schema, rows, columns, trust.areas)
    secret = m.mode !== 'withdraw' && m.sharing.level !== 'aggregate-only' && tooFew(schema, rows, columns, m.mode === 'delta')
  }
  checkComposition(m, schema, rows)
  if (schema.maillage.kind === 'register') checkTable(m, schema, rows, table)
  const { level, charter } = m.sharing // 15
  need(!secret, 'secrecy')
  need(level !== 'partners' && !(level === 'aggregate-only' && m.content && !m.composition), 'sharing')
  need(!charter || [trust.receiver, m.publisher].every(one => trust.charters.get(charter).members.has(one)), 'sharing')
  if (charter && !(m.mode === 'withdraw' && !m.content)) need(!(m.issued >= endOf(trust, charter, m.publisher)), 'charter-ended')
}

// The earliest end between publisher and receiver: the charter's date, or a member's word (section 8.6).
function endOf (trust, charter, publisher) {
  const { members, ends } = trust.charters.get(charter)
  const words = trust.ends.filter(one => one.charter === charter && (members.size <= 2 || [publisher, trust.receiver].includes(one.member)))
  return [ends, ...words.map(one => one.ends)].filter(Boolean).sort()[0] ?? '~'
}
