/**
 * The statements that read system catalogs, for a search_path of `CATALOG_ONLY`. They use joins rather than functions such as
 * `has_table_privilege` and `pg_get_expr`: these fill the backend's relation cache (30,000 tables take 200 MB for the session's life), and the
 * latter waits for locks. No literal contains a backslash, so none depends on `standard_conforming_strings`. Texts of unbounded length are
 * cut with `left`, which detoasts no more than it returns.
 */

/** The SQL by which a text expression is sent: as text, or as hexadecimal bytes where the database holds bytes that are not valid text. */
export type AsText = (expression: string) => string

/** Characters of a comment that are read; the rest is cut. */
const COMMENT_LENGTH = 2_000
/** Labels of an enum that are read; the rest is cut, because the catalog repeats them for each column of the type. */
const LABELS = 200
/** Fields of a composite type that are read; the rest is cut. */
const FIELDS = 50
/** Characters of a CHECK's `pg_node_tree` that are read: about 300 values. A longer CHECK is ignored. */
const CHECK_LENGTH = 64_000

/** Whether an ACL grants SELECT to the login. `$1`: `roles` of `RIGHTS`. */
const GRANTS = (acl: string) =>
  `EXISTS (SELECT FROM aclexplode(${acl}) g WHERE g.privilege_type = 'SELECT' AND g.grantee = ANY($1::oid[]))`

/** The oids of the roles whose rights the login has, with 0 (PUBLIC), and whether it may read every table. */
export const RIGHTS = `
  SELECT ARRAY(SELECT oid FROM pg_roles WHERE pg_has_role(oid, 'USAGE'))::oid[] || 0::oid AS roles,
    r.rolsuper OR EXISTS (SELECT FROM pg_roles p WHERE p.rolname = 'pg_read_all_data' AND pg_has_role(p.oid, 'USAGE')) AS "readsAll"
  FROM pg_roles r WHERE r.rolname = current_user`

/**
 * Relations by oid, without system, temporary and extensions' relations, and without the schema `engine` where it is this program's own.
 * Relations that were not selected are included where they belong to a partition or inheritance hierarchy.
 * `$1` roles, `$2` may read every table, `$3` bypasses policies, `$4` only oids above this one, `$5` the most rows, `$6` schemas (empty: all),
 * `$7` regular expressions of excluded names, `$8` include views.
 */
export const relationsSql = (text: AsText) => `
  SELECT * FROM (SELECT c.oid AS id, ${text("n.nspname")} AS schema, ${text("c.relname")} AS name, c.relkind AS kind,
    ARRAY(SELECT h.inhparent FROM pg_inherits h WHERE h.inhrelid = c.oid ORDER BY h.inhseqno) AS parents,
    c.relispartition AS partition, c.relnatts AS width, EXISTS (SELECT FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attinhcount = 0 AND NOT a.attisdropped) AS "ownColumns",
    cardinality($6::text[]) = 0 OR n.nspname = ANY($6::text[]) AS selected,
    (c.relname::text COLLATE "default") ~* ANY($7::text[])
      OR ((n.nspname || '.' || c.relname) COLLATE "default") ~* ANY($7::text[]) AS excluded,
    CASE WHEN c.reltuples < 0 OR (c.reltuples = 0 AND c.relpages = 0) OR c.relkind IN ('p', 'v') THEN NULL
      ELSE c.reltuples::float8 END AS rows,
    $2 OR ${GRANTS("coalesce(c.relacl, acldefault('r', c.relowner))")} AS readable,
    has_schema_privilege(n.oid, 'USAGE') AS reachable,
    c.relrowsecurity AND NOT $3 AND (c.relforcerowsecurity OR NOT c.relowner = ANY($1::oid[])) AS "rowSecurity",
    c.relispopulated AS populated, c.relhassubclass
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid > $4::oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema' AND NOT starts_with(n.nspname::text, 'pg_')
    AND ($8 OR c.relkind NOT IN ('v', 'm'))
    AND NOT EXISTS (SELECT FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    AND NOT (n.nspname = 'engine' AND EXISTS (SELECT FROM pg_class own
      WHERE own.relnamespace = n.oid AND own.relname = 'migrations')
      AND EXISTS (SELECT FROM pg_class own WHERE own.relnamespace = n.oid AND own.relname = 'workflow_tasks'))) r
  WHERE cardinality(r.parents) > 0 OR r.relhassubclass OR (r.selected AND NOT r.excluded)
  ORDER BY r.id LIMIT $5`

/** Names of schemas that contain relations, without the system's, in byte order. */
export const SCHEMAS = `
  SELECT n.nspname AS name FROM pg_namespace n
  WHERE n.nspname <> 'information_schema' AND NOT starts_with(n.nspname::text, 'pg_') AND EXISTS (SELECT FROM pg_class c
    WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't')
  ORDER BY n.nspname COLLATE "C"`

