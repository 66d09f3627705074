import { Effect, Schema } from "effect"
import type { DatasourceError } from "./DatasourceError.ts"
import type { DatasourcePool } from "./DatasourcePool.ts"

const Names = Schema.Array(Schema.NullOr(Schema.String))

/** A relation as `pg_class` has it, partitions included. */
export const RelationRow = Schema.Struct({
  id: Schema.Number,
  schema: Schema.String,
  name: Schema.String,
  /** `pg_class.relkind`: r table, p partitioned, v view, m materialized view, f foreign table. */
  kind: Schema.Literal("r", "p", "v", "m", "f"),
  /** The partitioned table at the top, for a partition; null for everything else. */
  root: Schema.NullOr(Schema.Number),
  comment: Schema.NullOr(Schema.String),
  /** The planner's estimate; null where it was never analysed. */
  rows: Schema.NullOr(Schema.Number),
  readable: Schema.Boolean,
  /** May the login use the schema; only then do grants on the table count. */
  reachable: Schema.Boolean
})
/** @see RelationRow */
export type RelationRow = typeof RelationRow.Type

/** A column that the login may read. */
export const ColumnRow = Schema.Struct({
  relation: Schema.Number,
  name: Schema.String,
  type: Schema.String,
  nullable: Schema.Boolean,
  /** Filled by a sequence or an identity. */
  sequence: Schema.Boolean,
  comment: Schema.NullOr(Schema.String),
  baseName: Schema.String,
  builtIn: Schema.Boolean,
  kind: Schema.String,
  category: Schema.String,
  modifier: Schema.Number,
  labels: Schema.NullOr(Schema.Array(Schema.String)),
  /** A collation that counts different texts as equal, qualified and quoted; null where equal texts are the same bytes. */
  collation: Schema.NullOr(Schema.String)
})
/** @see ColumnRow */
export type ColumnRow = typeof ColumnRow.Type

/** An index; a null column is an expression. */
export const IndexRow = Schema.Struct({
  relation: Schema.Number,
  name: Schema.String,
  primary: Schema.Boolean,
  /** Unique over plain columns, without a predicate. */
  key: Schema.Boolean,
  columns: Names
})
/** @see IndexRow */
export type IndexRow = typeof IndexRow.Type

/** A declared foreign key. */
export const ForeignKeyRow = Schema.Struct({
  relation: Schema.Number,
  target: Schema.Number,
  name: Schema.String,
  columns: Schema.Array(Schema.String),
  targetColumns: Schema.Array(Schema.String)
})
/** @see ForeignKeyRow */
export type ForeignKeyRow = typeof ForeignKeyRow.Type

/**
 * Whose relations are never read: the system's, temporary ones, an extension's, and the schema `engine` where it is this program's own.
 */
const RELATIONS = `
  SELECT c.oid AS id, n.nspname AS schema, c.relname AS name, c.relkind AS kind,
    CASE WHEN c.relispartition THEN pg_partition_root(c.oid)::oid END AS root,
    obj_description(c.oid, 'pg_class') AS comment,
    CASE WHEN c.reltuples < 0 OR (c.reltuples = 0 AND c.relpages = 0) OR c.relkind IN ('p', 'v') THEN NULL
      ELSE c.reltuples::float8 END AS rows,
    has_any_column_privilege(c.oid, 'SELECT') AS readable,
    has_schema_privilege(n.oid, 'USAGE') AS reachable
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
    AND NOT EXISTS (SELECT FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    AND NOT (n.nspname = 'engine' AND EXISTS (SELECT FROM pg_class own
      WHERE own.relnamespace = n.oid AND own.relname = 'migrations')
      AND EXISTS (SELECT FROM pg_class own WHERE own.relnamespace = n.oid AND own.relname = 'workflow_tasks'))
  ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`