/** Columns by relation and number. `$1` roles, `$2` relations to read in full, `$3` relations to read without inherited columns. */
export const columnsSql = (text: AsText) => `
  SELECT a.attrelid AS relation, a.attnum AS number, ${text("a.attname")} AS name,
    ${text("format_type(a.atttypid, a.atttypmod)")} AS type, a.atttypid AS "typeId", a.atttypmod AS modifier,
    a.attnotnull AND NOT (r.relkind = 'r' AND r.relhassubclass AND EXISTS (
      WITH RECURSIVE below(id) AS (SELECT inhrelid FROM pg_inherits WHERE inhparent = a.attrelid
        UNION SELECT h.inhrelid FROM below b JOIN pg_inherits h ON h.inhparent = b.id)
      SELECT FROM below b JOIN pg_attribute o ON o.attrelid = b.id AND o.attname = a.attname AND NOT o.attnotnull)) AS required,
    a.attidentity <> '' OR (a.atthasdef AND EXISTS (SELECT FROM pg_attrdef e
      JOIN pg_depend u ON u.classid = 'pg_attrdef'::regclass AND u.objid = e.oid AND u.refclassid = 'pg_class'::regclass
      JOIN pg_class s ON s.oid = u.refobjid AND s.relkind = 'S'
      WHERE e.adrelid = a.attrelid AND e.adnum = a.attnum)) AS sequence,
    CASE WHEN a.attgenerated <> '' THEN ARRAY(SELECT DISTINCT ${text("o.attname")} FROM pg_attrdef e
      JOIN pg_depend u ON u.classid = 'pg_attrdef'::regclass AND u.objid = e.oid AND u.refclassid = 'pg_class'::regclass
        AND u.refobjid = a.attrelid AND u.refobjsubid NOT IN (0, a.attnum)
      JOIN pg_attribute o ON o.attrelid = a.attrelid AND o.attnum = u.refobjsubid
      WHERE e.adrelid = a.attrelid AND e.adnum = a.attnum ORDER BY 1) END AS "computedFrom",
    ${GRANTS("a.attacl")} AS readable,
    (SELECT ${text("format('%I.%I', n.nspname, k.collname)")} FROM pg_collation k JOIN pg_namespace n ON n.oid = k.collnamespace
      WHERE k.oid = a.attcollation AND NOT k.collisdeterministic) AS collation,
    ${text(`left(c.description, ${COMMENT_LENGTH})`)} AS comment
  FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid
  LEFT JOIN pg_description c ON c.objoid = a.attrelid AND c.classoid = 'pg_class'::regclass AND c.objsubid = a.attnum
  WHERE (a.attrelid = ANY($2::oid[]) OR (a.attrelid = ANY($3::oid[]) AND a.attinhcount = 0))
    AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attrelid, a.attnum`

/** Types with their domains resolved to a base type. `$1`: type oids. */
export const typesSql = (text: AsText) => `
  WITH RECURSIVE domain(id, base, modifier, required, passed) AS (
    SELECT oid, oid, -1, false, ARRAY[]::oid[] FROM pg_type WHERE oid = ANY($1::oid[])
    UNION ALL
    SELECT d.id, t.typbasetype, CASE WHEN d.modifier = -1 THEN t.typtypmod ELSE d.modifier END, d.required OR t.typnotnull,
      d.passed || t.oid
    FROM domain d JOIN pg_type t ON t.oid = d.base WHERE t.typtype = 'd')
  SELECT d.id AS id, ${text("b.typname")} AS "baseName", b.typnamespace = 'pg_catalog'::regnamespace AS "builtIn",
    b.typtype AS kind, b.typcategory AS category, d.modifier, d.required,
    CASE WHEN d.id <> b.oid THEN ${text("format_type(b.oid, d.modifier)")} END AS "baseType",
    CASE WHEN e.oid IS NOT NULL THEN ARRAY(SELECT ${text("l.enumlabel")} FROM pg_enum l
      WHERE l.enumtypid = e.oid ORDER BY l.enumsortorder LIMIT ${LABELS}) END AS labels,
    CASE WHEN b.typtype = 'c' THEN ARRAY(SELECT ${text("a.attname || ' ' || format_type(a.atttypid, a.atttypmod)")}
      FROM pg_attribute a WHERE a.attrelid = b.typrelid AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attnum LIMIT ${FIELDS}) END AS fields,
    EXISTS (SELECT FROM pg_cast k WHERE k.castsource = b.oid AND k.castfunc <> 0 AND k.castfunc >= 16384
      AND k.casttarget IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype)
      AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_cast'::regclass AND x.objid = k.oid AND x.deptype = 'e'))
      AS "ownCast",
    ARRAY(SELECT left(k.conbin::text, ${CHECK_LENGTH}) FROM pg_constraint k
      WHERE k.contypid = ANY(d.passed) AND k.contype = 'c' AND k.convalidated ORDER BY k.oid) AS checks
  FROM domain d JOIN pg_type b ON b.oid = d.base AND b.typtype <> 'd'
  LEFT JOIN pg_type e ON e.typtype = 'e' AND e.oid = CASE WHEN b.typcategory = 'A' THEN b.typelem ELSE b.oid END`

/** Indexes with their key columns, in order; an expression is null. `$1`: relations. */
export const indexesSql = (text: AsText) => `
  SELECT i.indrelid AS relation, ${text("c.relname")} AS name, i.indisprimary AS primary, NOT i.indimmediate AS deferrable,
    i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AS key,
    ARRAY(SELECT ${text("a.attname")} FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(number, place)
      LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number > 0
      WHERE k.place <= i.indnkeyatts ORDER BY k.place) AS columns
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  WHERE i.indrelid = ANY($1::oid[])
  ORDER BY i.indrelid, i.indisprimary DESC, c.relname COLLATE "C"`

/** Foreign keys that relations declare; a NOT ENFORCED one is never `validated`. PostgreSQL has `conperiod` since version 18. `$1`: relations. */
export const foreignKeysSql = (text: AsText) => `
  SELECT f.conrelid AS relation, f.confrelid AS target, ${text("f.conname")} AS name,
    f.convalidated AS validated, coalesce((to_jsonb(f) ->> 'conperiod')::boolean, false) AS period,
    ARRAY(SELECT ${text("a.attname")} FROM unnest(f.conkey) WITH ORDINALITY k(number, place)
      JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.number ORDER BY k.place) AS columns,
    ARRAY(SELECT ${text("a.attname")} FROM unnest(f.confkey) WITH ORDINALITY k(number, place)
      JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.number ORDER BY k.place) AS "targetColumns"
  FROM pg_constraint f
  WHERE f.contype = 'f' AND f.conrelid = ANY($1::oid[])
  ORDER BY f.conrelid, f.conname COLLATE "C"`

/** The oids and names of PostgreSQL's own comparison operators, and of those that say that an array contains another. */
export const OPERATORS = `
  SELECT oid AS id, oprname AS name FROM pg_operator
  WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprname IN ('=', '<', '<=', '>', '>=', '<@', '@>')`

/** CHECK constraints that all rows of a relation satisfy, its children's by inheritance as well. `$1`: relations. */
export const CHECKS = `
  SELECT k.conrelid AS relation, left(k.conbin::text, ${CHECK_LENGTH}) AS expression
  FROM pg_constraint k JOIN pg_class r ON r.oid = k.conrelid
  WHERE k.contype = 'c' AND k.convalidated AND k.conrelid = ANY($1::oid[])
    AND NOT (k.connoinherit AND r.relhassubclass AND EXISTS (SELECT FROM pg_inherits h WHERE h.inhparent = r.oid))
  ORDER BY k.conrelid, k.oid`

/** Comments of relations, not of their columns. `$1`: relations. */
export const commentsSql = (text: AsText) => `
  SELECT c.objoid AS relation, ${text(`left(c.description, ${COMMENT_LENGTH})`)} AS comment
  FROM pg_description c
  WHERE c.classoid = 'pg_class'::regclass AND c.objsubid = 0 AND c.objoid = ANY($1::oid[])`

/** A regular expression for the oids of functions that a rule's `pg_node_tree` calls: directly, or as an operator, aggregate or window function. */
const CALLS = ":(?:funcid|opfuncid|aggfnoid|winfnoid) ([0-9]+)"

/**
 * SQL: whether a function's source contains a name as a whole word. A name with other characters than letters, digits and underscores is
 * searched as a substring.
 */
const says = (source: string, name: string) =>
  `(CASE WHEN ${name}::text ~ '^[[:alnum:]_]+$' THEN ${source} ~* ('[[:<:]]' || ${name}::text || '[[:>:]]')
    ELSE position(${name}::text IN ${source}) > 0 END)`

/**
 * What runs when relations are read, at any depth of views and of policies that filter rows for SELECT: a foreign table, a volatile function,
 * and, of views, such policies themselves. They apply to the view's owner, and with `security_invoker` to the login. A materialized view ends
 * the search, because its rows are stored. Of functions written in SQL or a procedural language only the text is known: one that has the name
 * of a foreign table, or of another such function, counts as reading it. Of views, materialized ones too, `reads` are the columns of tables
 * that they read.
 * `$1` relations, `$2` the login bypasses policies, `$3` its roles.
 */