/** Nothing here locks a table, as functions that print expressions do: one that is locked does not keep the others from being read. */
const COLUMNS = `
  WITH RECURSIVE domain(id, base, modifier, required) AS (
    SELECT oid, typbasetype, typtypmod, typnotnull FROM pg_type WHERE typtype = 'd'
    UNION ALL
    SELECT d.id, t.typbasetype, CASE WHEN d.modifier = -1 THEN t.typtypmod ELSE d.modifier END, d.required OR t.typnotnull
    FROM domain d JOIN pg_type t ON t.oid = d.base WHERE t.typtype = 'd')
  SELECT a.attrelid AS relation, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
    NOT (a.attnotnull OR coalesce(d.required, false)) AS nullable,
    a.attidentity <> '' OR EXISTS (SELECT FROM pg_attrdef e
      JOIN pg_depend u ON u.classid = 'pg_attrdef'::regclass AND u.objid = e.oid AND u.refclassid = 'pg_class'::regclass
      JOIN pg_class s ON s.oid = u.refobjid AND s.relkind = 'S'
      WHERE e.adrelid = a.attrelid AND e.adnum = a.attnum) AS sequence,
    col_description(a.attrelid, a.attnum) AS comment,
    b.typname AS "baseName", b.typnamespace = 'pg_catalog'::regnamespace AS "builtIn", b.typtype AS kind,
    b.typcategory AS category, CASE WHEN d.id IS NULL THEN a.atttypmod ELSE d.modifier END AS modifier,
    CASE WHEN b.typtype = 'e' THEN
      ARRAY(SELECT l.enumlabel::text FROM pg_enum l WHERE l.enumtypid = b.oid ORDER BY l.enumsortorder) END AS labels,
    (SELECT format('%I.%I', n.nspname, k.collname) FROM pg_collation k JOIN pg_namespace n ON n.oid = k.collnamespace
      WHERE k.oid = a.attcollation AND NOT k.collisdeterministic) AS collation
  FROM pg_attribute a
  LEFT JOIN domain d ON d.id = a.atttypid AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid = d.base AND t.typtype = 'd')
  JOIN pg_type b ON b.oid = coalesce(d.base, a.atttypid)
  WHERE a.attrelid = ANY($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
    AND CASE WHEN has_table_privilege(a.attrelid, 'SELECT') THEN true
      ELSE has_column_privilege(a.attrelid, a.attnum, 'SELECT') END
  ORDER BY a.attrelid, a.attnum`

const INDEXES = `
  SELECT i.indrelid AS relation, c.relname AS name, i.indisprimary AS primary,
    i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AS key,
    ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(number, place)
      LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number > 0
      WHERE k.place <= i.indnkeyatts ORDER BY k.place) AS columns
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE i.indrelid = ANY($1::oid[])
  ORDER BY i.indrelid, i.indisprimary DESC, c.relname COLLATE "C"`

const FOREIGN_KEYS = `
  SELECT f.conrelid AS relation, f.confrelid AS target, f.conname AS name,
    ARRAY(SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY k(number, place)
      JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.number ORDER BY k.place) AS columns,
    ARRAY(SELECT a.attname::text FROM unnest(f.confkey) WITH ORDINALITY k(number, place)
      JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.number ORDER BY k.place) AS "targetColumns"
  FROM pg_constraint f
  WHERE f.contype = 'f' AND f.conrelid = ANY($1::oid[])
  ORDER BY f.conrelid, f.conname COLLATE "C"`

const ServerRow = Schema.Struct({ database: Schema.String, version: Schema.String, number: Schema.Number })

/** The server's version and the database's name; `number` is `server_version_num`. */
export const readServer = (pool: DatasourcePool) =>
  Effect.map(
    pool.query(
      ServerRow,
      `SELECT current_database() AS database, current_setting('server_version') AS version,
        current_setting('server_version_num')::int AS number`
    ),
    ([row]) => row ?? { database: "", version: "", number: 0 }
  )

/** What `readSchema` reads. */
export interface DatabaseSchema {
  readonly relations: ReadonlyArray<RelationRow>
  readonly columns: ReadonlyArray<ColumnRow>
  readonly indexes: ReadonlyArray<IndexRow>
  readonly foreignKeys: ReadonlyArray<ForeignKeyRow>
}

/** The whole schema in four statements, however many tables there are. */
export const readSchema = (pool: DatasourcePool): Effect.Effect<DatabaseSchema, DatasourceError> =>
  Effect.gen(function* () {
    const relations = yield* pool.query(RelationRow, RELATIONS)
    const ids = [relations.map((relation) => relation.id)]
    return {
      relations,
      columns: yield* pool.query(ColumnRow, COLUMNS, ids),
      indexes: yield* pool.query(IndexRow, INDEXES, ids),
      foreignKeys: yield* pool.query(ForeignKeyRow, FOREIGN_KEYS, ids)
    }
  }).pipe(Effect.withSpan("Datasource.readSchema"))