export const codeSql = (text: AsText) => `
  WITH RECURSIVE abroad(id, name) AS (
    SELECT c.oid, c.relname FROM pg_class c WHERE c.relkind = 'f'
    UNION
    SELECT h.inhparent, a.name FROM abroad a JOIN pg_inherits h ON h.inhrelid = a.id),
  below(root, id) AS (
    SELECT v.oid, v.oid FROM pg_class v WHERE v.oid = ANY($1::oid[])
    UNION
    SELECT b.root, x.refobjid FROM below b JOIN pg_class c ON c.oid = b.id CROSS JOIN LATERAL (
      SELECT d.refobjid FROM pg_rewrite r
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
        WHERE r.ev_class = c.oid AND c.relkind = 'v'
      UNION ALL
      SELECT d.refobjid FROM pg_policy p
        JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass
        WHERE p.polrelid = c.oid AND c.relrowsecurity AND p.polcmd IN ('r', '*')) x),
  code(root, tree) AS (
    SELECT b.root, r.ev_action::text FROM below b JOIN pg_class c ON c.oid = b.id AND c.relkind = 'v' JOIN pg_rewrite r ON r.ev_class = b.id
    UNION ALL
    SELECT b.root, p.polqual::text FROM below b JOIN pg_class c ON c.oid = b.id AND c.relrowsecurity
      JOIN pg_policy p ON p.polrelid = c.oid AND p.polcmd IN ('r', '*')),
  shown(root, id) AS (
    SELECT v.oid, v.oid FROM pg_class v WHERE v.oid = ANY($1::oid[]) AND v.relkind IN ('v', 'm')
    UNION
    SELECT s.root, t.oid FROM shown s JOIN pg_rewrite r ON r.ev_class = s.id AND r.ev_type = '1'
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
      JOIN pg_class t ON t.oid = d.refobjid AND t.relkind IN ('v', 'm')),
  called(root, id) AS MATERIALIZED (
    SELECT DISTINCT c.root, m[1]::oid FROM code c CROSS JOIN LATERAL regexp_matches(c.tree, '${CALLS}', 'g') m),
  written(root, id, source) AS (
    SELECT c.root, p.oid, p.prosrc FROM called c JOIN pg_proc p ON p.oid = c.id AND p.pronamespace <> 'pg_catalog'::regnamespace
      WHERE EXISTS (SELECT FROM abroad)
    UNION
    SELECT w.root, p.oid, p.prosrc FROM written w JOIN pg_proc p ON p.pronamespace <> 'pg_catalog'::regnamespace
      AND ${says("w.source", "p.proname")})
  SELECT v.root AS relation,
    coalesce((SELECT ${text("a.name")} FROM below b JOIN abroad a ON a.id = b.id WHERE b.root = v.root AND b.id <> v.root ORDER BY a.name LIMIT 1),
      (SELECT ${text("a.name")} FROM written w JOIN abroad a ON ${says("w.source", "a.name")} WHERE w.root = v.root ORDER BY a.name LIMIT 1))
      AS foreign,
    (SELECT ${text("p.proname")} FROM called c JOIN pg_proc p ON p.oid = c.id AND p.provolatile = 'v'
      WHERE c.root = v.root ORDER BY p.proname LIMIT 1) AS volatile,
    EXISTS (SELECT FROM below b JOIN pg_class c ON c.oid = b.id AND c.relrowsecurity
      JOIN pg_class w ON w.oid = v.root AND w.relkind = 'v' JOIN pg_roles o ON o.oid = w.relowner
      WHERE b.root = v.root AND CASE WHEN w.reloptions && ARRAY['security_invoker=true', 'security_invoker=on', 'security_invoker=1']
        THEN NOT $2 AND (c.relforcerowsecurity OR NOT c.relowner = ANY($3::oid[]))
        ELSE NOT (o.rolsuper OR o.rolbypassrls) AND (c.relforcerowsecurity OR NOT pg_has_role(o.oid, c.relowner, 'USAGE')) END)
      AS "rowSecurity",
    ARRAY(SELECT DISTINCT ${text("a.attname")} FROM shown s JOIN pg_rewrite r ON r.ev_class = s.id AND r.ev_type = '1'
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
      JOIN pg_class t ON t.oid = d.refobjid AND t.relkind NOT IN ('v', 'm')
      JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid AND a.attnum > 0
      WHERE s.root = v.root ORDER BY 1) AS reads
  FROM unnest($1::oid[]) v(root)`

/** Sends a text as text. */
export const asText: AsText = (expression) => `(${expression})::text`
